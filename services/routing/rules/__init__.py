"""The rules of routing, from `rules.yaml`: checked at start, read again when the file changes.

A wrong rule stops the start with a sentence that names its line; in a running service the old rules stay in force.
"""

from services.routing.rules.files import Rulebook, load_rules
from services.routing.rules.model import Rules, WrongRules

__all__ = ["Rulebook", "Rules", "WrongRules", "load_rules"]
