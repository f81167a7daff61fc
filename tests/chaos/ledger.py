"""The outside ledger: what clients were promised, compared with what every service and the outside world has of it."""

import asyncio
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from services.chassis.mongo import Document
from services.notify.messages import MESSAGES
from services.notify.sender import CLAIMED_FOR
from tests.chaos.clients import Promises
from tests.chaos.installation import COORDINATOR, OFFICIAL, Installation, address_of
from tests.kafka.post import Step

ACTIVE = ("offered", "accepted")
QUEUED = ("stuck", "coordinator")


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

    def unplaced(self) -> list[str]:
        """Requests without exactly one place: one expert, or a reason why they wait, or none once they are resolved."""
        active = Counter(row["request"] for row in self.assignments if row["status"] in ACTIVE)
        leads = {row["request"]: row["expert"] for row in self.assignments if row["status"] in ACTIVE}
        return [
            f"{request['number']} {request['status']}"
            for id, request in self.requests.items()
            if not _placed(request, self.cases.get(id), active[id], leads.get(id))
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


def _placed(request: Document, case: Document | None, active: int, lead: str | None) -> bool:
    if case is None or case["order"][1] != request["sequence"]:
        return False
    if request["status"] == "resolved":
        return active == 0
    if case["queue"] in QUEUED:
        return active == 0 and bool(case["stuck"]["reason"]) and request["lead"] is None
    return active == 1 and lead is not None and lead == request["lead"]


class Ledger:
    """Compares; `converged` waits until nothing is missing, `doubled` then finds what is too much."""

    def __init__(self, installation: Installation, promises: Promises) -> None:
        self._installation = installation
        self._promises = promises

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

    def missing(self, books: Books) -> dict[str, Any]:
        """What is not (yet) as promised; empty when everything is."""
        titles = {row["title"] for row in books.requests.values()}
        told = self._installation.post.messages().keys()
        resolved = {row["number"] for row in books.requests.values() if row["base"] == "resolved"}
        accepted = {row["_id"] for row in books.assignments if row["accepted_at"]}
        found: dict[str, Any] = {
            "lost requests": sorted(self._promises.requests.keys() - titles),
            "lost acceptances": sorted(self._promises.accepted - accepted),
            "lost messages": sorted(self._promises.said.keys() - {row["text"] for row in books.messages}),
            "lost resolutions": sorted(self._promises.resolved - resolved),
            "without a place": books.unplaced(),
            "not in the report": books.unreported(),
            "mails not sent": sorted(set(books.steps()) - told),
            "events not published": books.unpublished,
            "deliveries waiting": books.unsent["due"] + books.unsent["sending"],
        }
        return {name: value for name, value in found.items() if value}

    def doubled(self, books: Books) -> dict[str, Any]:
        """What is there more often than promised, or was never promised."""
        requests = Counter(row["title"] for row in books.requests.values())
        active = Counter(row["request"] for row in books.assignments if row["status"] in ACTIVE)
        said = Counter(row["text"] for row in books.messages if row["kind"] == "message")
        steps = self._installation.post.messages()
        found: dict[str, Any] = {
            "requests": [title for title, count in requests.items() if count > 1],
            "requests nobody was promised": sorted(requests.keys() - self._promises.requests.keys()),
            "leads": [id for id, count in active.items() if count > 1],
            "messages": [text for text, count in said.items() if count > 1],
            "facts": [n for n, count in Counter(row["number"] for row in books.facts.values()).items() if count > 1],
            "mails": [step for step, ids in steps.items() if len(ids) > 1],
            "mails nobody should have": sorted(steps.keys() - set(books.steps())),
            "deliveries given up": books.unsent["failed"],
        }
        return {name: value for name, value in found.items() if value}

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

    async def converged(self, seconds: float) -> tuple[float, Books]:
        """How long it took until nothing was missing, and the books of then; fails with what is missing."""
        began = time.monotonic()
        while True:
            await self.hurry()
            books = await self.read()
            missing, passed = self.missing(books), time.monotonic() - began
            if not missing:
                return passed, books
            if passed > seconds:
                raise AssertionError(f"not within {seconds:.0f} s: {shortened(missing)}")
            await asyncio.sleep(0.3)


def shortened(found: dict[str, Any]) -> str:
    """Some of each kind, to be read by people."""
    shown = (
        f"{name}: {len(what)}, such as {what[:3]}" if isinstance(what, list) else f"{name}: {what}"
        for name, what in found.items()
    )
    return "; ".join(shown)
