"""Who takes part is one rule: matching, lists of whom to choose, counts, figures and what others are told agree."""

import itertools
import json
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

import pytest

from services.chassis.mongo import Document
from services.chassis.outbox import OUTBOX
from services.routing.handlers import experts
from services.routing.handlers.presence import takes_part_at
from services.routing.names import Names
from services.routing.simulation.figures import Played, load
from services.routing.simulation.territories import Ground
from services.routing.store import EXPERTS
from services.routing.store.reading import places_of_one, taking_part
from tests.routing.material import MONDAY, RULES, THEME, Routing, person, profile
from tests.routing.test_desk_pages import text_of

DAY = timedelta(days=1)
OUT: tuple[dict[str, Any], ...] = (
    {"active": False},
    {"entitled": False},
    {"paused": True},
    {"contract_start": MONDAY + DAY},
    {"contract_end": MONDAY},
    {"role_start": MONDAY + DAY},
    {"role_end": MONDAY},
)
"""What each keeps an expert out today."""


def stored(id: str, **changes: Any) -> Document:
    return {"_id": id, "absences": [], "entitled": True, "sequence": 1, "version": 1} | profile(**changes)


async def test_the_condition_of_the_counts_is_the_rule_of_matching(routing: Routing) -> None:
    bounds: tuple[datetime | None, ...] = (None, MONDAY - DAY, MONDAY, MONDAY + DAY)
    rows = [
        stored(f"e{number}", active=active, entitled=entitled, contract_start=start, contract_end=end, **more)
        for number, (active, entitled, more, start, end) in enumerate(
            itertools.product((True, False), (True, False), ({}, {"paused": True}, {"paused": False}), bounds, bounds)
        )
    ]
    rows += [
        stored(f"r{number}", contract_start=start, contract_end=end, role_start=role_start, role_end=role_end)
        for number, (start, end, role_start, role_end) in enumerate(itertools.product(bounds, repeat=4))
    ]
    await routing.database[EXPERTS].insert_many([*rows, stored("without")])

    found = {row["_id"] for row in await routing.database.find(EXPERTS, taking_part(MONDAY))}

    seen = {row["_id"]: experts.to_match(row, None, MONDAY, MONDAY, RULES) for row in (*rows, stored("without"))}
    assert found == {id for id, one in seen.items() if one.active and one.in_contract}
    assert found == {row["_id"] for row in (*rows, stored("without")) if takes_part_at(row, MONDAY)}


async def test_the_places_of_the_counts_are_those_of_matching(routing: Routing) -> None:
    hours = (None, 0.0, 3.9, 4.0, 11.2, 40.0)
    rows = [
        stored(f"e{number}", weekly_hours=agreed, available_hours=own)
        for number, (agreed, own) in enumerate(itertools.product(hours, hours))
    ]
    await routing.database[EXPERTS].insert_many([*rows, stored("without")])
    await routing.grant("sara", "secretariat")

    shown: Document = {"places": places_of_one(RULES.hours_of_one_request)}
    found = {row["_id"]: row["places"] for row in await routing.database.find(EXPERTS, {}, shown)}
    async with routing.api("sara") as api:
        counts = (await api.get("/api/task-forces")).json()["items"]

    assert found == {row["_id"]: experts.places(row, RULES) for row in (*rows, stored("without"))}
    assert set(found.values()) == {0, 1, 2, 5}
    assert next(one["places"] for one in counts if one["code"] == THEME) == sum(found.values())


async def colleagues(routing: Routing, assignment: str) -> str:
    """The page on which Anna chooses to whom she passes the request on."""
    async with routing.browser("anna") as browser:
        return (await browser.get(f"/desk/assignments/{assignment}")).text


