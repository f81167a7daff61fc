"""A file of requests imported by keyboard, and a key made and taken back, at a desk and on a phone."""

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser

from contracts.envelope import new_id
from deploy.local.identities import DEMO_BODY, PEOPLE
from tests.e2e.browser import PHONE, Person, at_browser, chromium
from tests.e2e.conftest import World

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(180)]

SUBJECT = {person.role: person.subject for person in PEOPLE}
SIZES = pytest.mark.parametrize("size", [PHONE, None], ids=["phone", "desktop"])


@pytest.fixture(scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as started:
        yield started


async def come(person: Person, role: str, path: str) -> None:
    await person.open(f"/login?next={path}")
    await person.log_in(SUBJECT[role])


async def pictured(person: Person, name: str) -> None:
    """Keeps a picture of the page where SHOTS names a folder: for whoever wants to look at it."""
    if folder := os.environ.get("SHOTS"):
        await person.page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


@SIZES
async def test_a_file_is_looked_at_and_imported_by_keyboard(
    browser: Browser, world: World, tmp_path: Path, size: dict[str, int] | None
) -> None:
    subject, file = f"Bonifica {new_id()}", tmp_path / "richieste.csv"
    rows = [
        "ente;tipo;oggetto;descrizione;tema;id_esterno",
        f"{DEMO_BODY};tecnica;{subject};Serve un parere.;site-remediation;P-{new_id()[-6:]}",
        f"{DEMO_BODY};tecnica;Un altro quesito;Serve un parere.;site-remediatoin;P-2",
        "999999;legale;Un ente che non c’è;Serve un parere.;;",
    ]
    file.write_text("\n".join(rows))
    async with at_browser(browser, world, size) as official:
        await come(official, "official", "/requests/import")
        await official.check_page()

        await official.page.set_input_files("#f-file", file)
        await official.tab_to("form[action='/requests/import'] button[type=submit]")
        await official.page.keyboard.press("Enter")
        await official.page.wait_for_selector("#outcome")
        assert await official.reads("2 righe sono da correggere")
        await official.check_page()
        await pictured(official, f"import_preview_{'phone' if size else 'desktop'}")

        await official.tab_to("form[action^='/requests/import/'] button[type=submit]")
        await official.page.keyboard.press("Enter")
        await official.page.wait_for_url("**/requests/import/**")
        assert await official.reads("1 richiesta è stata importata.")
        await official.check_page()
        await pictured(official, f"import_done_{'phone' if size else 'desktop'}")
        assert official.faults == []

    found = await world.read("official", f"/api/requests?q={subject.split()[1].split('-')[-1]}")
    assert [item["title"] for item in found["items"]] == [subject]


@SIZES
async def test_a_key_is_made_shown_once_and_taken_back(
    browser: Browser, world: World, size: dict[str, int] | None
) -> None:
    name = f"Portale {new_id()[-6:]}"
    async with at_browser(browser, world, size) as secretary:
        await come(secretary, "secretariat", "/keys")
        await secretary.check_page()

        await secretary.page.fill("#f-name", name)
        await secretary.page.fill("#f-body", DEMO_BODY)
        await secretary.page.fill("#f-last_day", "2031-12-31")
        await secretary.send("/keys")
        key = await secretary.page.locator("#secret").inner_text()
        await secretary.check_page()
        await pictured(secretary, f"keys_{'phone' if size else 'desktop'}")
        assert key.startswith("aff_")

        await secretary.page.get_by_role("button", name=f"Revoca la chiave di {name}").click()
        await secretary.page.wait_for_url("**/keys?done=revoked")
        assert await secretary.page.locator("#secret").count() == 0
        await secretary.check_page()
        assert secretary.faults == []
