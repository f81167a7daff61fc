"""What became of a mail of ours: bounces, and receipts of the PEC. They never make a request.

The mail is known by its signed Message-ID, which names the delivery and what it was about. What is told is kept on
`outgoing`, in whatever order it comes, and published; that a mail failed stands in the timeline of the request, if it
was about one, and an address that does not exist is marked on the persons who use it.
"""

import re

from contracts.envelope import derived_id
from contracts.mail_references import MailReference, read_message_id
from contracts.mails import LOST, RANK, MailReported, MailReportedData, OtherMailReported, OtherMailReportedData
from services.chassis.mongo import Document
from services.chassis.work import Work
from services.intake.handlers.mails.arrivals import Arrival, Door, note, original
from services.intake.handlers.mails.effects import keep
from services.intake.handlers.parts import Parts
from services.intake.mailbox.reports import Report, Told
from services.intake.store.conversation import TIMELINE
from services.intake.store.mails import MAILS, OUTGOING
from services.intake.store.persons import PERSONS
from services.intake.store.requests import REQUESTS

_NOT_THE_ADDRESS = ("5.2.2", "5.2.3", "5.3", "5.6", "5.7")
"""A full mailbox, a mail that is too large or not wanted: the address itself is good."""
_MOST_REPORTS = 50
_NO_CODE = re.compile(r"[^A-Za-z0-9_.-]+")


async def keep_report(parts: Parts, door: Door, arrival: Arrival, report: Report) -> None:
    """Keeps a report on the mail that it is about; one about no mail of ours is kept aside."""
    found = (read_message_id(door.secret, id) for id in report.about)
    about = next((reference for reference in found if reference), None)
    request = await parts.stores.requests.by_number(about.number) if about and about.of_request else None
    if about is None or (about.of_request and request is None):
        await keep(parts, arrival, "aside", "report")
        return
    kept, id = await original(parts, arrival), request["_id"] if request else None
    people = {told.recipient: await _owners(parts, told) for told in report.told if told.recipient}

    def decide(work: Work) -> None:
        if work.get(MAILS, arrival.id) is None:
            note(work, arrival, kept, reason="report", request=id)
            for told in report.told:
                mine = people.get(told.recipient, [])
                _record(work, arrival, about, id, told, report, mine)
                if told.fate in LOST:
                    _mark(work, told, mine)
                    if id:
                        _warn(work, arrival, id, told, mine)

    owners = [owner for some in people.values() for owner in some]
    keys = {MAILS: [arrival.id], OUTGOING: [about.delivery], PERSONS: owners, REQUESTS: [id] if id else []}
    await parts.executor.run(keys, decide)


def _record(
    work: Work,
    arrival: Arrival,
    about: MailReference,
    request: str | None,
    told: Told,
    report: Report,
    owners: list[str],
) -> None:
    row = work.get(OUTGOING, about.delivery) or {
        "_id": about.delivery,
        "schema_version": 1,
        "request": request,
        "number": about.number,
        "fate": None,
        "reports": [],
    }
    entry = {"mail": arrival.id, "fate": told.fate, "code": told.code, "at": report.at or work.now}
    row["reports"] = [*row["reports"], entry][-_MOST_REPORTS:]
    if row["fate"] is None or RANK[told.fate] > RANK[row["fate"]]:
        row["fate"] = told.fate
    row["updated_at"] = work.now
    row["sequence"] = row.get("sequence", 0) + 1
    work.put(OUTGOING, row)
    code, unusable = _NO_CODE.sub("-", told.code)[:64] or None, bool(_without_mailbox(work, told, owners))
    facts = {"delivery": about.delivery, "fate": told.fate, "code": code, "at": entry["at"], "unusable": unusable}
    if request:
        data = MailReportedData(**facts, request=request, number=about.number)
        work.publish(MailReported, about.delivery, row["sequence"], data)
    else:
        other = OtherMailReportedData(**facts, about=about.number)
        work.publish(OtherMailReported, about.delivery, row["sequence"], other)


async def _owners(parts: Parts, told: Told) -> list[str]:
    return [person["_id"] for person in await parts.stores.persons.by_email(told.recipient)]


def _warn(work: Work, arrival: Arrival, request: str, told: Told, owners: list[str]) -> None:
    """The people who look after the request see that somebody was not told."""
    known = work.get(REQUESTS, request)
    assert known is not None
    line = {
        "_id": derived_id(arrival.id, TIMELINE, request, told.recipient),
        "request": request,
        "at": work.now,
        "rank": known["sequence"],
        "action": "mail_failed",
        "actor": None,
        "status": known["status"],
        "details": {"person": owners[0] if owners else None, "code": told.code},
    }
    work.put(TIMELINE, line)


def _mark(work: Work, told: Told, owners: list[str]) -> None:
    """Those whose address does not exist are not written to any more."""
    for person in _without_mailbox(work, told, owners):
        work.put(PERSONS, {**person, "undeliverable": {"at": work.now, "code": told.code, "email": told.recipient}})


def _without_mailbox(work: Work, told: Told, owners: list[str]) -> list[Document]:
    """The persons whose own address does not exist, as this says: one that was forwarded says nothing of them."""
    if told.fate != "failed" or not told.code.startswith("5.") or told.code.startswith(_NOT_THE_ADDRESS):
        return []
    people = (work.get(PERSONS, owner) for owner in owners)
    return [person for person in people if person and person["email_key"] == told.recipient]
