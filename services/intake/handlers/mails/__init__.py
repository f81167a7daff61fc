"""Mail as it comes in, by whatever door: `receiving` decides, `matching` finds what it answers, `effects` keeps it.

`reports` is about mails of ours, `strangers` about the answer to who is not registered, `approval` about what was held.
"""

from services.intake.handlers.mails.arrivals import Door
from services.intake.handlers.mails.receiving import receive
from services.intake.handlers.mails.retention import remove_expired
from services.intake.handlers.mails.strangers import send_answers

__all__ = ["Door", "receive", "remove_expired", "send_answers"]
