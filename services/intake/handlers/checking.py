"""What must be true of a request before it is one, as far as only reads can tell."""

from typing import Any

from contracts import vocabulary
from contracts.requests import Channel
from services.chassis.auth import Caller
from services.intake.handlers.admission import check_admitted, check_sender
from services.intake.handlers.days import check_registered, today
from services.intake.handlers.parts import Parts
from services.intake.handlers.subjects import Subject, checked_body, checked_subject


async def check_request(
    parts: Parts, caller: Caller, form: Any, channel: Channel, imported: bool = False
) -> tuple[vocabulary.Body, Subject]:
    """Raises 422 for unknown codes and a protocol number of the future, 403 for a body that may not ask (now), or not
    by this caller.
    """
    body = checked_body(form.body, today(parts))
    subject = checked_subject(form.theme, form.procedure)
    if form.protocol:
        check_registered(form.protocol.date, parts.clock.now())
    check_sender(caller, body, form.synthetic, channel, imported)
    check_admitted(parts.programme, body, await parts.stores.bodies.state(body.code))
    return body, subject
