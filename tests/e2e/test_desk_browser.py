"""The desk by keyboard alone: a theme set by one key, mails read and decided, decisions with and without names."""

import smtplib
from collections.abc import AsyncIterator
from email.message import EmailMessage

import pytest
from playwright.async_api import Browser

from contracts.envelope import new_id
from deploy.local.identities import DEMO_BODY, PEOPLE
from tests.e2e.browser import PHONE, Person, at_browser, chromium
from tests.e2e.conftest import World

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(180)]

SUBJECT = {person.role: person.subject for person in PEOPLE}
NAME = {person.role: person.name for person in PEOPLE}
DOUBTFUL = {"title": "Un quesito", "description": "Ci serve una mano con la CER del comune."}
CERTAIN = {"title": "Permessi fermi", "description": "Permessi di costruire fermi.", "theme": "building-planning"}
LONG = "Richiesta di un incontro sull’intercomunalizzazione della precedentissimevolmente menzionata questione "


@pytest.fixture(scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as started:
        yield started


async def submit(world: World, **form: str) -> str:
    content = {"body": DEMO_BODY, "kind": "technical", "urgency": "normal", **form}
    answer = await world.call("official", "POST", "/api/requests", json=content)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["number"])


def send(world: World, subject: str, text: str) -> None:
    """A mail of a stranger."""
    mail = EmailMessage()
    mail["From"], mail["To"] = f"{new_id()}@altrove.example", "assistenza@affianca.example"
    mail["Subject"], mail["Message-ID"] = subject, f"<{new_id()}@altrove.example>"
    mail.set_content(text)
    with smtplib.SMTP(world.access["smtp"]["host"], world.access["smtp"]["port"], timeout=10) as smtp:
        assert smtp.send_message(mail) == {}


async def come(person: Person, role: str, path: str) -> None:
    await person.open(f"/login?next={path}")
    await person.log_in(SUBJECT[role])


async def test_one_key_sets_a_supposed_theme_and_the_queue_says_which(browser, world) -> None:
    number = await submit(world, **DOUBTFUL)
    async with at_browser(browser, world) as coordinator:
        await come(coordinator, "coordinator", "/triage")
        await coordinator.check_page()

        await coordinator.tab_to(f"form[action$='{number}/reclassify'] button[name=theme]")
        await coordinator.page.keyboard.press("Enter")
        await coordinator.page.wait_for_url(f"**/triage?done={number}")

        assert await coordinator.reads(f"Il tema della richiesta {number} è stato attribuito.")
        assert await coordinator.page.locator(f"main a[href='/requests/{number}']").count() == 0
        await coordinator.check_page()
        assert coordinator.faults == []


@pytest.mark.parametrize("size", [PHONE, None], ids=["phone", "desktop"])
async def test_a_request_with_the_longest_title_fits_the_queue(browser, world, size) -> None:
    title = (LONG + "x" * 200)[:200]
    number = await submit(world, title=title, description="Vorremmo un incontro.")
    async with at_browser(browser, world, size) as coordinator:
        await come(coordinator, "coordinator", "/triage")

        await coordinator.check_page()

        assert await coordinator.page.locator(f"main a[href='/requests/{number}']").count() == 1


@pytest.mark.parametrize("size", [PHONE, None], ids=["phone", "desktop"])
async def test_a_mail_is_found_read_and_decided_by_keyboard(browser, world, size) -> None:
    number, subject = await submit(world, **CERTAIN), f"Per la pratica {new_id()}"
    send(world, subject, "Allego quanto è stato chiesto.")
    async with at_browser(browser, world, size) as secretariat:
        page = secretariat.page
        await come(secretariat, "secretariat", "/desk")
        await secretariat.tab_to(".aff-navigation a[href='/mails']")
        await page.keyboard.press("Enter")
        await page.wait_for_url("**/mails")
        await secretariat.tab_to("main a[href='/mails?state=quarantined']")
        await page.keyboard.press("Enter")
        await page.wait_for_url("**/mails?state=quarantined")
        mail = f"article:has(h2:text-is('{subject}'))"
        await secretariat.tab_to(f"{mail} summary")
        await page.keyboard.press("Enter")
        await page.locator(f"{mail} [role=region]").wait_for()
        assert await page.locator(f"{mail} [role=region]").inner_text() == "Allego quanto è stato chiesto."
        await secretariat.check_page()

        await secretariat.tab_to(f"{mail} input[name=number]")
        await page.keyboard.type(number)
        await page.keyboard.press("Enter")
        await page.wait_for_url("**/mails?state=quarantined&done=message")

        assert await secretariat.reads("Aggiunta alla richiesta.")
        assert await page.locator(mail).count() == 0
        await secretariat.open("/mails?state=decided")
        assert await page.locator(f"{mail} a[href='/requests/{number}']").count() == 1
        await secretariat.check_page()
        assert secretariat.faults == []


async def test_a_wrong_code_leaves_the_mail_in_its_place_with_what_was_typed(browser, world) -> None:
    subject = f"Chiediamo aiuto {new_id()}"
    send(world, subject, "Buongiorno.")
    async with at_browser(browser, world) as secretariat:
        await come(secretariat, "secretariat", "/mails?state=quarantined")
        field = f"article:has(h2:text-is('{subject}')) input[name=body]"

        await secretariat.tab_to(field)
        await secretariat.page.keyboard.type("nessuno")
        await secretariat.page.keyboard.press("Enter")
        await secretariat.page.wait_for_url("**/request")
        await secretariat.tab_to(".aff-summary a")
        await secretariat.page.keyboard.press("Enter")

        assert await secretariat.page.locator(f"{field}:focus").input_value() == "nessuno"
        assert await secretariat.page.locator(field).get_attribute("aria-invalid") == "true"
        await secretariat.check_page()


@pytest.mark.parametrize("size", [PHONE, None], ids=["phone", "desktop"])
async def test_the_decision_names_experts_to_coordinators_alone(browser, world, eventually, size) -> None:
    number = await submit(world, **CERTAIN)
    decision = f"/desk/requests/{number}/decision"
    await eventually(lambda: world.read("coordinator", f"/api/routing/requests/{number}"))
    async with at_browser(browser, world, size) as coordinator, at_browser(browser, world, size) as official:
        await come(coordinator, "coordinator", decision)
        await come(official, "official", decision)

        assert await coordinator.reads(f"Scelta: {NAME['expert']}")
        assert await official.reads("è stato scelto con") and not await official.reads(NAME["expert"])
        await coordinator.check_page()
        await official.check_page()
        assert [*coordinator.faults, *official.faults] == []
