"""Asking for a simulation: what cannot be answered is refused at once, what can is put into the queue."""

import asyncio
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from contracts.envelope import new_id
from services.chassis.auth import Caller
from services.chassis.execution import Executor
from services.chassis.i18n import N_
from services.chassis.idempotency import Sent, once
from services.chassis.mongo import Database, Document
from services.chassis.problems import invalid, not_found
from services.chassis.work import Work
from services.routing.domain import ROME
from services.routing.handlers import simulations
from services.routing.simulation.asked import MOST_REQUESTS, Question
from services.routing.simulation.playing import CHOSEN_DAYS, midnight, period
from services.routing.store import EXPERTS
from services.routing.store.simulations import Periods, Simulations

SHORT_SECONDS = 5.0
"""So long an answer is waited for; whatever takes longer is looked up later."""
_LOOK_EVERY = 0.1
Period = tuple[datetime, datetime]


class Asking:
    """What API and pages do with simulations."""

    def __init__(
        self, database: Database, executor: Executor, wake: Callable[[], None], now: Callable[[], datetime]
    ) -> None:
        self.store = Simulations(database)
        self._periods, self._database = Periods(database), database
        self._executor, self._wake = executor, wake
        self.now = now

    async def ask(self, sent: Sent, caller: Caller, question: Question) -> Document:
        """The simulation, queued. Raises 422 for what cannot be played, 429 when too many wait."""
        when = await self._period(question)
        await self._check(question, when)
        id, by = new_id(), str(caller.id)
        asked = question.document()

        def decide(work: Work) -> dict[str, Any]:
            return {"id": simulations.ask(work, id, by, asked, when)["_id"]}

        made = await once(sent, caller, self._executor, simulations.needs(id), decide)
        self._wake()
        return await self.one(made["id"])

    async def one(self, id: str) -> Document:
        """A simulation; 404 for none."""
        row = await self.store.one(id)
        if row is None:
            raise not_found()
        return row

    async def ended(self, row: Document, seconds: float = SHORT_SECONDS) -> Document:
        """The same simulation once it has ended, or as it is after so many seconds."""
        limit = time.monotonic() + seconds
        while row["status"] in simulations.OPEN and time.monotonic() < limit:
            await asyncio.sleep(_LOOK_EVERY)
            row = await self.one(row["_id"])
        return row

    async def cancel(self, id: str) -> Document:
        """Nobody wants to know any more."""
        row = await self._executor.run(simulations.needs(id), lambda work: simulations.cancel(work, id))
        if row is None:
            raise not_found()
        self._wake()
        return row

    async def _period(self, question: Question) -> Period:
        source = question.source
        if source.kind != "requests":
            return period(question)
        first = await self._periods.first_of(source.numbers)
        if first is None:
            raise invalid([{"pointer": "/source/numbers", "detail": N_("No request has one of these numbers.")}])
        start = midnight(first.astimezone(ROME).date())
        return start, start + timedelta(days=CHOSEN_DAYS)

    async def _check(self, question: Question, when: Period) -> None:
        if question.source.kind == "past":
            count = await self._periods.count(*when, MOST_REQUESTS + 1)
            if not count:
                raise invalid([{"pointer": "/source", "detail": N_("No request came in this period.")}])
            if count > MOST_REQUESTS:
                raise invalid([{"pointer": "/source", "detail": N_("Too many requests: 20,000 at most.")}])
        named = {f"/variant/capacities/{n}/expert": one.expert for n, one in enumerate(question.variant.capacities)}
        named |= {f"/variant/absent/{n}/expert": one.expert for n, one in enumerate(question.variant.absent)}
        named |= {f"/variant/removed/{n}": id for n, id in enumerate(question.variant.removed)}
        known = {row["_id"] for row in await self._database.by_ids(EXPERTS, set(named.values()))} if named else set()
        faults = [
            {"pointer": pointer, "detail": N_("There is no such expert.")}
            for pointer, id in named.items()
            if id not in known
        ]
        if faults:
            raise invalid(faults)
