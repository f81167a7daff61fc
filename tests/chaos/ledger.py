"""The outside ledger: what clients were promised, compared with what every service and the outside world has of it.

`missing` is what was lost once the time to converge is over, `doubled` what is there more often than promised; both
name every comparison, also those that found nothing.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from services.chassis.mongo import Document
from services.notify.messages import MESSAGES
from services.notify.sender import CLAIMED_FOR
from tests.chaos.clients import Promises
from tests.chaos.experts import Desk
from tests.chaos.installation import COORDINATOR, OFFICIAL, Installation, address_of
from tests.kafka.post import Step

ACTIVE = ("offered", "accepted")
QUEUED = ("stuck", "coordinator")
_DOORS = {"api": "api", "mail": "email"}
Findings = dict[str, list[str]]
"""Comparison -> what it found."""


@dataclass(frozen=True)
class Books:
    """What the services have, read at about one moment; requests and facts by id."""

    requests: dict[str, Document]
    messages: list[Document]
    cases: dict[str, Document]
    assignments: list[Document]
    facts: dict[str, Document]
    unpublished: int
    unsent: Counter[str]

    def steps(self) -> Iterator[Step]:
        """What people must have been told, once each."""
        number = {id: row["number"] for id, row in self.requests.items()}
        official = address_of(OFFICIAL)
        for id, request in self.requests.items():
            yield number[id], official, MESSAGES["received"].title
            if request["base"] == "resolved":
                yield number[id], official, MESSAGES["resolved"].title
        for row in self.assignments:
            yield row["number"], address_of(row["expert"]), MESSAGES["offer"].title
            if row["accepted_at"]:
                yield row["number"], official, MESSAGES["taken"].title
        for row in self.messages:
            if row["kind"] == "message":
                yield number[row["request"]], official, MESSAGES["answer"].title
        for case in self.cases.values():
            if case["stuck"]:
                yield case["number"], address_of(COORDINATOR), MESSAGES["unroutable"].title

    def unplaced(self, unroutable: Container[str]) -> list[str]:
        """Requests without exactly one current lead; only those with these titles may say why they wait instead."""
        active = Counter(row["request"] for row in self.assignments if row["status"] in ACTIVE)
        leads = {row["request"]: row["expert"] for row in self.assignments if row["status"] in ACTIVE}
        return [
            f"{request['number']} {request['status']}"
            for id, request in self.requests.items()
            if not _placed(request, self.cases.get(id), active[id], leads.get(id), request["title"] in unroutable)
        ]

    def unreported(self) -> list[str]:
        """Requests whose fact is missing or not the newest state."""
        wrong = self.facts.keys() ^ self.requests.keys()
        for id, request in self.requests.items():
            fact, case = self.facts.get(id, {}), self.cases.get(id, {})
            newest = fact.get("order", [0, 0])[1] == request["sequence"]
            if not newest or fact.get("assignment", {}).get("order", [0, 0])[1] != case.get("sequence"):
                wrong.add(id)
        return sorted(wrong)


def _placed(request: Document, case: Document | None, active: int, lead: str | None, unroutable: bool) -> bool:
    if case is None or case["order"][1] != request["sequence"]:
        return False
    if unroutable:
        return case["queue"] in QUEUED and active == 0 and bool(case["stuck"]["reason"]) and request["lead"] is None
    if request["status"] == "resolved":
        return active == 0 and request["lead"] is not None
    return active == 1 and lead is not None and lead == request["lead"]


class Ledger:
    """Compares; `converged` waits until nothing is missing, `doubled` then finds what is too much."""

    def __init__(self, installation: Installation, promises: Promises, desk: Desk) -> None:
        self._installation = installation
        self._promises = promises
        self._desk = desk
        self._unroutable = {title for title, plan in desk.plans.items() if plan.unroutable}

    async def read(self) -> Books:
        all_of = self._all_of
        return Books(
            {row["_id"]: row for row in await all_of("intake", "requests")},
            [row for row in await all_of("intake", "messages") if row["author_role"] == "expert"],
            {row["_id"]: row for row in await all_of("routing", "cases")},
            await all_of("routing", "assignments"),
            {row["_id"]: row for row in await all_of("reporting", "facts")},
            sum([await one["outbox"].count_documents({"unpublished": True}) for one in self._databases.values()]),
            Counter(row["status"] for row in await all_of("notify", "deliveries")),
        )

    @property
    def _databases(self) -> Any:
        return self._installation.databases

    async def _all_of(self, service: str, collection: str) -> list[Document]:
        return [row async for row in self._databases[service][collection].find({})]

    def missing(self, books: Books) -> Findings:
        """What is not (yet) as promised."""
        titles = {row["title"] for row in books.requests.values()}
        told = self._installation.post.messages().keys()
        resolved = {row["number"] for row in books.requests.values() if row["base"] == "resolved"}
        accepted = {row["_id"] for row in books.assignments if row["accepted_at"]}
        return {
            "requests": sorted(self._promises.requests.keys() - titles),
            "requests_changed": sorted(set(self._changed(books))),
            "acceptances": sorted(self._promises.accepted - accepted),
            "messages": sorted(self._promises.said.keys() - {row["text"] for row in books.messages}),
            "resolutions": sorted(self._promises.resolved - resolved),
            "without_one_lead": books.unplaced(self._unroutable),
            "not_worked_on": sorted(self._desk.unfinished),
            "not_in_the_report": books.unreported(),
            "mails": [" ".join(step) for step in sorted(set(books.steps()) - told)],
            "events_not_published": ["one"] * books.unpublished,
            "deliveries_waiting": ["one"] * (books.unsent["due"] + books.unsent["sending"]),
        }

    def _changed(self, books: Books) -> Iterator[str]:
        """Titles whose text or door are not the client's, or whose 201 named a number that is not there."""
        numbers: dict[str, set[str]] = {}
        for row in books.requests.values():
            numbers.setdefault(row["title"], set()).add(row["number"])
            plan = self._desk.plans.get(row["title"])
            if plan and (row["description"], row["channel"]) != (plan.text, _DOORS[plan.door]):
                yield row["title"]
        for title, number in self._promises.requests.items():
            if number and title in numbers and number not in numbers[title]:
                yield title

    def doubled(self, books: Books) -> Findings:
        """What is there more often than promised, or was never promised."""
        rows = books.requests.values()
        steps = self._installation.post.messages()
        active = (row["request"] for row in books.assignments if row["status"] in ACTIVE)
        return {
            "requests": _twice(row["title"] for row in rows),
            "requests_of_nobody": sorted({row["title"] for row in rows} - self._promises.requests.keys()),
            "leads": _twice(active),
            "messages": _twice(row["text"] for row in books.messages if row["kind"] == "message"),
            "rows_in_the_report": _twice(row["number"] for row in books.facts.values()),
            "message_ids": [" ".join(step) for step, ids in steps.items() if len(ids) > 1],
            "mails_of_nobody": [" ".join(step) for step in sorted(steps.keys() - set(books.steps()))],
            "deliveries_given_up": ["one"] * books.unsent["failed"],
        }

    def repeated(self) -> int:
        """Mails that were sent again under the same Message-ID: after a 250 that the sender did not live to record."""
        return sum(count - 1 for count in self._installation.post.arrived.values())

    async def hurry(self) -> None:
        """The minutes pass that a letter waits for its next try, or for the claim of a process that is dead."""
        now, deliveries = datetime.now(UTC), self._databases["notify"]["deliveries"]
        since = datetime.fromtimestamp(self._installation.services["notify"].started_at, UTC)
        later = {"due_at": {"$gt": now}, "status": "due"}
        orphaned = {"due_at": {"$gt": now, "$lt": since + CLAIMED_FOR}, "status": "sending"}
        for which in (later, orphaned):
            await deliveries.update_many(which, {"$set": {"due_at": now}, "$inc": {"version": 1}})

    async def converged(self, patience: float) -> tuple[Books, Findings]:
        """The books, and what is missing in them, once nothing is or nothing has become less for so many seconds."""
        least, since = -1, time.monotonic()
        while True:
            await self.hurry()
            books = await self.read()
            missing = self.missing(books)
            left = sum(map(len, missing.values()))
            if left < least or least < 0:
                least, since = left, time.monotonic()
            if not left or time.monotonic() - since > patience:
                return books, missing
            await asyncio.sleep(0.3)


def _twice(names: Iterable[str]) -> list[str]:
    return [name for name, count in Counter(names).items() if count > 1]
