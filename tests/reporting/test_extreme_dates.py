"""Dates at the edges of what a date can be: a right figure or a clear refusal, at once; never a fault of ours."""

import random
import time

import httpx
import pytest

from services.chassis.service import Service
from tests.reporting.material import consume, random_story, rome
from tests.reporting.people import enrol

EDGES = (
    "0001-01-01", "0001-01-02", "1582-10-15", "1893-10-31", "1969-12-31", "1970-01-01", "1999-12-31", "2000-01-01",
    "2026-01-01", "2026-12-31", "2026-02-29", "2999-12-31", "3000-01-01", "9999-12-30", "9999-12-31", "10000-01-01",
    "-0001-01-01", "0000-00-00", "",
)  # fmt: skip
INSTANTS = (
    "0001-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00", "1969-12-31T23:59:59Z", "2026-12-31T23:59:59.999999+01:00",
    "9999-12-31T23:59:59Z", "9999-12-31T23:59:59-14:00", "-1e300", "1e300", "253402300800",
)  # fmt: skip
HALF_YEARS = {"0001-H1": 422, "1999-H2": 422, "2000-H1": 200, "2026-H2": 200, "2099-H2": 200, "9999-H2": 422}


PATHS = ("/reports", "/api/reports/service-levels", "/api/reports/service-levels.csv")
AT_ONCE = 2.0
"""Seconds, on a busy machine: an answer takes some hundredths of one."""


@pytest.fixture
async def monitor(reporting: Service) -> dict[str, str]:
    """Somebody who may see figures, of some requests of 2026."""
    chance = random.Random(7)
    reporting.clock.move_to(rome("2026-11-20 12:00"))
    await consume(reporting, [event for n in range(1, 20) for event in random_story(chance, n).events])
    return await enrol(reporting, ("monitor", "programme", None))


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("day", EDGES)
async def test_any_day_is_answered_at_once(
    client: httpx.AsyncClient, monitor: dict[str, str], path: str, day: str
) -> None:
    for start, end in ((day, ""), ("", day), (day, day), ("2026-01-01", day), (day, "2026-12-31")):
        began = time.monotonic()
        answer = await client.get(path, params={"from": start, "to": end}, headers=monitor)

        assert answer.status_code in (200, 422), f"{start} to {end}"
        assert time.monotonic() - began < AT_ONCE


async def test_a_period_is_counted_whole_or_refused(client: httpx.AsyncClient, monitor: dict[str, str]) -> None:
    url, counted = PATHS[1], {}
    whole = (await client.get(url, headers=monitor)).json()["totals"]["requests"]
    for start, end in (
        ("2026-01-01", "2026-12-31"), ("2000-01-01", "2999-12-31"), ("2027-01-01", "2999-12-31"),
        ("0001-01-01", "2026-12-31"), ("2026-01-01", "9999-12-31"), ("2026-12-31", "2026-01-01"),
    ):  # fmt: skip
        answer = await client.get(url, params={"from": start, "to": end}, headers=monitor)
        counted[f"{start}/{end}"] = answer.json()["totals"]["requests"] if answer.status_code == 200 else "refused"

    assert list(counted.values()) == [whole, whole, 0, "refused", "refused", "refused"]
    assert whole > 0


async def test_the_page_says_that_it_does_not_apply_a_day_outside_the_centuries_of_the_programme(
    client: httpx.AsyncClient, monitor: dict[str, str]
) -> None:
    for start, end in (("0001-01-01", ""), ("", "9999-12-31")):
        answer = await client.get("/reports", params={"from": start, "to": end}, headers=monitor)

        assert answer.status_code == 200
        assert "Scegliere date comprese tra il 2000 e il 2999" in answer.text


@pytest.mark.parametrize("at", INSTANTS)
async def test_a_backlog_of_another_millennium_is_refused_and_not_empty(
    client: httpx.AsyncClient, monitor: dict[str, str], at: str
) -> None:
    answer = await client.get("/api/reports/backlog", params={"at": at}, headers=monitor)

    assert answer.status_code == (200 if at.startswith("20") else 422)
    assert at.startswith("20") or answer.json()["errors"][0]["pointer"] == "/query/at"


@pytest.mark.parametrize("half_year", HALF_YEARS)
async def test_measurements_are_of_half_years_of_this_century(
    client: httpx.AsyncClient, monitor: dict[str, str], half_year: str
) -> None:
    answer = await client.get("/api/measurements", params={"half_year": half_year}, headers=monitor)

    assert answer.status_code == HALF_YEARS[half_year]
