"""An expert's day at a browser: times offered and booked, hours, absences; by keyboard, on a phone and a desktop."""

import os
from collections.abc import AsyncIterator
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from playwright.async_api import Browser

from deploy.local.identities import DEMO_BODY, PEOPLE
from services.chassis.i18n import ROME
from tests.e2e.browser import PHONE, Person, at_browser, chromium
from tests.e2e.conftest import World

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(240)]

SUBJECT = {person.role: person.subject for person in PEOPLE}
CERTAIN = {"title": "Permessi fermi", "description": "Permessi di costruire fermi.", "theme": "building-planning"}


@pytest.fixture(scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as started:
        yield started


async def come(person: Person, role: str, path: str) -> None:
    await person.open(f"/login?next={path}")
    await person.log_in(SUBJECT[role])


async def taken(world: World, eventually) -> str:
    """A request of the demonstration's body that its expert follows; returns the number."""
    content = {"body": DEMO_BODY, "kind": "technical", "urgency": "normal", **CERTAIN}
    number = str((await world.call("official", "POST", "/api/requests", json=content)).json()["number"])

    async def offer() -> str | None:
        rows = (await world.read("expert", "/api/assignments?status=offered"))["items"]
        return next((row["id"] for row in rows if row["number"] == number), None)

    assignment = await eventually(offer)
    answer = await world.call("expert", "POST", f"/api/assignments/{assignment}/accept")
    assert answer.status_code == 200, answer.text
    return number


async def shoot(person: Person, name: str, size) -> None:
    """A picture to look at, where a folder for it is named."""
    if folder := os.environ.get("SHOTS"):
        where = Path(folder) / f"{name}-{'phone' if size else 'desktop'}.png"
        await person.page.screenshot(path=where, full_page=True)


@pytest.mark.parametrize("size", [PHONE, None], ids=["phone", "desktop"])
async def test_an_official_books_a_time_that_the_expert_offers(browser, world, eventually, size) -> None:
    number = await taken(world, eventually)
    day = datetime.now(ROME).date() + timedelta(days=3 if size else 10)
    async with at_browser(browser, world, size) as expert, at_browser(browser, world, size) as official:
        await come(expert, "expert", "/desk/slots")
        await expert.tab_to("#f-day")
        await expert.page.fill("#f-day", day.isoformat())
        await expert.page.fill("#f-at", "10:30")
        await expert.page.fill("#f-place", "https://incontro.example/stanza")
        await expert.tab_to("form[action='/desk/slots'] button[type=submit]")
        await expert.page.keyboard.press("Enter")
        await expert.page.wait_for_url("**/desk/slots?done=*")
        await expert.check_page()
        await shoot(expert, "slots", size)

        await come(official, "official", f"/requests/{number}")
        await official.page.locator("#f-slot").wait_for()
        await official.check_page()
        await official.tab_to("#f-slot")
        await official.page.keyboard.press("ArrowDown")
        await official.tab_to(f"form[action='/desk/requests/{number}/talks'] button[type=submit]")
        await shoot(official, "request", size)
        await official.page.keyboard.press("Enter")
        await official.page.wait_for_url("**/talks?done=booked")
        await official.check_page()
        await shoot(official, "talks", size)

        assert await official.reads("https://incontro.example/stanza")
        await expert.open("/desk")
        assert await expert.page.locator(f"#talks ~ ul a[href='/desk/requests/{number}/talks']").count() == 1
        await expert.check_page()
        await shoot(expert, "desk", size)
        await official.send("/cancel")
        assert await official.reads("annullato dall’ente") or await official.reads("annullato dall'ente")
        await official.check_page()
        assert [*expert.faults, *official.faults] == []


@pytest.mark.parametrize("size", [PHONE, None], ids=["phone", "desktop"])
async def test_an_expert_records_hours_by_keyboard(browser, world, eventually, size) -> None:
    number = await taken(world, eventually)
    rows = (await world.read("expert", "/api/assignments?status=accepted"))["items"]
    assignment = next(row["id"] for row in rows if row["number"] == number)
    async with at_browser(browser, world, size) as expert:
        page = expert.page
        await come(expert, "expert", "/desk")
        await expert.tab_to(f"#day a[href$='/{assignment}/actions']")
        await page.keyboard.press("Enter")
        await page.wait_for_url("**/actions")
        await expert.tab_to("#f-kind")
        await page.keyboard.press("ArrowDown")
        await expert.tab_to("#f-minutes")
        await page.keyboard.type("45")
        await expert.tab_to("#f-note")
        await page.keyboard.type("Sentito l’ufficio tecnico.")
        await expert.tab_to("form[action$='/actions'] button[type=submit]")
        await page.keyboard.press("Enter")
        await page.wait_for_url("**/actions?done=recorded")
        await expert.check_page()
        await shoot(expert, "actions", size)

        await expert.tab_to("a[href*='?edit=']")
        await page.keyboard.press("Enter")
        await page.wait_for_url("**/actions?edit=*")
        await page.fill("#f-minutes", "60")
        await page.locator("#write ~ form button[type=submit]").first.click()
        await page.wait_for_url("**/actions?done=corrected")

        assert await expert.reads("In totale: 1 ora")
        await expert.open("/desk/hours")
        await expert.check_page()
        await shoot(expert, "hours", size)
        assert expert.faults == []


async def correct(person: Person, away: date, size) -> None:
    """Other days for the absence that begins then: first wrong ones, by keyboard."""
    await person.tab_to(f"a[href*='correction?first={away}']")
    await person.page.keyboard.press("Enter")
    await person.page.wait_for_url("**/desk/absences/correction?*")
    await person.check_page()
    await shoot(person, "absence", size)
    await person.tab_to("#f-to")
    await person.page.fill("#f-to", (away - timedelta(days=1)).isoformat())
    async with person.page.expect_navigation():
        await person.page.keyboard.press("Enter")
    assert await person.reads("L'ultimo giorno non può precedere il primo.")
    await person.check_page()
    await shoot(person, "absence-wrong", size)
    person.faults.clear()  # The form came back with 422.
    await person.page.fill("#f-to", (away + timedelta(days=5)).isoformat())
    await person.tab_to("form[action*='/correction'] button[type=submit]")
    await person.page.keyboard.press("Enter")
    await person.page.wait_for_url("**&done=corrected")
    assert await person.reads("L'assenza è stata corretta.")


@pytest.mark.parametrize("size", [PHONE, None], ids=["phone", "desktop"])
async def test_an_expert_keeps_absences_and_the_profile(browser, world, size) -> None:
    away = datetime.now(ROME).date() + timedelta(days=400 if size else 420)
    async with at_browser(browser, world, size) as expert:
        page = expert.page
        await come(expert, "expert", "/desk/absences")
        await expert.tab_to("#f-from")
        await page.fill("#f-from", away.isoformat())
        await page.fill("#f-to", (away + timedelta(days=1)).isoformat())
        await expert.tab_to("form[action='/desk/absences'] button[type=submit]")
        await page.keyboard.press("Enter")
        await page.wait_for_url("**/desk/absences?month=*")
        await expert.check_page()
        await shoot(expert, "absences", size)
        assert await page.locator("table.aff-month").is_visible() == (size is None)
        await correct(expert, away, size)
        await expert.send("/remove")
        assert await expert.reads("L'assenza è stata tolta.")

        await expert.open("/desk/profile")
        await expert.check_page()
        await shoot(expert, "profile", size)
        await page.fill("#f-languages", "it en")
        await expert.send("/desk/profile")
        assert await expert.reads("Il Suo profilo è stato salvato.")
        await expert.check_page()
        assert expert.faults == []
