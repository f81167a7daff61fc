"""Experts are asked while they hold the role: from the day on which it begins until the one on which it ends."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest

from contracts.access import Grant
from services.routing.handlers import entitlement
from services.routing.handlers.entitlement import role_of
from services.routing.store import EXPERTS
from tests.routing.material import MONDAY, OTHER, THEME, Routing, access_event, person

DAY = timedelta(days=1)
Period = tuple[datetime, datetime | None]


def grants(*periods: Period) -> list[dict[str, Any]]:
    return [Grant(role="expert", scope_kind="programme", start=start, end=end).model_dump() for start, end in periods]


async def told(routing: Routing, name: str, sequence: int, *periods: Period) -> None:
    """The news of somebody's role of expert comes in."""
    news = access_event(person(name), sequence)
    held = tuple(Grant.model_validate(grant) for grant in grants(*periods))
    state = news.data.state.model_copy(update={"grants": held})
    event = news.model_copy(update={"data": news.data.model_copy(update={"state": state})})
    await routing.service.executor.run(entitlement.needs(event), lambda work: entitlement.access_changed(work, event))


@pytest.mark.parametrize("first", ["profile", "role"])
async def test_who_has_the_role_from_a_later_day_on_is_asked_from_then_on(routing: Routing, first: str) -> None:
    role = (MONDAY + 2 * DAY, None)
    if first == "role":
        await told(routing, "anna", 2, role)
    await routing.grant("sara", "secretariat")
    anna = {
        "id": person("anna"), "task_forces": [THEME], "themes": [{"code": THEME, "level": 3}], "kinds": ["technical"],
        "capacity": 5,
    }  # fmt: skip
    async with routing.api("sara") as api:
        assert (await api.post("/api/experts", json=anna)).status_code == 201
    if first == "profile":
        await told(routing, "anna", 2, role)
    request = await routing.submit(1)
    await routing.match()
    before = await routing.asked(request)

    routing.clock.advance(2 * DAY)
    await routing.match()

    assert (before, await routing.asked(request)) == (None, person("anna"))


async def test_when_the_role_ends_an_unanswered_offer_goes_to_others_without_any_news(routing: Routing) -> None:
    anna, bea = await routing.expert("anna"), await routing.expert("bea", themes=[{"code": THEME, "level": 1}])
    await told(routing, "anna", 2, (MONDAY - DAY, None))
    request = await routing.submit(1)
    await routing.match()
    assert await routing.asked(request) == anna

    await told(routing, "anna", 3, (MONDAY - DAY, MONDAY + timedelta(hours=3)))
    routing.clock.advance(timedelta(hours=3))
    await routing.match()

    assert await routing.asked(request) == bea


async def test_between_two_grants_with_a_gap_nobody_is_asked_and_afterwards_they_are(routing: Routing) -> None:
    anna = await routing.expert("anna")
    await told(routing, "anna", 2, (MONDAY - DAY, MONDAY + 7 * DAY), (MONDAY + 14 * DAY, None))
    asked = []
    for number in (1, 2, 3):
        request = await routing.submit(number)
        await routing.match()
        asked.append(await routing.asked(request))
        routing.clock.advance(7 * DAY)
        await routing.match()

    assert asked == [anna, None, anna]


async def test_a_changed_profile_keeps_the_bounds_of_the_role(routing: Routing) -> None:
    await routing.expert("anna")
    await told(routing, "anna", 2, (MONDAY + DAY, MONDAY + 9 * DAY))
    await routing.grant("sara", "secretariat")
    changes = {"task_forces": [THEME, OTHER], "themes": [{"code": THEME, "level": 3}, {"code": OTHER, "level": 1}]}
    async with routing.api("sara") as api:
        answer = await api.patch(f"/api/experts/{person('anna')}", json=changes)

    kept = await routing.database[EXPERTS].find_one({"_id": person("anna")})
    assert kept
    assert answer.status_code == 200, answer.text
    assert (kept["role_start"], kept["role_end"]) == (MONDAY + DAY, MONDAY + 9 * DAY)


@pytest.mark.parametrize(
    ("periods", "entitled", "bounds"),
    [
        ([], False, (None, None)),
        ([(MONDAY - 9 * DAY, MONDAY)], False, (None, None)),
        ([(MONDAY - 9 * DAY, None)], True, (None, None)),
        ([(MONDAY, MONDAY + DAY)], True, (None, MONDAY + DAY)),
        ([(MONDAY + DAY, None)], True, (MONDAY + DAY, None)),
        ([(MONDAY - DAY, MONDAY + DAY), (MONDAY + DAY, None)], True, (None, None)),
        ([(MONDAY - DAY, MONDAY + DAY), (MONDAY, MONDAY + 2 * DAY)], True, (None, MONDAY + 2 * DAY)),
        ([(MONDAY - 9 * DAY, MONDAY - DAY), (MONDAY + DAY, None)], True, (MONDAY + DAY, None)),
        ([(MONDAY - DAY, MONDAY + DAY), (MONDAY + 2 * DAY, None)], True, (None, MONDAY + DAY)),
        ([(MONDAY + 5 * DAY, None), (MONDAY + DAY, MONDAY + 2 * DAY)], True, (MONDAY + DAY, MONDAY + 2 * DAY)),
        ([(MONDAY, MONDAY + 9 * DAY), (MONDAY, MONDAY + DAY), (MONDAY + 9 * DAY, None)], True, (None, None)),
    ],
)
def test_the_role_holds_as_long_as_its_grants_follow_without_a_gap(
    periods: Sequence[Period], entitled: bool, bounds: tuple[datetime | None, datetime | None]
) -> None:
    kept = role_of({"grants": grants(*periods)}, MONDAY)

    assert (kept["entitled"], kept["role_start"], kept["role_end"]) == (entitled, *bounds)
    assert role_of(None, MONDAY)["entitled"]
