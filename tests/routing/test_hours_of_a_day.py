"""The 24 hours of a day: what makes a day that is over them better is never refused."""

from datetime import timedelta
from typing import Any

import pytest

from services.routing.store import ACTIONS
from services.routing.store.actions import Actions
from tests.routing.material import Routing, person
from tests.routing.test_talks import followed
from tests.routing.test_worklog import ENTRY

DAY = timedelta(days=1)
LESS: list[dict[str, Any]] = [{"minutes": 100}, {"minutes": 899}, {"note": "giusta"}, {"kind": "call"}]


async def too_long(routing: Routing) -> tuple[str, list[str]]:
    """A day of 30 hours in two entries, as two calls at once leave it; the path of its entries, and their ids."""
    path = f"/api/assignments/{await followed(routing)}/actions"
    async with routing.api("anna") as api:
        made = [(await api.post(path, json=ENTRY | {"minutes": 600})).json()["id"] for _ in range(2)]
    await routing.database[ACTIONS].update_many({}, {"$set": {"minutes": 900}})
    return path, made


@pytest.mark.parametrize("change", LESS)
async def test_a_correction_that_adds_nothing_to_a_day_is_taken_though_it_is_over_24_hours(
    routing: Routing, change: dict[str, Any]
) -> None:
    path, (one, _) = await too_long(routing)
    async with routing.api("anna") as api:
        answer = await api.patch(f"{path}/{one}", json=change)

    assert answer.status_code == 200, answer.text


async def test_what_adds_to_a_day_is_held_against_its_24_hours(routing: Routing) -> None:
    path, (one, _) = await too_long(routing)
    async with routing.api("anna") as api:
        more = await api.patch(f"{path}/{one}", json={"minutes": 901})
        gone = await api.patch(f"{path}/{one}", json={"withdrawn": True})
        stands_again = await api.patch(f"{path}/{one}", json={"withdrawn": False})
        shorter = await api.patch(f"{path}/{one}", json={"withdrawn": False, "minutes": 541})
        fits = await api.patch(f"{path}/{one}", json={"withdrawn": False, "minutes": 540})

    assert [answer.status_code for answer in (more, gone, stands_again, shorter, fits)] == [422, 200, 422, 422, 200]


async def test_an_entry_moved_to_a_full_day_is_refused(routing: Routing) -> None:
    path = f"/api/assignments/{await followed(routing)}/actions"
    async with routing.api("anna") as api:
        await api.post(path, json=ENTRY | {"minutes": 1400})
    await routing.database[ACTIONS].update_many({}, {"$set": {"day": "2026-11-23"}})
    routing.clock.advance(DAY)
    async with routing.api("anna") as api:
        other = (await api.post(path, json=ENTRY | {"day": "2026-11-24", "minutes": 41})).json()["id"]
        moved = await api.patch(f"{path}/{other}", json={"day": "2026-11-23"})

    assert moved.status_code == 422


async def test_the_minutes_of_a_day_are_all_counted_however_many_the_entries(routing: Routing) -> None:
    rows = [{"_id": str(n), "expert": person("anna"), "month": "2026-11", "day": "2026-11-23", "minutes": 1,
             "withdrawn": n % 2 == 1} for n in range(4_100)]  # fmt: skip
    rows += [rows[0] | {"_id": "later", "day": "2026-11-24", "minutes": 30}]
    await routing.database[ACTIONS].insert_many(rows)

    assert await Actions(routing.database).minutes_on(person("anna"), "2026-11-23") == 2_050
    assert await Actions(routing.database).minutes_on(person("anna"), "2026-11-23", without="0") == 2_049
