"""What was held or quarantined, and the decision about it: a message of the request, a request, or nothing.

The decision is taken once; whoever takes it answers for it, so what comes of the mail is said in their name.
"""

import asyncio
from collections.abc import Callable
from pathlib import Path

from contracts import vocabulary
from contracts.envelope import derived_id
from services.chassis.auth import Caller
from services.chassis.i18n import N_, translator
from services.chassis.mongo import Document
from services.chassis.problems import Problem, not_found
from services.chassis.work import Work
from services.intake.handlers.attachments import attach, holding
from services.intake.handlers.conversation import post_message
from services.intake.handlers.mails.effects import form_of
from services.intake.handlers.parts import Parts
from services.intake.handlers.reading import survivor_of
from services.intake.handlers.submission import prepare, submit
from services.intake.mailbox.messages import IncomingMail, read_mail
from services.intake.mailbox.replies import folded_reply
from services.intake.store.conversation import MESSAGES
from services.intake.store.mails import MAILS, WAITING
from services.intake.store.requests import REQUESTS

_INTAKE = Path(__file__).parents[2]
_FROM = N_("Mail from {address}:")


async def take_as_message(parts: Parts, caller: Caller, id: str, number: str | None) -> Document:
    """Adds the mail to the request that it answers, or to the one with this number. Raises 404, 409, 422."""
    row, mail = await _waiting(parts, id)
    number = number or (row["quoted"] or {}).get("number")
    found = await parts.stores.requests.by_number(number) if number else None
    if found is None:
        fault = {"pointer": "/number", "detail": N_("Name the request that the mail belongs to.")}
        raise Problem(422, N_("Some fields are not valid"), errors=[fault])
    request: str = (await survivor_of(parts, found))["_id"]
    reply = folded_reply(mail.text, mail.subject)
    said = translator(caller.language or "it", _INTAKE)(_FROM, address=", ".join(mail.senders) or "–")
    text = f"{said}\n\n{reply.said or mail.subject}"[:20_000]

    async with holding(parts) as holder:
        held = await holder.take_all_from_mail(mail.files, id)

        def effect(work: Work) -> str:
            message = derived_id(id, MESSAGES)
            post_message(work, request, caller, text, message=message, channel=row["channel"], folded=reply.folded)
            attach(work, parts.files, request, caller.id, held, channel=row["channel"], message=message, mail=True)
            return request

        return await _decide(parts, caller, id, {REQUESTS: [request]}, "message", effect)


async def take_as_request(parts: Parts, caller: Caller, id: str, body: str) -> Document:
    """Makes a request of the mail, in the name of this body. Raises 404, 409, 422, and 403 as for every request."""
    row, mail = await _waiting(parts, id)
    known = vocabulary.body(body.strip())
    form = form_of(mail, known.code if known else body, caller)
    submission = await prepare(parts, caller, form, row["channel"], derived_id(id, REQUESTS))

    async with holding(parts) as holder:
        held = await holder.take_all_from_mail(mail.files, id)

        def effect(work: Work) -> str:
            request: str = submit(work, submission)["_id"]
            attach(work, parts.files, request, caller.id, held, channel=row["channel"], mail=True)
            return request

        return await _decide(parts, caller, id, {}, "request", effect)


async def set_aside(parts: Parts, caller: Caller, id: str) -> Document:
    """Nothing comes of the mail. Raises 404, 409."""
    await _waiting(parts, id)
    return await _decide(parts, caller, id, {}, "refused", lambda _: None)


async def _waiting(parts: Parts, id: str) -> tuple[Document, IncomingMail]:
    row = await parts.stores.mails.waiting(id)
    if row is None:
        raise not_found()
    _check(row)
    mail = await asyncio.to_thread(read_mail, await parts.stores.mails.original(row), "decided")
    return row, mail


def _check(row: Document) -> None:
    if row["state"] not in WAITING:
        raise Problem(409, N_("Not possible now"), N_("Somebody has already decided about this mail."))


async def _decide(
    parts: Parts,
    caller: Caller,
    id: str,
    keys: dict[str, list[str]],
    outcome: str,
    effect: Callable[[Work], str | None],
) -> Document:
    def decide(work: Work) -> Document:
        row = work.get(MAILS, id)
        if row is None:
            raise not_found()
        _check(row)
        request = effect(work)
        row |= {"state": "decided", "outcome": outcome, "decided_by": caller.id, "decided_at": work.now}
        row["request"] = request or row["request"]
        work.put(MAILS, row)
        return row

    return await parts.executor.run({**keys, MAILS: [id]}, decide)
