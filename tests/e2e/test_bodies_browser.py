"""A body's way into the programme at browsers: named, registered, refused, approved, an official let in and out."""

import time
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser

from deploy.local.identities import PEOPLE
from tests.e2e.browser import PHONE, Person, at_browser, chromium
from tests.e2e.conftest import World

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(240)]

PERSON = {person.role: person for person in PEOPLE}
TREVIGLIO = "016219"
LET_IN, REMOVED = "Abilitazione a operare per un ente", "Fine dell’abilitazione a operare per un ente"
MINE = f"/my-body/{TREVIGLIO}"
SCAN = b"%PDF-1.7\n% Protocollo di Collaborazione\n%%EOF\n"
SIGNED = b"%PDF-1.7\n/ByteRange [0 10 20 30]\n%%EOF\n"


@pytest.fixture(scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as started:
        yield started


async def come(person: Person, role: str, path: str) -> None:
    await person.open(f"/login?next={path}")
    await person.log_in(PERSON[role].subject)


async def fill(person: Person, role: str) -> None:
    """The form that lets somebody in, by keyboard alone."""
    known = PERSON[role]
    for field, text in (("name", known.name), ("email", known.email), ("identity", known.subject)):
        await person.tab_to(f"#f-{field}")
        await person.page.keyboard.type(text)
    await person.page.keyboard.press("Enter")
    await person.page.wait_for_url("**done=*")


async def upload(mayor: Person, content: bytes) -> None:
    await mayor.open(MINE)
    await mayor.check_page()
    file = {"name": "protocollo.pdf", "mimeType": "application/pdf", "buffer": content}
    await mayor.page.locator("#f-protocol").set_input_files(file)  # type: ignore[arg-type]
    await mayor.send(f"{MINE}/registration")
    assert await mayor.reads("La Segreteria Tecnica sta esaminando la registrazione.")
    await mayor.check_page()


async def look_at_it(secretariat: Person) -> None:
    """From the register over the list of those that wait to the one body."""
    await secretariat.open("/bodies")
    await secretariat.check_page()
    await secretariat.page.locator("main a[href='/bodies/registrations']").click()
    await secretariat.page.wait_for_url("**/bodies/registrations")
    await secretariat.check_page()
    await secretariat.page.locator(f"a[href='/bodies/{TREVIGLIO}#registration']").click()
    await secretariat.page.wait_for_url(f"**/bodies/{TREVIGLIO}*")
    await secretariat.check_page()


async def request_of(mayor: Person) -> str:
    await mayor.open(MINE)
    await mayor.page.locator("main a[href='/requests/new']").click()
    await mayor.page.locator("select[name=body]").select_option(TREVIGLIO)
    await mayor.page.locator("input[name=kind][value=legal]").check()
    await mayor.page.locator("[name=title]").fill("Termini della conferenza di servizi")
    await mayor.page.locator("[name=description]").fill("Come si procede?")
    await mayor.page.locator("select[name=theme]").select_option("waste-management")
    await mayor.send("/requests/new")
    await mayor.page.wait_for_url("**done=submitted")
    return mayor.page.url.split("?")[0].rsplit("/", 1)[1]


async def sees(browser: Browser, world: World, number: str, wanted: bool) -> bool:
    """Whether the official of another body soon finds the request in the list and opens it, or neither, as wanted."""
    async with at_browser(browser, world) as official:
        await come(official, "official", "/")
        until = time.monotonic() + 10
        while True:  # A grant reaches the caches of the services within a second.
            await official.page.goto(f"{world.url}/requests?q={number}")
            listed = bool(await official.page.locator(f"main a[href='/requests/{number}']").count())
            answer = await official.page.goto(f"{world.url}/requests/{number}")
            assert answer is not None
            if listed == (answer.status == 200) == wanted or time.monotonic() > until:
                return listed == (answer.status == 200) == wanted


async def told_of_both(world: World) -> bool:
    """Whether the official has the mails that they were let in, and that they were removed."""
    subjects = {mail["subject"] for mail in await world.mails(PERSON["official"].email)}
    return {f"[{TREVIGLIO}] {words}" for words in (LET_IN, REMOVED)} <= subjects


async def named(secretariat: Person, mayor: Person) -> None:
    """The secretariat names the mayor, by keyboard; the mayor comes."""
    await come(secretariat, "secretariat", f"/bodies/{TREVIGLIO}")
    await secretariat.tab_to("#leaders ~ details summary")
    await secretariat.page.keyboard.press("Enter")
    await fill(secretariat, "representative")
    await come(mayor, "representative", "/my-body")
    await mayor.check_page()


async def test_a_body_enters_the_programme_and_its_official_reads_its_requests(browser, world, eventually) -> None:
    async with at_browser(browser, world) as secretariat, at_browser(browser, world, PHONE) as mayor:
        await named(secretariat, mayor)
        await upload(mayor, SCAN)
        await look_at_it(secretariat)
        await secretariat.page.locator("main summary", has_text="Respingi").click()
        await secretariat.page.locator("#f-reason").fill("Manca la firma del Sindaco.")
        await secretariat.page.locator("button", has_text="Respingi").click()
        await secretariat.page.wait_for_url("**done=rejected*")
        await mayor.open(MINE)
        assert await mayor.reads("Manca la firma del Sindaco.")
        await upload(mayor, SIGNED)
        await look_at_it(secretariat)
        assert await secretariat.reads("Il PDF contiene una firma digitale.")
        await secretariat.page.locator("button", has_text="Approva").click()
        await secretariat.page.wait_for_url("**done=approved*")

        number = await request_of(mayor)
        before = await sees(browser, world, number, wanted=False)
        await mayor.open(MINE)
        await fill(mayor, "official")
        await mayor.check_page()
        during = await sees(browser, world, number, wanted=True)
        await mayor.open(MINE)
        await mayor.page.locator("summary", has_text="Modifica o rimuovi").first.click()
        await mayor.check_page()
        await mayor.page.locator("button", has_text="Rimuovi subito").first.click()
        await mayor.page.wait_for_url("**done=removed")
        assert before and during
        assert await sees(browser, world, number, wanted=False)
        assert await mayor.reads("Ancora nessuno.")
        await eventually(lambda: told_of_both(world), seconds=20)
        await secretariat.open(f"/bodies/{TREVIGLIO}")
        await secretariat.page.locator("#leaders ~ article summary").click()
        await secretariat.page.locator("button", has_text="Rimuovi subito").click()
        await secretariat.page.wait_for_url("**done=ended")
        assert mayor.faults == [] and secretariat.faults == []


@pytest.mark.parametrize("size", [None, PHONE], ids=["desktop", "phone"])
async def test_the_pages_of_the_register_fit_and_are_accessible(browser, world, size) -> None:
    async with at_browser(browser, world, size) as monitor:
        await come(monitor, "monitor", "/bodies?q=ronago")
        await monitor.check_page()
        await monitor.page.locator("main a[href='/bodies/013199']").click()
        await monitor.page.wait_for_url("**/bodies/013199")
        await monitor.check_page()
        assert await monitor.reads("Uggiate con Ronago")
        assert monitor.faults == []
