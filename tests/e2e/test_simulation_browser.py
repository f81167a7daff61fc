"""A coordinator simulates by keyboard: the form, the wait, the figures, on a phone and at a desk."""

import os
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.async_api import Browser

from tests.e2e.browser import Person, at_browser, chromium
from tests.e2e.conftest import World
from tests.e2e.test_desk_browser import CERTAIN, come, submit

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(240)]
SHOTS = os.environ.get("AFFIANCA_SHOTS")
NARROW = {"width": 390, "height": 844}


@pytest.fixture(scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as started:
        yield started


async def keep(person: Person, name: str) -> None:
    if SHOTS:
        await person.page.screenshot(path=Path(SHOTS) / f"{name}.png", full_page=True)


@pytest.mark.parametrize("size", [NARROW, None], ids=["phone", "desktop"])
async def test_a_simulation_is_asked_for_and_read_by_keyboard(browser: Browser, world: World, size) -> None:
    await submit(world, **CERTAIN)
    kind = "phone" if size else "desktop"
    async with at_browser(browser, world, size) as coordinator:
        page = coordinator.page
        await come(coordinator, "coordinator", "/desk/simulations")
        await coordinator.check_page()
        await keep(coordinator, f"list-{kind}")
        await coordinator.tab_to("main a[href='/desk/simulations/new']")
        await page.keyboard.press("Enter")
        await page.wait_for_url("**/new")
        await coordinator.check_page()
        await keep(coordinator, f"form-{kind}")

        tomorrow = (datetime.now(UTC) + timedelta(days=1)).date().isoformat()
        await page.locator("#f-last").fill(tomorrow)
        await coordinator.tab_to("#f-capacity_change")
        await page.keyboard.type("2")
        await coordinator.tab_to("main form button[type=submit]")
        await page.keyboard.press("Enter")
        await page.wait_for_url(lambda url: "/new" not in url)
        await keep(coordinator, f"progress-{kind}")
        await page.locator("#figures").wait_for(timeout=90_000)

        assert await coordinator.reads("A confronto")
        await coordinator.check_page()
        await keep(coordinator, f"result-{kind}")
        assert coordinator.faults == []


@pytest.mark.parametrize("size", [NARROW, None], ids=["phone", "desktop"])
async def test_a_period_without_requests_is_said_at_its_field(browser: Browser, world: World, size) -> None:
    async with at_browser(browser, world, size) as coordinator:
        page = coordinator.page
        await come(coordinator, "coordinator", "/desk/simulations/new")
        await page.locator("#f-first").fill("2001-01-01")
        await page.locator("#f-last").fill("2001-02-01")
        await coordinator.tab_to("main form button[type=submit]")
        await page.keyboard.press("Enter")
        await page.locator(".aff-summary").wait_for()

        assert await coordinator.reads("In questo periodo non è arrivata nessuna richiesta.")
        await coordinator.check_page()
        await keep(coordinator, f"fault-{'phone' if size else 'desktop'}")
