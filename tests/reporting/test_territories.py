"""What a provincia or Città metropolitana reads of its comuni: figures together, no other province's, no names."""

import csv
import io
from typing import Any

import pytest

from services.chassis.service import Service
from tests.reporting.material import BODY, Story, consume, rome
from tests.reporting.people import enrol
from tests.reporting.test_pages import signed_in

VARESE, MILANO, COMUNE_OF_MILANO = "012", "015", "015146"
LEVELS, BACKLOG = "/api/reports/service-levels", "/api/reports/backlog"
PATHS = [path + suffix for path in (LEVELS, BACKLOG) for suffix in ("", ".json", ".csv")]
ROLES = ("official", "representative")


@pytest.fixture
async def stories(reporting: Service) -> None:
    """Two requests of a comune of Varese, one of the Provincia di Varese itself, three of the comune of Milano."""
    reporting.clock.move_to(rome("2026-11-24 10:00"))
    at = rome("2026-11-23 10:00")
    told = [Story(at, 1), Story(at, 2, theme="site-remediation", channel="pec"), Story(at, 3, body=VARESE)]
    told += [Story(at, number, body=COMUNE_OF_MILANO, province="MI") for number in (4, 5, 6)]
    await consume(reporting, [event for story in told for event in story.events])


async def counted(client: Any, headers: dict[str, str], **params: str) -> list[int]:
    """The requests that the service levels and the backlog count."""
    answers = [(await client.get(path, params=params, headers=headers)).json() for path in (LEVELS, BACKLOG)]
    return [answer["totals"]["requests"] for answer in answers]


@pytest.mark.parametrize("role", ROLES)
async def test_a_provincia_reads_the_figures_of_its_comuni_and_of_nobody_else(reporting, client, stories, role) -> None:
    varese = await enrol(reporting, (role, "body", VARESE))
    milano = await enrol(reporting, (role, "body", MILANO))
    both = await enrol(reporting, (role, "body", VARESE), ("official", "body", MILANO))
    monitor = await enrol(reporting, ("monitor", "programme", None))

    assert await counted(client, varese) == [2, 2]
    assert await counted(client, milano) == [3, 3]
    assert await counted(client, both) == [5, 5]
    assert await counted(client, monitor) == [6, 6]
    assert (await client.get(LEVELS, headers=varese)).json()["provinces"] == ["VA"]


async def test_of_a_province_that_is_not_the_callers_there_is_nothing(reporting, client, stories) -> None:
    varese = await enrol(reporting, ("official", "body", VARESE))
    monitor = await enrol(reporting, ("monitor", "programme", None))

    assert await counted(client, varese, province="MI") == [0, 0]
    assert await counted(client, varese, province="va") == [2, 2]
    assert await counted(client, varese, province="") == [2, 2]
    assert await counted(client, monitor, province="VA") == [3, 3]
    unknown = await client.get(LEVELS, params={"province": "XX"}, headers=varese)
    assert unknown.status_code == 422 and "VA" in unknown.json()["allowed_values"]["/query/province"]


@pytest.mark.parametrize("group_by", ["theme", "procedure", "province", "kind", "channel", "month"])
async def test_every_grouping_and_both_forms_count_the_own_comuni_alone(reporting, client, stories, group_by) -> None:
    varese = await enrol(reporting, ("official", "body", VARESE))

    report = (await client.get(LEVELS, params={"group_by": group_by}, headers=varese)).json()
    text = (await client.get(LEVELS + ".csv", params={"group_by": group_by}, headers=varese)).text

    rows = list(csv.DictReader(io.StringIO(text)))
    assert sum(item["requests"] for item in report["items"]) == 2
    assert [int(row["requests"]) for row in rows] == [*(item["requests"] for item in report["items"]), 2]
    assert not [told for told in (str(report), text) for secret in (BODY, "2026-00000", "Milano") if secret in told]


@pytest.mark.parametrize("role", ROLES)
async def test_who_acts_for_a_comune_is_refused_and_told_who_may(reporting, client, session_of, stories, role) -> None:
    comune = await enrol(reporting, (role, "body", BODY))
    browser = await signed_in(reporting, session_of, role, "body", BODY)

    answers = [await client.get(path, headers=comune) for path in PATHS]
    page = await client.get("/reports", headers=browser)

    assert {answer.status_code for answer in answers} == {403} == {page.status_code}
    assert all("Provincia o Città metropolitana" in answer.json()["detail"] for answer in answers)
    assert "Provincia o Città metropolitana" in page.text and "I miei comuni" not in page.text


async def test_a_provincia_reads_no_workload_of_task_forces_and_no_single_deadlines(
    reporting, client, session_of, stories
) -> None:
    browser = await signed_in(reporting, session_of, "official", "body", VARESE)

    for path in ("/api/reports/workload", "/reports/at-risk"):
        assert (await client.get(path, headers=browser)).status_code == 403
    assert (await client.get("/reports/requests/2026-000001/deadlines", headers=browser)).status_code == 404


async def test_the_page_says_whose_requests_it_counts(reporting, client, session_of, stories) -> None:
    browser = await signed_in(reporting, session_of, "official", "body", VARESE)

    page = await client.get("/reports?group_by=province", headers=browser)

    assert page.status_code == 200
    assert "Richieste dei comuni del territorio di Varese" in page.text
    assert "Richieste aperte in questo momento: 2" in page.text
    assert '<dt>Richieste</dt><dd class="h4 mb-0">2</dd>' in page.text
    assert 'value="province"' not in page.text
    assert "I miei comuni" in page.text
    monitor = await signed_in(reporting, session_of, "monitor", "programme", None)
    staff = (await client.get("/reports", headers=monitor)).text
    assert "Richieste aperte in questo momento: 6" in staff and 'value="province"' in staff
    assert "Richieste dei comuni del territorio" not in staff
