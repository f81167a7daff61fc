"""People at browsers: each has a context of their own, logs in through the provider, and is watched for faults."""

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from playwright.async_api import Browser, ConsoleMessage, Page, Response, async_playwright

from deploy.local.places import ROOT
from tests.e2e.conftest import World

AXE = ROOT / ".local" / "assets" / "node_modules" / "axe-core" / "axe.min.js"
_CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
_QUIET = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
PHONE, DESKTOP = {"width": 375, "height": 800}, {"width": 1280, "height": 900}


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """The system's own browser."""
    path = next(filter(None, map(shutil.which, _CHROMIUM)), None)
    if path is None:
        raise RuntimeError("the browser tests need Chromium: apt-get install chromium")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=_QUIET)
        try:
            yield browser
        finally:
            await browser.close()


class Person:
    """Somebody at a browser. `faults` collects what the page complained of: scripts, policies, missing files."""

    def __init__(self, page: Page, world: World) -> None:
        self.page = page
        self.world = world
        self.faults: list[str] = []
        page.on("response", self._note)
        page.on("console", lambda message: self.faults.append(message.text) if _is_fault(message) else None)
        page.on("pageerror", lambda error: self.faults.append(str(error)))

    def _note(self, answer: Response) -> None:
        # A part of a page may ask its owner before the owner has heard of a request: then it says so.
        if answer.status >= 400 and not answer.url.endswith(("/assignment", "/deadlines", "/talks")):
            self.faults.append(f"{answer.status} {answer.url}")

    async def open(self, path: str) -> None:
        await self.page.goto(path if path.startswith("http") else self.world.url + path)

    async def log_in(self, subject: str) -> None:
        """At the provider's page, wherever a protected page has sent the browser."""
        await self.page.locator(f"button[value='{subject}']").click()
        await self.page.wait_for_url(f"{self.world.url}/**")

    async def send(self, action: str) -> None:
        """Presses the button of the form with this action."""
        await self.page.locator(f"form[action$='{action}'] button[type=submit]").first.click()
        await self.page.wait_for_load_state()

    async def tab_to(self, selector: str, most: int = 120) -> None:
        """Moves the focus by the Tab key alone until it is on what the selector says, and sees that it shows."""
        for _ in range(most):
            if await self.page.locator(selector).and_(self.page.locator(":focus")).count():
                outlined = "getComputedStyle(document.activeElement).outlineStyle"
                assert await self.page.evaluate(outlined) != "none", f"nobody sees the focus on {selector}"
                return
            await self.page.keyboard.press("Tab")
        raise AssertionError(f"the Tab key does not reach {selector}")

    async def reads(self, text: str) -> bool:
        return text in await self.page.locator("body").inner_text()

    async def check_page(self) -> None:
        """One heading, nothing wider than the window, nothing serious for axe."""
        assert await self.page.locator("h1").count() == 1
        wider = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        assert await self.page.evaluate(wider) <= 0, f"{self.page.url} is wider than the window"
        await self.page.evaluate(AXE.read_text())
        found: dict[str, Any] = await self.page.evaluate("axe.run(document, {resultTypes: ['violations']})")
        serious = [
            f"{fault['id']}: {fault['nodes'][0]['html'][:150]}"
            for fault in found["violations"]
            if fault["impact"] in ("serious", "critical")
        ]
        assert serious == [], f"{self.page.url}: {serious}"


def _is_fault(message: ConsoleMessage) -> bool:
    return message.type == "error" and "Failed to load resource" not in message.text


@asynccontextmanager
async def at_browser(browser: Browser, world: World, size: Any = None) -> AsyncIterator[Person]:
    """A person with an empty browser; the page's policy is left in force, axe is evaluated beside it."""
    context = await browser.new_context(viewport=size or DESKTOP, locale="it-IT")
    try:
        yield Person(await context.new_page(), world)
    finally:
        await context.close()
