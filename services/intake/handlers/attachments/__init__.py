"""Attachments: `holder` stores contents before anything names them, `attaching` names them in the decision that says
what they belong to, `scanning` looks for viruses, `giving` decides who gets them.

Every door goes the same way: hold the files, decide, attach. What no decision names is removed again.
"""

from services.intake.handlers.attachments.attaching import attach
from services.intake.handlers.attachments.holder import Held, Holder, holding

__all__ = ["Held", "Holder", "attach", "holding"]
