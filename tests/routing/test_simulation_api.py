"""Simulations asked for: answered with figures, bounded, cancelled, and nothing else is written."""

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from services.chassis.jobs import Job
from services.routing.handlers import simulations
from services.routing.simulator import Simulator
from services.routing.store.simulations import QUEUE, SIMULATIONS, Simulations
from tests.routing.material import BOOK, MONDAY, THEME, Routing, person

PATH = "/api/routing/simulations"
PAST = {"source": {"kind": "past", "from": "2026-11-23", "to": "2026-12-31"}}
ITS_OWN = {SIMULATIONS, QUEUE, "leases", "idempotency", "access"}


@pytest.fixture
async def simulating(routing: Routing) -> AsyncIterator[Routing]:
    """Three requests that were decided, and the job of simulations at work."""
    await routing.grant("carla", "coordinator")
    await routing.grant("moni", "monitor")
    await routing.expert("near", provinces=["VA"], capacity=1)
    await routing.expert("far", themes=[{"code": THEME, "level": 5}])
    for number in range(3):
        await routing.submit(number)
        await routing.match()
    service = routing.service
    simulator = Simulator(Simulations(routing.database), service.executor, service.settings, BOOK)
    job = Job(routing.database, "simulations", 0.2, simulator.run)
    await job.start()
    yield routing
    await simulator.stop()
    await job.stop()


async def ended(api: Any, answer: Any, eventually: Any) -> dict[str, Any]:
    """The simulation once it is over."""
    assert answer.status_code in (201, 202), answer.text
    path = answer.headers["location"]

    async def over() -> Any:
        found = (await api.get(path)).json()
        return found if found["status"] not in ("queued", "running") else None

    return dict(await eventually(over, 60))


async def stored(routing: Routing) -> dict[str, str]:
    found = (await routing.database.raw.command("dbHash"))["collections"]
    return {name: digest for name, digest in found.items() if name not in ITS_OWN}


async def test_a_past_period_is_answered_side_by_side_and_nothing_is_changed(simulating, eventually) -> None:
    before = await stored(simulating)

    async with simulating.api("carla") as api, simulating.api("moni") as monitor:
        wish = {**PAST, "variant": {"capacity_change": 2, "removed": [person("far")]}}
        done = await ended(api, await api.post(PATH, json=wish), eventually)
        read = await monitor.get(f"{PATH}/{done['id']}")
        listed = await monitor.get(PATH)

    assert done["status"] == "done", done
    result = done["result"]
    assert [result[side]["requests"] for side in ("baseline", "variant", "observed")] == [3, 3, 3]
    assert (result["baseline"]["load"]["experts"], result["variant"]["load"]["experts"]) == (2, 1)
    assert read.json() == done
    assert listed.json()["items"][0] | {"result": result} == done
    assert person("far") not in json.dumps(result)
    assert await stored(simulating) == before


async def test_the_same_question_has_the_same_answer(simulating, eventually) -> None:
    wish = {
        "seed": 9, "behaviour": {"accepts": 0.5, "work_days": 2},
        "source": {"kind": "synthetic", "from": "2026-03-02", "to": "2026-03-20",
                   "arrivals": [{"theme": THEME, "per_day": 3}]},
    }  # fmt: skip

    async with simulating.api("carla") as api:
        first = await ended(api, await api.post(PATH, json=wish), eventually)
        again = await ended(api, await api.post(PATH, json=wish), eventually)
        other = await ended(api, await api.post(PATH, json=wish | {"seed": 10}), eventually)

    assert first["result"]["baseline"] == first["result"]["variant"] == again["result"]["variant"]
    assert other["result"]["baseline"] != first["result"]["baseline"]


