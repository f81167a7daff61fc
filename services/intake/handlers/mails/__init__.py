"""Mail as it comes in, by whatever door: `queueing` lets it wait during a rush, `receiving` decides, `matching` finds
what it answers, `effects` keeps it.

`reports` is about mails of ours, `strangers` about the answer to who is not registered, `approval` about what was held,
`forgetting` about what erased persons wrote.
"""

from services.intake.handlers.mails.arrivals import Door
from services.intake.handlers.mails.forgetting import forget_mails
from services.intake.handlers.mails.queueing import MailQueue
from services.intake.handlers.mails.receiving import receive
from services.intake.handlers.mails.retention import remove_expired
from services.intake.handlers.mails.strangers import send_answers

__all__ = ["Door", "MailQueue", "forget_mails", "receive", "remove_expired", "send_answers"]
