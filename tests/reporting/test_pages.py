"""The page of figures and the clocks of one request, as people see them."""

from html import unescape
from typing import Any

import pytest

from services.chassis.service import Service
from tests.reporting.material import BODY, EXPERT, Story, consume, rome
from tests.reporting.people import enrol

HTML = {"Accept": "text/html"}
MONDAY = rome("2026-11-23 15:30")
FRAGMENT = "/reports/requests/2026-000001/deadlines"


@pytest.fixture
async def story(reporting: Service) -> Story:
    reporting.clock.move_to(rome("2026-11-24 10:00"))
    story = Story(MONDAY, synthetic=True).accepted(rome("2026-11-23 16:00"))
    story.reclassified(rome("2026-11-23 16:01"))
    await consume(reporting, story.events)
    return story


async def signed_in(reporting: Service, session_of: Any, *grant: Any, id: str | None = None) -> dict[str, str]:
    person = await enrol(reporting, grant, id=id)
    return {**HTML, **session_of(person["id"])}


async def test_the_page_shows_figures_by_every_group(reporting, client, session_of, story) -> None:
    monitor = await signed_in(reporting, session_of, "monitor", "programme", None)

    for group_by in ("theme", "procedure", "province", "kind", "channel", "month", "nonsense"):
        page = await client.get("/reports", params={"group_by": group_by}, headers=monitor)

        assert page.status_code == 200
        assert "Prima risposta" in page.text and "Tempo mediano" in page.text
        assert "1 richiesta inventata" in page.text
        assert "/api/reports/service-levels.csv?group_by=" in page.text
        assert "ISTAT" in page.text


async def test_the_period_of_the_form_is_kept_and_applied(reporting, client, session_of, story) -> None:
    monitor = await signed_in(reporting, session_of, "monitor", "programme", None)

    page = await client.get("/reports?from=2026-12-01&to=&group_by=province", headers=monitor)

    assert 'value="2026-12-01"' in page.text
    assert "Nessuna richiesta in questo periodo" in page.text
    assert "from=2026-12-01" in page.text


@pytest.mark.parametrize("query", ["from=yesterday", "from=2026-12-01&to=2026-01-01"])
async def test_dates_that_make_no_period_are_told_and_everything_is_shown(
    reporting, client, session_of, story, query
) -> None:
    monitor = await signed_in(reporting, session_of, "monitor", "programme", None)

    page = await client.get(f"/reports?{query}", headers=monitor)

    assert page.status_code == 200
    assert "tutto il periodo disponibile" in page.text


async def test_the_csv_of_the_page_opens_with_the_browsers_session(reporting, client, session_of, story) -> None:
    monitor = await signed_in(reporting, session_of, "monitor", "programme", None)
    page = await client.get("/reports", headers=monitor)
    address = page.text.partition('href="/api/')[2].partition('"')[0]

    answer = await client.get(f"/api/{unescape(address)}", headers=monitor)

    assert answer.status_code == 200
    assert answer.headers["content-disposition"] == 'attachment; filename="service-levels.csv"'


async def test_the_page_has_no_inline_style_or_script(reporting, client, session_of, story) -> None:
    monitor = await signed_in(reporting, session_of, "monitor", "programme", None)

    page = await client.get("/reports?metric=acceptance", headers=monitor)

    assert "<svg" in page.text and "100 %" in page.text
    assert " style=" not in page.text and "onclick" not in page.text


async def test_the_clocks_are_told_in_plain_italian(reporting, client, session_of, story) -> None:
    official = await signed_in(reporting, session_of, "official", "body", BODY)

    part = await client.get(FRAGMENT, headers=official)

    assert part.status_code == 200
    assert "Presa in carico avvenuta il 23 novembre 2026, ore 16:00: nei tempi" in part.text
    assert "Prima risposta entro il 30 novembre 2026, ore 15:30" in part.text
    assert "Risoluzione entro il 22 dicembre 2026, ore 15:30" in part.text
    assert "<html" not in part.text


async def test_italian_elides_the_article_before_eight_and_eleven(reporting, client, session_of) -> None:
    reporting.clock.move_to(rome("2026-11-24 10:00"))
    await consume(reporting, Story(rome("2026-12-03 15:30"), province="SO").events)
    official = await signed_in(reporting, session_of, "official", "body", BODY)

    part = await client.get(FRAGMENT, headers=official)

    assert "Prima risposta entro l’11 dicembre 2026, ore 15:30" in part.text


async def test_a_clock_that_waits_for_the_body_says_so(reporting, client, session_of, story) -> None:
    await consume(reporting, story.asked(rome("2026-11-23 17:00")).events[-1:])
    official = await signed_in(reporting, session_of, "official", "body", BODY)

    part = await client.get(FRAGMENT, headers=official)

    assert "Risoluzione: il termine è sospeso in attesa della risposta dell’ente" in part.text


SEEN_BY = (
    ("official", "body", BODY, None, 200),
    ("representative", "body", BODY, None, 200),
    ("official", "body", "012", None, 404),
    ("official", "body", "015146", None, 404),
    ("expert", "programme", None, EXPERT, 200),
    ("expert", "programme", None, None, 404),
    ("coordinator", "task_force", "waste", None, 200),
    ("secretariat", "programme", None, None, 200),
    ("monitor", "programme", None, None, 200),
)


async def test_the_clocks_are_for_those_who_may_see_the_request(reporting, client, session_of, story) -> None:
    for role, kind, scope, id, status in SEEN_BY:
        headers = await signed_in(reporting, session_of, role, kind, scope, id=id)

        assert (await client.get(FRAGMENT, headers=headers)).status_code == status, (role, scope, id)


async def test_a_request_that_reporting_does_not_know_yet_is_not_found(reporting, client, session_of, story) -> None:
    monitor = await signed_in(reporting, session_of, "monitor", "programme", None)

    assert (await client.get("/reports/requests/2026-009999/deadlines", headers=monitor)).status_code == 404


async def test_an_official_does_not_see_the_page_of_figures(reporting, client, session_of) -> None:
    official = await signed_in(reporting, session_of, "official", "body", BODY)

    refused = await client.get("/reports", headers=official)
    anonymous = await client.get("/reports", headers=HTML)

    assert refused.status_code == 403
    assert anonymous.headers["location"].startswith("/login?next=")
