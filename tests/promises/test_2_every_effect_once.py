"""Promise 2: every effect once, though every message comes twice and every service is restarted on the way."""

from datetime import timedelta
from typing import Any

import pytest

from tests.promises.people import until
from tests.promises.programme import NAMES, Programme
from tests.promises.tape import recording
from tests.promises.walk import MAILS, mails_about, told, walk

pytestmark = [pytest.mark.chaos, pytest.mark.slow, pytest.mark.timeout(180)]
OTHERS = NAMES[1:]


async def test_a_walk_with_every_message_twice_and_restarts_has_each_effect_once(programme: Programme) -> None:
    async with recording(programme.settings, repeat=True) as tape:

        async def between(step: str, request: dict[str, Any]) -> None:
            if step == "accepted":
                await programme.restart(*OTHERS)
            if step == "ask":
                await programme.restart("intake")

        request = await walk(programme, between)
        number = request["number"]

        async def all_told() -> bool:
            return await told(programme, number) == MAILS

        async def all_read_twice() -> bool:
            twice = all(len(tape_ids) == 2 for tape_ids in _places(tape).values())
            return twice and await tape.read_by(*programme.services.values())

        # Mails that met an intake that was away wait a minute for their next attempt.
        programme.clock.advance(timedelta(minutes=2))
        await until(all_told)
        await until(all_read_twice)

    assert await told(programme, number) == MAILS
    arrived = mails_about(programme, number)
    assert sorted(arrived.values()) == [1] * MAILS.total()
    by_address = {who: sum(n for (address, _), n in arrived.items() if address == programme.people[who].email)
                  for who in ("official", "expert")}  # fmt: skip
    assert by_address == {"official": 5, "expert": 3}
    await _one_lead(programme, request["id"])
    await _one_history(programme, request["id"])
    for name, service in programme.services.items():
        seen = service.metrics.consumed.labels("duplicate")._value.get()
        assert seen > 0, f"{name} was never told anything twice"


def _streams() -> tuple[str, ...]:
    return "requests", "assignments", "notifications", "access", "bodies"


def _places(tape) -> dict[str, list[int]]:
    places: dict[str, list[int]] = {}
    for message, event in zip(tape.of(*_streams()), tape.events(*_streams()), strict=True):
        places.setdefault(event["id"], []).append(message.offset)
    return places


async def _one_lead(programme: Programme, id: str) -> None:
    routing = programme.services["routing"].database
    assignments = await routing["assignments"].find({"request": id}).to_list(None)
    assert [(row["round"], row["expert"]) for row in assignments] == [(1, programme.people["expert"].id)]
    loads = await routing["loads"].find({}).to_list(None)
    assert all(row["_id"] != id for row in loads)


async def _one_history(programme: Programme, id: str) -> None:
    """Each thing that happened stands once in intake's timeline and once in reporting's."""
    lines = await programme.services["intake"].database["timeline"].find({"request": id}).to_list(None)
    actions = sorted(line["action"] for line in lines)
    assert actions.count("offered") == actions.count("accepted") == actions.count("resolved") == 1
    fact = await programme.services["reporting"].database["facts"].find_one({"_id": id})
    assert fact is not None
    what = sorted(row["what"] for row in fact["timeline"].values())
    assert what == ["accepted", "answered", "asked", "closed", "provided", "resolved"]
