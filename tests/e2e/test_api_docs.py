"""The API pages at a browser: the security policy is in force, nothing comes from elsewhere, calls can be tried."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from playwright.async_api import Browser

from deploy.local.identities import PEOPLE
from tests.e2e.browser import PHONE, at_browser, chromium

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(180)]


@pytest.fixture(scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as started:
        yield started


@pytest.mark.parametrize("service", ["intake", "routing", "notify", "reporting"])
async def test_the_api_of_each_service_is_shown_from_our_own_files(browser, world, service) -> None:
    for size in (PHONE, None):
        async with at_browser(browser, world, size) as reader:
            asked: list[str] = []
            reader.page.on("request", lambda request, asked=asked: asked.append(request.url))

            await reader.open(f"/api/{service}/docs")
            await reader.page.locator(".opblock").first.wait_for()
            await reader.page.locator(".opblock-get .opblock-summary-control").last.click()
            await reader.page.locator(".opblock-body .responses-table").first.wait_for()

            await reader.check_page()
            assert [url for url in asked if not url.startswith((f"{world.url}/", "data:"))] == []
            assert reader.faults == []


async def test_a_read_can_be_tried_with_the_session_of_the_page(browser, world) -> None:
    subject = next(person.subject for person in PEOPLE if person.role == "secretariat")
    async with at_browser(browser, world) as secretary:
        await secretary.open("/requests")
        await secretary.log_in(subject)
        await secretary.open("/api/intake/docs")

        route: Any = secretary.page.locator("#operations-requests-list_requests_api_requests_get")
        await route.locator(".opblock-summary-control").click()
        await route.locator(".try-out__btn").click()
        await route.locator(".btn.execute").click()
        told = route.locator(".live-responses-table .response-col_status").last
        await told.wait_for()

        assert "200" in await told.inner_text()
        assert secretary.faults == []