@pytest.mark.parametrize("out", OUT)
async def test_who_does_not_take_part_is_nowhere_to_be_chosen_or_counted(
    routing: Routing, out: Document, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def of(names: Names, ids: Iterable[str | None]) -> dict[str, str]:
        return {id: f"Name of {id}" for id in ids if id}

    monkeypatch.setattr(Names, "of", of)
    await routing.expert("anna")
    await routing.expert("bea")
    await routing.grant("sara", "secretariat")
    await routing.grant("anna", "expert")
    await routing.submit(1)
    await routing.submit(2)
    await routing.match()
    lead = await routing.database["assignments"].find_one({"expert": person("anna")})
    assert lead
    async with routing.api("anna") as api:
        await api.post(f"/api/assignments/{lead['_id']}/accept")
    before = await colleagues(routing, lead["_id"])
    await routing.database[EXPERTS].update_one({"_id": person("bea")}, {"$set": out})

    async with routing.browser("sara") as browser, routing.api("sara") as api:
        board = await browser.get(f"/desk/board?task_force={THEME}")
        listed = await browser.get("/desk/experts")
        assign = await browser.get(f"/desk/requests/{lead['number']}/assign")
        form = await browser.get("/desk/simulations/new")
        counts = (await api.get("/api/task-forces")).json()["items"]

    choice = f'value="{person("bea")}"'
    assert "(non partecipa)" in text_of(board)
    assert text_of(listed).count(" no ") == 1
    assert f'value="{person("anna")}"' in assign.text and choice not in assign.text
    assert (choice in before, choice in await colleagues(routing, lead["_id"])) == (True, False)
    # Whoever has no contract today may have had one in the period that is played.
    assert (choice in form.text) == any(name.startswith(("contract", "role")) for name in out)
    assert next(one["experts"] for one in counts if one["code"] == THEME) == 1


@pytest.mark.parametrize(
    ("named", "words"),
    [
        ((), "I nomi dei colleghi al momento non sono disponibili"),
        (("bea",), "I nomi di alcuni colleghi al momento non sono disponibili"),
        (("bea", "ciro"), None),
    ],
)
async def test_colleagues_whose_names_nobody_knows_now_are_spoken_of(
    routing: Routing, named: tuple[str, ...], words: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[list[str | None]] = []

    async def of(names: Names, ids: Iterable[str | None]) -> dict[str, str]:
        asked.append(list(ids))
        return {person(name): name for name in named if person(name) in asked[-1]}

    monkeypatch.setattr(Names, "of", of)
    await routing.expert("anna")
    await routing.grant("anna", "expert")
    await routing.submit(1)
    await routing.match()
    for name in ("bea", "ciro"):
        await routing.expert(name)
    lead = await routing.database["assignments"].find_one({})
    assert lead
    async with routing.api("anna") as api:
        await api.post(f"/api/assignments/{lead['_id']}/accept")

    page = await colleagues(routing, lead["_id"])

    assert [name for name in ("bea", "ciro") if f'value="{person(name)}"' in page] == list(named)
    assert "Passarla a un collega" in page
    assert words in page if words else "al momento non sono disponibili" not in page
    assert len(asked) == 1


async def told_active(routing: Routing) -> list[bool]:
    rows = routing.database[OUTBOX].find({"key": person("anna")}).sort("order", 1)
    return [json.loads(row["body"])["data"]["state"]["active"] async for row in rows]


async def test_others_are_told_when_somebody_takes_part_no_more_and_again(routing: Routing) -> None:
    await routing.expert("anna")
    await routing.access("anna", 2)
    await routing.access("anna", 3, "monitor")
    await routing.access("anna", 4, "expert")
    await routing.expert("anna", paused=True)

    assert await told_active(routing) == [True, False, True, False]


def played(*rows: Document) -> Played:
    return Played([], [(row["_id"], THEME) for row in rows], rows, MONDAY, MONDAY + 30 * DAY)


@pytest.mark.parametrize("out", OUT[:3])
def test_the_figures_of_a_simulation_count_those_who_can_be_asked(out: Document) -> None:
    one = played(stored("in"), stored("out", **out, themes=[{"code": THEME, "level": 5}]))

    assert load(one, None)["experts"] == 1
    assert Ground(one.profiles, one.able).best(THEME, "technical", "VA") == 3


@pytest.mark.parametrize(
    ("contract", "experts_there"),
    [
        ({"contract_end": MONDAY}, 0),
        ({"contract_end": MONDAY + DAY}, 1),
        ({"contract_start": MONDAY + 29 * DAY}, 1),
        ({"contract_start": MONDAY + 31 * DAY}, 0),
    ],
)
def test_a_contract_counts_that_runs_at_some_time_of_the_period(contract: Document, experts_there: int) -> None:
    assert load(played(stored("one", **contract)), THEME)["experts"] == experts_there
