"""The part of the coordinators' board that names the deadlines that are near or past."""

from typing import Any

import pytest

from services.chassis.service import Service
from tests.reporting.material import Story, consume, rome
from tests.reporting.test_pages import signed_in

NOW = rome("2026-11-27 12:00")


@pytest.fixture
async def stories(reporting: Service) -> None:
    """1: nobody has taken it in time; 2: answer nearly due; 3: fresh; 4: near, of another theme; 5: over."""
    reporting.clock.move_to(NOW)
    nearly = rome("2026-11-23 09:30")
    told = [
        Story(rome("2026-11-24 10:00"), 1, theme="waste-management"),
        Story(nearly, 2, theme="waste-management", province="MN").accepted(rome("2026-11-23 10:00")),
        Story(rome("2026-11-27 11:00"), 3, theme="waste-management"),
        Story(nearly, 4, theme="site-remediation").accepted(rome("2026-11-23 10:00")),
        Story(nearly, 5, theme="waste-management")
        .accepted(rome("2026-11-23 10:00"))
        .resolved(rome("2026-11-23 11:00")),
    ]
    await consume(reporting, [event for story in told for event in story.events])


async def part(reporting: Service, client: Any, session_of: Any, query: str, *grant: Any) -> str:
    answer = await client.get(f"/reports/at-risk{query}", headers=await signed_in(reporting, session_of, *grant))
    assert answer.status_code == 200
    return str(answer.text)


async def test_what_is_near_stands_above_what_has_passed_and_the_rest_is_not_shown(
    reporting, client, session_of, stories
) -> None:
    text = await part(reporting, client, session_of, "", "secretariat", "programme", None)

    places = [text.index(f"2026-00000{number}") for number in (2, 1)]
    assert places == sorted(places)
    assert "2026-000004" in text
    assert "2026-000003" not in text and "2026-000005" not in text
    assert "1 superata" in text and "<html" not in text


async def test_filters_and_the_readers_own_task_forces_narrow_it(reporting, client, session_of, stories) -> None:
    own = ("coordinator", "task_force", "site-remediation")

    mantova = await part(reporting, client, session_of, "?province=MN", "secretariat", "programme", None)
    mine = await part(reporting, client, session_of, "", *own)
    foreign = await part(reporting, client, session_of, "?task_force=waste-management", *own)

    assert "2026-000002" in mantova and "2026-000001" not in mantova and "2026-000004" not in mantova
    for text in (mine, foreign):
        assert "2026-000004" in text and "2026-000002" not in text
