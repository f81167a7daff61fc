"""Which request a mail answers, and who wrote it.

In this order: the earlier mail that it answers (by Message-ID, In-Reply-To, References), the signed tag in the address
that it was sent to, the number in its subject. The first two say that somebody answers; a number is easily guessed.
"""

from dataclasses import dataclass

from contracts.access import Grant, Role
from contracts.mail_references import read_message_id
from services.chassis.access import Principal
from services.chassis.auth import Caller, in_force
from services.chassis.mongo import Document
from services.intake.domain.numbers import quoted_number
from services.intake.handlers.mails.arrivals import Arrival, Door
from services.intake.handlers.parts import Parts
from services.intake.handlers.reading import survivor_of
from services.intake.mailbox.messages import IncomingMail
from services.intake.store.visibility import parties

OF_A_BODY: tuple[Role, ...] = ("official", "representative")


@dataclass(frozen=True)
class Match:
    """answers: by more than a number in the subject. A merged request is its survivor."""

    request: Document
    answers: bool


async def match(parts: Parts, door: Door, arrival: Arrival) -> Match | None:
    """The request that a mail is about."""
    mail = arrival.mail
    ours = (read_message_id(door.secret, id) for id in mail.references)
    numbers = [reference.number for reference in ours if reference and reference.of_request]
    found = await parts.stores.requests.by_number(numbers[0]) if numbers else None
    if found is None and mail.references and (id := await parts.stores.mails.request_of(mail.references)):
        found = await parts.stores.requests.by_id(id)
    if found is None and arrival.tagged:
        found = await parts.stores.requests.by_number(arrival.tagged)
    answers = found is not None
    if found is None and (number := quoted_number(mail.subject)):
        found = await parts.stores.requests.by_number(number)
    return Match(await survivor_of(parts, found), answers) if found else None


def threads(door: Door, arrival: Arrival) -> set[str]:
    """What the mail has in common with others of its conversation."""
    mail = arrival.mail
    ours = (read_message_id(door.secret, id) for id in mail.references)
    numbers = {reference.number for reference in ours if reference} | {arrival.tagged, quoted_number(mail.subject)}
    return {mail.message_id, *mail.references, *(number for number in numbers if number)}


async def senders(parts: Parts, mail: IncomingMail) -> list[Caller]:
    """Who may have written: persons with the address in From who have a role now. Two addresses are nobody's."""
    if len(mail.senders) != 1:
        return []
    now, callers = parts.clock.now(), []
    for row in await parts.stores.persons.access_of_address(mail.senders[0]):
        grants = tuple(Grant.model_validate(grant) for grant in row["grants"])
        caller = in_force(Principal(row["_id"], grants, row["language"]), now, "token")
        if caller.grants:
            callers.append(caller)
    return sorted(callers, key=lambda caller: caller.id or "")


def author_of(callers: list[Caller], request: Document) -> Caller | None:
    """Who of them has a part in the request."""
    return next((caller for caller in callers if parties(caller, request)), None)


def asker_of(callers: list[Caller]) -> Caller | None:
    """Who of them may ask for help in the name of a body."""
    return next((caller for caller in callers if caller.has(*OF_A_BODY)), None)
