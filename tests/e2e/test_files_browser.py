"""Files at a browser: chosen with the form, seen with the message, downloaded, and the whole case beside them."""

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser

from deploy.local.identities import PEOPLE
from tests.e2e.browser import PHONE, Person, at_browser, chromium
from tests.intake.files import PNG, PROGRAM

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(180)]
SUBJECT = {person.role: person.subject for person in PEOPLE}
RELATION = b"%PDF-1.7\n" + bytes(2_400_000)


@pytest.fixture(scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as started:
        yield started


def files(tmp_path: Path, **contents: bytes) -> list[str]:
    made = []
    for name, content in contents.items():
        path = tmp_path / name.replace("__", ".")
        path.write_bytes(content)
        made.append(str(path))
    return made


async def ask(person: Person, chosen: list[str]) -> None:
    await person.open("/requests/new")
    if "/login" in person.page.url or await person.page.locator("button[value]").count():
        await person.log_in(SUBJECT["official"])
    await person.page.locator("input[name=kind][value=technical]").check()
    await person.page.locator("[name=title]").fill("Variante al piano con tavole")
    await person.page.locator("[name=description]").fill("Allego relazione e tavole.")
    await person.page.locator("select[name=theme]").select_option("building-planning")
    await person.page.locator("[name=files]").set_input_files(chosen)
    await person.send("/requests/new")


async def got(person: Person, link: str) -> bytes:
    async with person.page.expect_download() as waiting:
        await person.page.locator(link).first.click()
    download = await waiting.value
    return await asyncio.to_thread(Path(await download.path()).read_bytes)


@pytest.mark.parametrize("size", [None, PHONE], ids=["desktop", "phone"])
async def test_files_go_with_a_request_and_a_message_and_come_back(
    browser: Browser, world: Any, tmp_path: Path, size: Any
) -> None:
    relation, photo, program = files(
        tmp_path, Relazione_tecnica__pdf=RELATION, sopralluogo__png=PNG, fattura__pdf=PROGRAM
    )
    async with at_browser(browser, world, size) as official:
        await ask(official, [relation, photo])
        await official.page.wait_for_url(re.compile(r"/requests/\d{4}-\d{6}"))
        await official.check_page()
        assert await official.reads("2,4 MB")
        assert await got(official, "a:has-text('Relazione_tecnica.pdf')") == RELATION
        assert (await got(official, "a[href$='/case.pdf']")).startswith(b"%PDF-")
        assert (await got(official, "a[href$='/case.zip']")).startswith(b"PK")
        assert official.faults == []

        await official.page.locator("[name=reply]").fill("Ecco la fattura.")
        await official.page.locator("[name=files]").set_input_files([photo, program])
        await official.send("/reply")
        await official.page.locator(".aff-summary").wait_for()
        await official.check_page()
        assert await official.reads("«fattura.pdf»: È un programma.")
        assert await official.page.locator("[name=reply]").input_value() == "Ecco la fattura."

        # By keyboard alone: the field is reached, and the form is sent with Enter on its button.
        await official.page.locator("[name=files]").set_input_files([photo])
        await official.tab_to("[name=files]")
        await official.tab_to("form[action$='/reply'] button[type=submit]")
        await official.page.keyboard.press("Enter")
        await official.page.wait_for_url(re.compile("done=reply"))
        assert await official.page.locator("#conversation .aff-entry .aff-files").count() == 1
        await official.check_page()
