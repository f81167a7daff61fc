"""Writing a request with a script: it saves itself, tells what is alike, is continued and sent; a filter is kept."""

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from deploy.local.identities import DEMO_BODY, PEOPLE
from tests.e2e.browser import DESKTOP, Person, at_browser, chromium
from tests.e2e.conftest import World

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(180)]

PHONE = {"width": 390, "height": 844}
SUBJECT = {person.role: person.subject for person in PEOPLE}
TEXT = "Una mongolfiera ha perso la zavorra di sabbia sul tetto della palestra: chi paga il ripristino del tetto?"


@pytest.fixture(scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as started:
        yield started


async def _submitted(world: World, title: str) -> str:
    form = {"body": DEMO_BODY, "kind": "legal", "title": title, "description": TEXT, "theme": "building-planning"}
    answer = await world.call("official", "POST", "/api/requests", json=form)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["number"])


async def _look(person: Person, name: str) -> None:
    """Keeps a picture when a folder for them is given."""
    if folder := os.environ.get("AFFIANCA_SHOTS"):
        await person.page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
async def test_a_request_saves_itself_tells_what_is_alike_and_is_continued_and_sent(browser, world, size) -> None:
    alike = await _submitted(world, "Zavorra di mongolfiera sul tetto della palestra")
    async with at_browser(browser, world, size) as official:
        page = official.page
        await official.open("/login?next=/requests/new")
        await official.log_in(SUBJECT["official"])

        await page.locator("#f-title").fill("Mongolfiera: zavorra sul tetto della palestra")
        await page.locator("#f-description").press_sequentially(TEXT, delay=1)
        async with page.expect_response(lambda answer: "12345678903" in (answer.request.post_data or "")):
            await page.locator("summary:has-text('più temi')").press("Enter")
            await page.locator("#f-further-site-remediation").check()
            await page.locator("#f-companies").fill("12345678903")
        await expect(page.locator("#draft-status")).to_contain_text("Bozza salvata", timeout=15_000)
        await expect(page.locator("#similar")).to_contain_text(alike, timeout=15_000)
        await official.check_page()
        await _look(official, f"new-{size['width']}")

        await official.open("/requests")
        await expect(page.locator("#drafts")).to_be_visible()
        await official.check_page()
        await _look(official, f"list-{size['width']}")
        await page.get_by_role("link", name="Mongolfiera: zavorra").first.click()
        assert await page.locator("#f-description").input_value() == TEXT
        assert await page.locator("#f-further-site-remediation").is_checked()
        assert await page.locator("#f-companies").input_value() == "12345678903"
        await page.locator("#f-kind-2").check()
        await page.locator("#new-request button[type=submit]").first.press("Enter")
        await page.wait_for_url("**?done=submitted")
        await official.open("/requests")

        assert await page.locator("#drafts").count() == 0
        assert official.faults == []


async def test_a_filter_is_saved_by_keyboard_and_opened_again(browser, world) -> None:
    number = await _submitted(world, "Zavorra perduta e ritrovata")
    async with at_browser(browser, world, PHONE) as official:
        page = official.page
        await official.open("/login?next=/requests?q=zavorra")
        await official.log_in(SUBJECT["official"])
        await official.tab_to("summary:has-text('Salva questa ricerca')")
        await page.keyboard.press("Enter")
        await official.tab_to("#f-name")
        await page.keyboard.type("Zavorre")
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("link", name="Zavorre")).to_be_visible()
        await official.open("/requests")
        await page.get_by_role("link", name="Zavorre").click()

        await expect(page.locator("main")).to_contain_text(number)
        await official.check_page()
        await _look(official, "view-390")
        assert official.faults == []
