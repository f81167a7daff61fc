"""The phases as data: whom they admit, how and when the others enter, and that they are told."""

from collections.abc import AsyncIterator
from datetime import date
from typing import Any

import pytest
from pydantic import SecretStr

from contracts import vocabulary
from contracts.bodies import body_id
from contracts.envelope import new_id
from services.chassis.clock import Clock
from services.chassis.problems import Problem
from services.chassis.settings import Settings
from services.intake.domain.programme import Phase, Programme, programme_of
from services.intake.handlers.admission import check_admitted
from services.intake.handlers.bodies import unregistered
from services.intake.handlers.upkeep import Admissions
from services.intake.main import build
from services.intake.programme import read_programme
from tests.intake.conftest import ADMIN_KEY, BERGAMO, SARONNO, VARESE, Town, a_request, published, running
from tests.intake.events import deliver, measurement

AUTUMN = date(2026, 9, 7)
PHASES = (
    Phase(1, "listed", frozenset({VARESE, SARONNO, "013199"})),
    Phase(2, "measured", begins=AUTUMN),
    Phase(3, "all"),
)
FIRST, SECOND, THIRD = (Programme(number, PHASES) for number in (1, 2, 3))


@pytest.fixture
async def early(mongod: Any, broker: Any) -> AsyncIterator[Town]:
    """An intake in whose programme the first phase runs."""
    prefix = f"t{new_id().replace('-', '')[4:24]}"
    settings = Settings(prefix=prefix, mongo_url=mongod.url, admin_key=SecretStr(ADMIN_KEY), **broker.settings)
    async with running(build(settings, Clock(), FIRST)) as town:
        yield town


def approved(code: str, **facts: Any) -> tuple[vocabulary.Body, dict[str, Any]]:
    body = vocabulary.body(code)
    assert body is not None
    return body, unregistered(body) | {"status": "approved"} | facts


@pytest.mark.parametrize(
    ("programme", "code", "facts", "enters"),
    [
        (FIRST, VARESE, {}, None),
        (FIRST, BERGAMO, {}, [(2, "2026-09-07", "measurements"), (3, None, "all")]),
        (SECOND, BERGAMO, {}, [(2, "2026-09-07", "measurements"), (3, None, "all")]),
        (SECOND, BERGAMO, {"measured_at": Clock().now()}, None),
        (SECOND, VARESE, {}, None),
        (THIRD, BERGAMO, {}, None),
        (FIRST, "013256", {}, None),  # It carries on for Ronago, which is listed.
    ],
)
def test_a_body_outside_the_running_phase_is_told_when_and_how_it_enters(programme, code, facts, enters) -> None:
    body, state = approved(code, **facts)

    told = None
    try:
        check_admitted(programme, body, state)
    except Problem as problem:
        told = [(way["phase"], way["begins"], way["by"]) for way in problem.extra["enters"]]

    assert told == enters


def test_where_no_phase_is_to_come_the_secretariat_is_named() -> None:
    body, state = approved(BERGAMO)

    with pytest.raises(Problem) as caught:
        check_admitted(Programme(1, PHASES[:1]), body, state)

    assert "Segreteria Tecnica" in caught.value.detail


async def test_the_refusal_of_a_request_says_the_phase_and_its_first_day(early: Town) -> None:
    await early.admitted(BERGAMO)

    refused = await early.call("POST", "/api/requests", json=a_request(body=BERGAMO))
    taken = await early.call("POST", "/api/requests", json=a_request(body=VARESE))
    read = (await early.call("GET", f"/api/bodies/{BERGAMO}")).json()

    assert taken.status_code == 201
    assert refused.status_code == 403
    assert "fase 2" in refused.json()["detail"]
    assert "07/09/2026" in refused.json()["detail"]
    assert refused.json()["enters"][0] == {"phase": 2, "begins": "2026-09-07", "by": "measurements"}
    assert (read["status"], read["phase"], read["admission"]["open"]) == ("approved", None, False)
    assert read["admission"]["enters"] == refused.json()["enters"]


async def test_figures_that_came_in_the_first_phase_admit_a_body_when_the_second_runs(early: Town) -> None:
    code = "017029"
    await early.admitted(code)
    await deliver(early, measurement(code, Clock().now()), programme=FIRST)
    assert (await early.call("GET", f"/api/bodies/{code}")).json()["phase"] is None
    parts = early.service.app.state.parts

    await Admissions(type(parts)(**{**vars(parts), "programme": SECOND})).run()

    assert (await early.call("GET", f"/api/bodies/{code}")).json()["phase"] == 2
    types = [event["type"] for event in await published(early, body_id(code))]
    assert types[-1] == "affianca.body.admitted.v1"


async def test_a_new_phase_admits_the_bodies_that_wait_once(early: Town) -> None:
    waiting = await early.admitted("016198")
    parts = early.service.app.state.parts
    job = Admissions(type(parts)(**{**vars(parts), "programme": THIRD}))

    await job.run()
    await job.run()

    assert (await early.call("GET", f"/api/bodies/{waiting}")).json()["phase"] == 3
    found = (await early.call("GET", "/api/bodies?phase=3&q=016198")).json()["items"]
    assert [item["code"] for item in found] == [waiting]
    types = [event["type"] for event in await published(early, body_id(waiting))]
    assert types.count("affianca.body.admitted.v1") == 1


async def test_figures_of_a_body_that_merged_admit_the_one_that_carries_on(early: Town) -> None:
    await deliver(early, measurement("018082", Clock().now()), programme=SECOND)
    parts = early.service.app.state.parts
    await early.admitted("018094")

    await Admissions(type(parts)(**{**vars(parts), "programme": SECOND})).run()

    assert (await early.call("GET", "/api/bodies/018094")).json()["phase"] == 2


def test_the_committed_programme_can_be_read_and_a_contradiction_stops_the_start() -> None:
    assert [phase.number for phase in read_programme().phases] == [1, 2, 3]
    assert programme_of({"running": 2, "phases": [{"number": 2, "admits": "measured", "begins": "2026-09-07"}]}) == (
        Programme(2, (Phase(2, "measured", begins=AUTUMN),))
    )
    for wrong in (
        {"running": 4, "phases": [{"number": 1, "admits": "all"}]},
        {"running": 1, "phases": [{"number": 1, "admits": "all"}, {"number": 1, "admits": "measured"}]},
        {"running": 1, "phases": [{"number": 1, "admits": "everybody"}]},
    ):
        with pytest.raises(ValueError, match="phase"):
            programme_of(wrong)
