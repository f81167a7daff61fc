"""The whole walk by people at browsers: an official asks, an expert answers and resolves, a monitor counts."""

import re
from collections.abc import AsyncIterator
from typing import Any

import pytest
from playwright.async_api import Browser

from deploy.local.identities import PEOPLE
from tests.e2e.browser import PHONE, Person, at_browser, chromium

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(180)]

SUBJECT = {person.role: person.subject for person in PEOPLE}
ADDRESS = {person.role: person.email for person in PEOPLE}


@pytest.fixture(scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as started:
        yield started


async def ask(official: Person, title: str) -> str:
    """Fills in the form and returns the number of the request."""
    await official.open("/requests/new")
    await official.log_in(SUBJECT["official"])
    await official.check_page()
    await official.page.locator("input[name=kind][value=technical]").check()
    await official.page.locator("[name=title]").fill(title)
    await official.page.locator("[name=description]").fill("Le pratiche sono ferme da mesi.")
    await official.page.locator("select[name=theme]").select_option("building-planning")
    await official.send("/requests/new")
    await official.page.wait_for_url(re.compile(r"/requests/\d{4}-\d{6}"))
    await official.check_page()
    found = re.search(r"\d{4}-\d{6}", official.page.url)
    assert found
    return found[0]


async def link_in_mail(world: Any, address: str, number: str, part: str) -> str | None:
    for mail in await world.mails(address):
        link = re.search(rf"{re.escape(world.url)}{part}\S*", mail["text"])
        if number in mail["subject"] and link:
            return link[0]
    return None


async def test_a_request_by_page_goes_all_the_way(browser, world, eventually) -> None:
    async with (
        at_browser(browser, world) as official,
        at_browser(browser, world, PHONE) as expert,
        at_browser(browser, world) as monitor,
    ):
        number = await ask(official, "Permessi di costruire fermi")
        assert await official.reads(number)

        link = await eventually(lambda: link_in_mail(world, ADDRESS["expert"], number, "/desk/assignments/"))
        await expert.open(link)
        await expert.log_in(SUBJECT["expert"])
        await expert.check_page()
        await eventually(lambda: expert.reads("Permessi di costruire fermi"))
        await expert.send("/accept")
        await expert.open(f"/requests/{number}")
        await expert.check_page()
        await expert.page.locator("[name=reply]").fill("Ho esaminato le pratiche: ecco come procedere.")
        await expert.send("/reply")
        assert await expert.reads("Ho esaminato le pratiche")

        back = await eventually(lambda: link_in_mail(world, ADDRESS["official"], number, "/requests/"))
        await official.open(back)
        await eventually(lambda: official.reads("Ho esaminato le pratiche"))
        await official.check_page()

        await expert.page.locator("details:has(form[action$='/resolve']) summary").click()
        await expert.page.locator("select[name=outcome]").select_option("solved")
        await expert.page.locator("[name=solution]").fill("Lo schema del procedimento è pronto.")
        await expert.send("/resolve")
        await official.open(f"/requests/{number}")
        assert await official.reads("Lo schema del procedimento è pronto.")
        await official.page.locator("select[name=rating]").select_option("5")
        await official.send("/close")

        await monitor.open("/reports?metric=resolution")
        await monitor.log_in(SUBJECT["monitor"])
        await monitor.check_page()
        assert await monitor.reads("Edilizia e urbanistica")
        assert [*official.faults, *expert.faults, *monitor.faults] == []


async def test_a_request_can_be_sent_by_keyboard_alone_without_a_script(browser, world) -> None:
    context = await browser.new_context(java_script_enabled=False, locale="it-IT")
    try:
        official = Person(await context.new_page(), world)
        await official.open("/requests/new")
        await official.log_in(SUBJECT["official"])
        page = official.page
        await page.locator("input[name=kind][value=legal]").focus()
        await page.keyboard.press("Space")
        await page.locator("[name=title]").focus()
        await page.keyboard.type("Chi deve rilasciare il parere?")
        await page.keyboard.press("Tab")
        await page.keyboard.type("Due enti si dichiarano incompetenti.")
        for _ in range(20):
            if await page.locator("form[action$='/requests/new'] button[type=submit]:focus").count():
                break
            await page.keyboard.press("Tab")
        await page.keyboard.press("Enter")
        await page.wait_for_url(re.compile(r"/requests/\d{4}-\d{6}"))

        assert await official.reads("Chi deve rilasciare il parere?")
    finally:
        await context.close()


PAGES = [
    (None, "/"),
    (None, "/accessibilita"),
    (None, "/privacy"),
    ("official", "/requests"),
    ("official", "/requests/new"),
    ("official", "/notifications"),
    ("expert", "/desk"),
    ("coordinator", "/desk"),
    ("coordinator", "/triage"),
    ("coordinator", "/mails"),
    ("secretariat", "/mails?state=decided"),
    ("monitor", "/reports"),
]


@pytest.mark.parametrize("size", [PHONE, None], ids=["phone", "desktop"])
async def test_every_page_fits_and_axe_finds_nothing_serious(browser, world, size) -> None:
    faults = []
    for role in {role for role, _ in PAGES}:
        async with at_browser(browser, world, size) as person:
            if role:
                await person.open("/login?next=/")
                await person.log_in(SUBJECT[role])
            for _, path in [page for page in PAGES if page[0] == role]:
                await person.open(path)
                await person.check_page()
            faults += person.faults

    assert faults == []
