"""Promise 5: what is derived comes back from the owners' histories, and a broker that lost everything is refilled."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from deploy.local.broker import Broker
from deploy.tools.rebuild import rebuild
from services.chassis.settings import Settings
from tests.promises.people import until
from tests.promises.programme import NAMES, Programme, open_programme
from tests.promises.tape import recording
from tests.promises.walk import MAILS, mails_about, told, walk
from tests.servers import EMBEDDED_KAFKA

pytestmark = [pytest.mark.chaos, pytest.mark.slow, pytest.mark.timeout(180)]
MOVING = ("leases", "relay_positions")
"""What a running service writes without having heard or done anything."""
LASTING = (
    "routing.assignments", "routing.decisions", "intake.timeline", "intake.messages", "reporting.facts",
    "notify.notices", "notify.notifications", "notify.deliveries",
)  # fmt: skip
"""Documents of which each stands for one thing that happened."""


async def everything(programme: Programme) -> dict[str, list[dict[str, Any]]]:
    """Every document of every service, without the count of its writes."""
    found = {}
    for name, database in programme.databases().items():
        for collection in sorted(set(await database.collections()) - set(MOVING)):
            rows = await database[collection].find().sort("_id", 1).to_list(None)
            found[f"{name}.{collection}"] = [{key: row[key] for key in sorted(row) if key != "version"} for row in rows]
    return found


async def at_rest(programme: Programme, *numbers: str) -> None:
    """Returns when these walks have had all their effects, and all of them are published and taken in."""
    async with recording(programme.settings) as tape:

        async def quiet() -> bool:
            for number in numbers:
                assert await told(programme, number) == MAILS
            for database in programme.databases().values():
                assert await database["outbox"].count_documents({"unpublished": True}) == 0
                assert await database["deliveries"].count_documents({"status": {"$in": ["due", "sending"]}}) == 0
            seen = {event["id"] for event in (json.loads(message.value) for message in tape.messages)}
            written = [row["_id"] for name in NAMES for row in await _outbox(programme, name)]
            return set(written) <= seen and await tape.read_by(*programme.services.values())

        await until(quiet, seconds=40)


async def _outbox(programme: Programme, name: str) -> list[dict[str, Any]]:
    return list(await programme.databases()[name]["outbox"].find({}, {"_id": 1, "unpublished": 1}).to_list(None))


async def test_what_services_derived_is_rebuilt_without_any_other_effect(programme: Programme) -> None:
    numbers = [(await walk(programme))["number"] for _ in range(2)]
    await at_rest(programme, *numbers)
    for collection in ("notices", "notifications", "deliveries"):
        # As after years: what was told is forgotten, so nothing but the rebuild itself keeps it from being told again.
        await programme.databases()["notify"][collection].delete_many({"number": numbers[0]})
    before, mails = await everything(programme), len(programme.mailbox.find())
    derived = {name: service.derived for name, service in programme.services.items()}
    assert derived["reporting"] == ("facts",) and derived["notify"] == ("requests",)

    for name, collections in derived.items():
        database = programme.databases()[name]
        for collection in collections:
            # Lost, and in part wrong: neither may shine through.
            await database[collection].delete_many({"number": numbers[0]})
            await database[collection].update_many({}, {"$set": {"body": "999999", "order": [9, 9]}})
        assert await rebuild(name, programme.settings) > 0

    after = await everything(programme)
    assert {place for place in before if before[place] != after.get(place)} == set()
    assert len(before["reporting.facts"]) == len(before["notify.requests"]) == 2
    assert len(programme.mailbox.find()) == mails
    number = (await walk(programme))["number"]
    await at_rest(programme, number, numbers[1])


@pytest.fixture
async def fragile(settings: Settings, own_broker: Broker) -> AsyncIterator[Programme]:
    """A programme over a broker that the test may kill."""
    known = settings.model_copy(update={"kafka": own_broker.bootstrap, **EMBEDDED_KAFKA})
    async with open_programme(known) as programme:
        yield programme


async def test_a_broker_that_comes_back_empty_is_filled_again_and_nothing_happens_twice(
    fragile: Programme, own_broker: Broker
) -> None:
    number = (await walk(fragile))["number"]
    await at_rest(fragile, number)
    before = {place: rows for place, rows in (await everything(fragile)).items() if ".outbox" not in place}
    history = {name: {row["_id"] for row in await _outbox(fragile, name)} for name in NAMES}

    own_broker.kill()
    meanwhile = await fragile.submit()
    own_broker.spawn()
    own_broker.wait_ready()
    await fragile.reached(meanwhile["number"], "assigned", seconds=60)

    async with recording(fragile.settings) as tape:

        async def all_back() -> bool:
            there = {json.loads(message.value)["id"] for message in tape.messages}
            return set().union(*history.values()) <= there and await tape.read_by(*fragile.services.values())

        await until(all_back, seconds=60)
    await _only_the_new_request_is_new(fragile, before, meanwhile)
    assert await told(fragile, number) == MAILS
    assert sorted(mails_about(fragile, number).values()) == [1] * MAILS.total()


async def _only_the_new_request_is_new(programme: Programme, before: Any, request: dict[str, Any]) -> None:
    """The old documents are as they were; what came is about the request that was sent meanwhile."""
    after = await everything(programme)
    for place in LASTING:
        old = {row["_id"]: row for row in before[place]}
        kept = {row["_id"]: row for row in after[place] if row["_id"] in old}
        fresh = [row for row in after[place] if row["_id"] not in old]
        assert kept == old, place
        assert {row.get("request", row["_id"]) for row in fresh} <= {request["id"]}, place
