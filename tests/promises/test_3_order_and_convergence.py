"""Promise 3: in whatever order, and however often, the events of a real pipeline arrive, the end is the same."""

import random
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

import pytest

from contracts.catalogue import topic_of
from contracts.envelope import new_id
from services.chassis.clock import Clock
from services.chassis.consumption import Batches
from services.chassis.metrics import Metrics
from services.chassis.mongo import Database
from services.chassis.settings import Settings
from tests.promises.people import until
from tests.promises.programme import NAMES, Programme, open_programme
from tests.promises.tape import recording
from tests.promises.walk import finish

pytestmark = [pytest.mark.chaos, pytest.mark.slow, pytest.mark.timeout(180)]
SEEDS = (1, 2, *random.Random().sample(range(3, 1_000_000), 2))
LEFT_OUT = ("inbox", "outbox", "arrivals")
"""Claims, what was published, and wishes to look again: how it came about, not what came of it."""


class Standing(Clock):
    """A clock that stands still: what differs must differ because of the events."""

    def __init__(self) -> None:
        super().__init__()
        self._at = super().now()

    def now(self) -> datetime:
        return self._at


@dataclass(frozen=True)
class Record:
    """A message as the consumer gets it."""

    topic: str
    value: bytes
    offset: int
    key: bytes = b""
    partition: int = 0
    headers: tuple[()] = ()


@dataclass
class History:
    """What a pipeline really told, and the requests as intake had them before anybody answered."""

    programme: Programme
    events: list[tuple[str, bytes]]
    submitted: list[dict[str, Any]]


@pytest.fixture(scope="module")
async def history(mongod: Any, broker: Any) -> AsyncIterator[History]:
    """Three requests: one goes straight through, one is declined and then taken, one is withdrawn."""
    settings = Settings(prefix=f"t{new_id().replace('-', '')[4:24]}", mongo_url=mongod.url, **broker.settings)
    async with open_programme(settings, "intake") as programme:
        requests = [await programme.submit() for _ in range(3)]
        submitted = await programme.services["intake"].database["requests"].find().to_list(None)
        await programme.start("routing", "notify", "reporting")
        for who in ("expert", "second"):
            await programme.expert(who)
        await programme.settled()
        await _live(programme, requests)
        yield History(programme, await _told(programme), submitted)


async def _live(programme: Programme, requests: Sequence[dict[str, Any]]) -> None:
    names = {person.id: who for who, person in programme.people.items()}
    first, second, third = (request["number"] for request in requests)
    for request, declines in ((requests[0], False), (requests[1], True)):
        offer = await programme.offered(request["number"])
        if declines:
            path = f"/api/assignments/{offer['id']}/decline"
            await programme.done(names[offer["expert"]], "POST", path, json={"reason": "no_time"})
            offer = await until(lambda number=request["number"], old=offer: _another(programme, number, old))
        await finish(programme, request, expert=names[offer["expert"]])
    await programme.done("official", "POST", f"/api/requests/{first}/reopen", json={"reason": "Non risolto."})
    await programme.done("official", "POST", f"/api/requests/{third}/withdraw", json={"reason": "Risolto da noi."})
    await programme.reached(first, "assigned")
    assert second != third


async def _another(programme: Programme, number: str, old: dict[str, Any]) -> dict[str, Any] | None:
    found = (await programme.done("admin", "GET", f"/api/routing/requests/{number}"))["assignment"]
    seen = (await programme.done("admin", "GET", f"/api/requests/{number}"))["assignment"]
    told = seen and found and seen["expert"] and seen["expert"]["id"] == found["expert"]
    return found if told and found["id"] != old["id"] else None


async def _told(programme: Programme) -> list[tuple[str, bytes]]:
    rows = []
    for service in programme.services.values():
        rows += await service.database["outbox"].find().sort("position", 1).to_list(None)
    return [(row["stream"], row["body"]) for row in sorted(rows, key=lambda row: row["position"])]


def shuffled(events: Sequence[Any], seed: int) -> list[list[Any]]:
    """All events and a third of them twice, in any order, in batches of any size."""
    chance = random.Random(seed)
    arriving = [*events, *chance.sample(events, len(events) // 3)]
    chance.shuffle(arriving)
    cuts = sorted({0, len(arriving), *(chance.randrange(len(arriving)) for _ in range(8))})
    return [arriving[start:end] for start, end in pairwise(cuts)]


async def end_of(history: History, name: str, batches: Sequence[Sequence[tuple[str, bytes]]], clock: Clock) -> Any:
    """Everything in the service's database once these batches have been taken in, and what was parked."""
    settings, table = history.programme.settings, history.programme.services[name].table
    database = Database(settings.mongo_url, f"{settings.prefix}_{name}_again")
    try:
        if name == "intake":
            await database["requests"].insert_many(history.submitted)
        applying = Batches(database, table, clock, Metrics("again"))
        for batch in batches:
            records = [
                Record(topic_of(settings.prefix, stream), body, offset) for offset, (stream, body) in enumerate(batch)
            ]
            assert (await applying.apply(records)).parked == []
        return {
            collection: [_comparable(row) async for row in database[collection].find().sort("_id", 1)]
            for collection in sorted(await database.collections())
            if collection not in LEFT_OUT
        }
    finally:
        await database.drop()
        database.close()


def _comparable(row: dict[str, Any]) -> dict[str, Any]:
    """Without the count of its writes; sets that are kept as lists in any order."""
    told = sorted(row.get("told") or [], key=str) if isinstance(row.get("told"), list) else row.get("told")
    return {**{key: value for key, value in row.items() if key != "version"}, "told": told}


@pytest.mark.parametrize("name", NAMES)
async def test_shuffled_and_repeated_events_of_a_real_walk_end_as_in_their_order(history: History, name: str) -> None:
    clock = Standing()
    types = {entry.model.STREAM for entry in history.programme.services[name].table}
    assert types <= {stream for stream, _ in history.events} | {"service-levels", "measurements", "mails"}

    expected = await end_of(history, name, [history.events], clock)

    assert expected and all(expected.values())
    for seed in SEEDS:
        found = await end_of(history, name, shuffled(history.events, seed), clock)
        assert found == expected, f"{name}, seed {seed}"


async def test_the_broker_holds_each_requests_events_in_the_order_in_which_they_happened(history: History) -> None:
    programme = history.programme
    outbox = programme.services["intake"].database["outbox"]
    written = await outbox.count_documents({"stream": "requests"})

    async with recording(programme.settings) as tape:
        await until(lambda: len({event["id"] for event in tape.events("requests")}) >= written)

    orders: dict[str, list[tuple[int, int]]] = {}
    for event in tape.events("requests"):
        orders.setdefault(event["subject"], []).append((event["epoch"], event["sequence"]))
    assert len(orders) == 3
    for order in orders.values():
        assert order == sorted(order) and len(set(order)) == len(order)
