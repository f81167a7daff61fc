"""Importing from a file on the page: nothing is stored before the yes, and the report says what to do."""

from datetime import timedelta
from typing import Any

import httpx

from contracts.envelope import new_id
from services.chassis.service import Service
from services.intake.pages.imports import forget_old
from services.intake.store.imports import IMPORTS
from tests.intake_pages.conftest import BERGAMO, VARESE, Browser, Visit, hidden

PAGE = "/requests/import"


async def upload(browser: Browser, text: str) -> httpx.Response:
    fields = hidden((await browser.get(PAGE)).text, PAGE)
    return await browser.http.post(PAGE, data=fields, files={"file": ("richieste.csv", text.encode(), "text/csv")})


def yes(page: str) -> str:
    at = page.index('action="/requests/import/') + len('action="')
    return page[at : page.index('"', at)]


async def stored(service: Service, subject: str) -> list[Any]:
    return [row async for row in service.database["requests"].find({"title": subject})]


async def test_a_file_is_shown_first_and_imported_on_a_yes(service: Service, visit: Visit) -> None:
    official, subject = await visit("official", BERGAMO), f"Bonifica {new_id()}"
    file = f"ente;tipo;oggetto;descrizione\n{BERGAMO};tecnica;{subject};Testo\n{VARESE};tecnica;Altro;Testo\n"

    shown = await upload(official, file)
    before = await stored(service, subject)
    done = await official.http.post(yes(shown.text), data=hidden(shown.text, yes(shown.text)))
    again = await official.http.post(yes(shown.text), data=hidden(shown.text, yes(shown.text)))

    assert (shown.status_code, done.status_code, again.status_code) == (200, 200, 404)
    assert "Non è stato ancora salvato nulla" in shown.text and "Importa 1 richiesta" in shown.text
    assert "1 riga è da correggere" in shown.text and "ente: " in shown.text
    assert before == []
    [request] = await stored(service, subject)
    assert f'href="/requests/{request["number"]}"' in done.text
    assert await service.database[IMPORTS].count_documents({"person": official.id}) == 0


async def test_only_who_chose_a_file_can_import_it(service: Service, visit: Visit) -> None:
    one, other = await visit("official", BERGAMO), await visit("official", BERGAMO)
    shown = await upload(one, f"ente;tipo;oggetto;descrizione\n{BERGAMO};tecnica;x;y\n")

    answer = await other.http.post(yes(shown.text), data=hidden((await other.get(PAGE)).text, PAGE))

    assert answer.status_code == 404


async def test_without_a_file_the_page_says_so(visit: Visit) -> None:
    browser = await visit("coordinator")

    answer = await browser.send(PAGE, PAGE)

    assert answer.status_code == 422
    assert "Scelga il file da importare." in answer.text


async def test_what_cannot_be_read_is_told_with_its_line(visit: Visit) -> None:
    browser = await visit("official", BERGAMO)

    answer = await upload(browser, f"ente;tipo;oggetto;descrizione;colore\n{BERGAMO};tecnica;x;y;z\n")

    assert "Nessuna colonna ha questo nome" in answer.text and "(riga 1)" in answer.text
    assert 'action="/requests/import/' not in answer.text


async def test_a_file_that_nobody_said_yes_to_is_removed_after_a_day(service: Service, visit: Visit) -> None:
    browser = await visit("official", BERGAMO)
    await upload(browser, f"ente;tipo;oggetto;descrizione\n{BERGAMO};tecnica;x;y\n")
    kept = await service.database[IMPORTS].find_one({"person": browser.id})
    assert kept is not None
    await service.database[IMPORTS].update_one({"_id": kept["_id"]}, {"$set": {"at": kept["at"] - timedelta(hours=25)}})

    while await forget_old(service.app.state.parts):
        pass

    assert await service.database[IMPORTS].count_documents({"_id": kept["_id"]}) == 0
    assert await service.database["files.files"].count_documents({"_id": kept["_id"]}) == 0