async def test_what_cannot_be_played_is_refused_with_the_place_of_the_fault(routing: Routing) -> None:
    await routing.grant("carla", "coordinator")
    await routing.submit(1)
    wishes: dict[str, dict[str, Any]] = {
        "/source": {"source": {"kind": "past", "from": "2020-01-01", "to": "2020-06-30"}},
        "/source/numbers": {"source": {"kind": "requests", "numbers": ["2026-999999"]}},
        "/variant/removed/0": {**PAST, "variant": {"removed": [person("nobody")]}},
        "/variant/weights": {**PAST, "variant": {"weights": {"competence": 1.0}}},
        "/variant/absent/0": {
            **PAST, "variant": {"absent": [{"expert": person("anna"), "from": "2026-12-02", "to": "2026-12-01"}]},
        },
        "/behaviour": {**PAST, "behaviour": {"work_days": 50, "work_days_p90": 5}},
    }  # fmt: skip

    async with routing.api("carla") as api:
        for pointer, wish in wishes.items():
            answer = await api.post(PATH, json=wish)
            assert answer.status_code == 422, answer.text
            assert [fault["pointer"] for fault in answer.json()["errors"]] == [pointer]
    assert await routing.database[SIMULATIONS].count_documents({}) == 0


async def asked(routing: Routing, id: str, by: str = "x", question: dict[str, Any] | None = None) -> None:
    when, what = (MONDAY, MONDAY + timedelta(days=7)), question or {}
    await routing.service.executor.run(simulations.needs(id), lambda work: simulations.ask(work, id, by, what, when))


async def test_so_many_wait_at_most_and_who_cancels_makes_room(routing: Routing) -> None:
    carla = await routing.grant("carla", "coordinator")
    await routing.submit(1)
    for number in range(simulations.MOST_OPEN_OF_ONE):
        await asked(routing, f"s{number}", carla)

    async with routing.api("carla") as api:
        refused = await api.post(PATH, json=PAST)
        cancelled = await api.post(f"{PATH}/s0/cancel")
        again = await api.post(f"{PATH}/s0/cancel")
        for number in range(simulations.MOST_OPEN - simulations.MOST_OPEN_OF_ONE + 1):
            await asked(routing, f"other{number}", f"person {number}")
        full = await api.post(PATH, json=PAST)

    assert (refused.status_code, full.status_code) == (429, 429)
    assert refused.headers["retry-after"] == "30"
    assert cancelled.json()["status"] == again.json()["status"] == "cancelled"


async def test_what_a_process_left_running_is_marked_as_failed(simulating, eventually) -> None:
    await asked(simulating, "left")
    await simulating.service.executor.run(
        simulations.needs("left"), lambda work: simulations.begin(work, "left", "a process that was killed")
    )

    async def marked() -> bool:
        row = await simulating.database[SIMULATIONS].find_one({"_id": "left"})
        return bool(row and row["failure"] == "interrupted" and row["status"] == "failed")

    await eventually(marked)
    queue = await simulating.database[QUEUE].find_one({"_id": "queue"})
    assert queue is not None
    assert queue["open"] == []


async def test_the_figures_of_one_that_was_cancelled_are_dropped_and_a_finished_one_stays(routing: Routing) -> None:
    await routing.grant("carla", "coordinator")
    run = routing.service.executor.run
    for id in ("one", "two"):
        await asked(routing, id)
        await run(simulations.needs(id), lambda work, id=id: simulations.begin(work, id, "me"))
    await run(simulations.needs("one"), lambda work: simulations.cancel(work, "one"))

    for id in ("one", "two"):
        await run(simulations.needs(id), lambda work, id=id: simulations.finish(work, id, "me", {"figures": 1}, None))

    assert not await run(simulations.needs("one"), lambda work: simulations.progress(work, "one", "me", 0.5))
    async with routing.api("carla") as api:
        one, two = (await api.get(f"{PATH}/one")).json(), (await api.get(f"{PATH}/two")).json()
        late = await api.post(f"{PATH}/two/cancel")
    assert (one["status"], one["result"]) == ("cancelled", None)
    assert (two["status"], two["result"], late.status_code) == ("done", {"figures": 1}, 409)
