"""Good practices, links, several themes and telephone calls by people at browsers, at a desk and on a phone."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from playwright.async_api import Browser

from deploy.local.identities import DEMO_BODY, PEOPLE
from tests.e2e.browser import PHONE, Person, at_browser, chromium
from tests.e2e.conftest import World

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(240)]

SUBJECT = {person.role: person.subject for person in PEOPLE}
EMAIL = {person.role: person.email for person in PEOPLE}
WAITS = "[Buona pratica] Una buona pratica attende la Sua revisione"
PUBLISHED = "[Buona pratica] La Sua buona pratica è pubblicata"
TITLE = "Permessi di costruire con vincolo idrogeologico"
FORM = {
    "body": DEMO_BODY, "kind": "technical", "title": TITLE, "theme": "building-planning",
    "description": "Il Comune di Bergamo chiede come trattare il vincolo idrogeologico nei permessi di costruire.",
}  # fmt: skip


@pytest.fixture(scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as started:
        yield started


async def come(person: Person, role: str, path: str) -> None:
    await person.open(f"/login?next={path}")
    await person.log_in(SUBJECT[role])


async def solved(world: World, eventually: Any, **changes: Any) -> str:
    """A request that the expert has solved."""
    asked = await world.call("official", "POST", "/api/requests", json=FORM | changes)
    assert asked.status_code == 201, asked.text
    number = str(asked.json()["number"])

    async def offer() -> Any:
        decision = await world.read("coordinator", f"/api/routing/requests/{number}")
        return decision and decision["assignment"]

    id = (await eventually(offer))["id"]
    assert (await world.call("expert", "POST", f"/api/assignments/{id}/accept")).is_success
    form = {"outcome": "solved", "text": "Serve lo svincolo prima del titolo edilizio."}

    async def resolved() -> bool:
        return (await world.call("expert", "POST", f"/api/requests/{number}/resolve", json=form)).is_success

    assert await eventually(resolved)
    return number


async def test_a_solved_case_becomes_an_article_by_keyboard_and_is_read_on_a_phone(browser, world, eventually) -> None:
    number = await solved(world, eventually)
    async with at_browser(browser, world) as expert, at_browser(browser, world) as coordinator:
        await come(expert, "expert", f"/requests/{number}")
        await expert.check_page()
        await expert.tab_to("form[action='/practices/new'] button")
        await expert.page.keyboard.press("Enter")
        await expert.page.wait_for_url("**/draft?done=new")
        await expert.check_page()
        assert await expert.page.locator("[name=problem]").input_value() == (
            "Il Comune interessato chiede come trattare il vincolo idrogeologico nei permessi di costruire."
        )

        await expert.page.locator("[name=solution]").fill("A Bergamo si chiede lo svincolo.")
        await expert.send("/draft/save")
        await expert.send("/draft/review")
        assert await expert.page.locator(".alert-danger", has_text="Bergamo").count() > 0
        await expert.check_page()
        await expert.page.locator("[name=solution]").fill("Si chiede lo svincolo prima del titolo edilizio.")
        await expert.send("/draft/save")
        await expert.send("/draft/review")
        await expert.page.wait_for_url("**/draft?done=review")
        place = expert.page.url.split("?")[0]

        await come(coordinator, "coordinator", "/practices/drafts")
        await coordinator.check_page()
        await coordinator.open(place)
        await coordinator.check_page()
        await coordinator.tab_to("form[action$='/draft/publication'] button")
        await coordinator.page.keyboard.press("Enter")
        await coordinator.page.wait_for_url("**/draft?done=publication")
        assert [fault for fault in expert.faults if "422" not in fault] == coordinator.faults == []

    async def told() -> bool:
        mails = {role: await world.mails(EMAIL[role]) for role in ("coordinator", "expert")}
        found = {role: {mail["subject"] for mail in them} for role, them in mails.items()}
        return WAITS in found["coordinator"] and PUBLISHED in found["expert"]

    await eventually(told, seconds=20)
    await _read_by_anybody(browser, world, number)
    await _offered_while_writing(browser, world)


async def _read_by_anybody(browser: Browser, world: World, number: str) -> None:
    async with at_browser(browser, world, PHONE) as reader:
        await reader.open("/practices?q=vincoli+idrogeologici")
        await reader.check_page()
        await reader.page.locator("main a", has_text=TITLE).click()
        await reader.check_page()
        assert await reader.reads("Si chiede lo svincolo prima del titolo edilizio.")
        assert number not in await reader.page.content()
        assert reader.faults == []


async def _offered_while_writing(browser: Browser, world: World) -> None:
    async with at_browser(browser, world, PHONE) as official:
        await come(official, "official", "/requests/new")
        await official.page.locator("[name=title]").fill("Vincolo idrogeologico e permesso di costruire")
        await official.page.locator("[name=title]").press("Tab")
        await official.page.locator("section[aria-labelledby=fitting] a", has_text=TITLE).wait_for(timeout=10_000)
        await official.check_page()
        await official.page.locator("details.aff-field summary").click()
        await official.page.locator("input[name=further][value=waste-management]").check()
        await official.check_page()
        assert official.faults == []


@pytest.mark.parametrize("size", [PHONE, None], ids=["phone", "desktop"])
async def test_a_call_is_written_down_linked_and_set_right(browser, world, size) -> None:
    async with at_browser(browser, world, size) as coordinator:
        await come(coordinator, "coordinator", "/")
        await coordinator.page.locator("main a[href='/requests/by-phone']").click()
        await coordinator.check_page()
        await coordinator.page.locator("[name=body]").fill("Bergamo")
        await coordinator.page.keyboard.press("Enter")
        await coordinator.page.locator("[name=description]").wait_for()
        await coordinator.check_page()
        await coordinator.page.locator("select[name=requester]").select_option(index=1)
        await coordinator.page.locator("input[name=kind][value=legal]").check()
        await coordinator.page.locator("[name=title]").fill("Chiamata di prova")
        await coordinator.page.locator("[name=description]").fill("Chiede se serve la conferenza di servizi.")
        await coordinator.page.locator("select[name=theme]").select_option("building-planning")
        await coordinator.send("/requests/by-phone")
        await coordinator.page.wait_for_url("**?done=submitted")
        assert await coordinator.reads("Telefono")
        other = (await world.call("official", "POST", "/api/requests", json=FORM)).json()["number"]

        await coordinator.page.locator("summary", has_text="Collegare a un’altra richiesta").click()
        await coordinator.page.locator("[name=link_to]").fill(other)
        await coordinator.check_page()
        await coordinator.send("/link")
        await coordinator.page.wait_for_url("**?done=link")
        assert await coordinator.page.locator(f"section[aria-labelledby=links] a[href='/requests/{other}']").count()
        await coordinator.check_page()
        await coordinator.page.locator("summary", has_text="Correggere i dati").click()
        await coordinator.page.locator("input[name=urgency][value=high]").check()
        await coordinator.check_page()
        await asyncio.gather(coordinator.page.wait_for_url("**?done=edit"), coordinator.send("/edit"))
        assert coordinator.faults == []
