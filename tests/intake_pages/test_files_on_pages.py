"""Files on the pages: chosen in a form, shown with the message, downloaded, and told in words when refused."""

from typing import Any

import pytest

from services.chassis.i18n import Translator, translator
from services.chassis.service import Service
from services.intake.files.settings import FileSettings
from services.intake.handlers.attachments.holder import REFUSALS
from services.intake.pages import uploads
from services.intake.pages.uploads import STATES, size_text, type_text
from services.intake.store.attachments import ATTACHMENTS
from tests.intake.files import PDF, PNG, PROGRAM
from tests.intake_pages.conftest import BERGAMO, NEW, Browser, Visit, ask, hidden, lead


async def send(browser: Browser, page: str, action: str, files: Any, **fields: str) -> Any:
    text = (await browser.get(page)).text
    sent = [("files", file) for file in files]
    return await browser.http.post(action, data={**hidden(text, action), **fields}, files=sent)


async def rows(service: Service, number: str) -> list[dict[str, Any]]:
    request = await service.database["requests"].find_one({"number": number})
    assert request is not None
    return [row async for row in service.database[ATTACHMENTS].find({"request": request["_id"]}, sort=[("rank", 1)])]


async def test_a_new_request_comes_with_its_files(service: Service, visit: Visit) -> None:
    browser = await visit("official", BERGAMO)

    files = [("Relazione è.pdf", PDF), ("foto.png", PNG)]
    sent = await send(browser, "/requests/new", "/requests/new", files, **NEW)
    page = await browser.get(sent.headers["location"])

    number = sent.headers["location"].split("?")[0].rsplit("/", 1)[1]
    kept = await rows(service, number)
    assert [row["name"] for row in kept] == ["Relazione è.pdf", "foto.png"]
    for part in ("Allegati", "Relazione è.pdf", "foto.png", "non controllato dall’antivirus", "immagine"):
        assert part in page.text, part
    got = await browser.get(f"/requests/{number}/attachments/{kept[0]['_id']}")
    assert got.content == PDF


async def test_a_refused_file_leaves_everything_that_was_written(service: Service, visit: Visit) -> None:
    browser = await visit("official", BERGAMO)

    sent = await send(browser, "/requests/new", "/requests/new", [("fattura.pdf", PROGRAM)], **NEW)

    assert sent.status_code == 415
    assert "«fattura.pdf»: È un programma." in sent.text
    assert NEW["description"] in sent.text
    assert 'href="#f-files"' in sent.text
    assert await service.database["requests"].find_one({"requester": browser.id}) is None


async def test_a_message_is_not_sent_without_its_file(service: Service, visit: Visit) -> None:
    browser = await visit("official", BERGAMO)
    number = await ask(browser)

    files = [("a.png", PNG), ("fattura.pdf", PROGRAM)]
    sent = await send(browser, f"/requests/{number}", f"/requests/{number}/reply", files, reply="Ecco la fattura.")

    assert sent.status_code == 415
    assert "Il messaggio non è stato inviato" in sent.text
    assert "Ecco la fattura." in sent.text
    assert await rows(service, number) == []
    assert await service.database["attached.files"].count_documents({"filename": "never"}) == 0


async def test_the_files_of_a_message_stand_with_it_and_internal_ones_are_for_colleagues(
    service: Service, visit: Visit
) -> None:
    browser, expert = await visit("official", BERGAMO), await visit("expert")
    number = await ask(browser)
    assert expert.id is not None
    await lead(service, number, expert.id)
    place = (f"/requests/{number}", f"/requests/{number}/reply")

    await send(browser, *place, [("tavola.png", PNG)], reply="Ecco la tavola.")
    note = await send(expert, *place, [("appunti.pdf", PDF)], reply="Solo fra noi.", visibility="internal")
    assert note.status_code == 303, note.text

    mine, theirs = (await browser.get(place[0])).text, (await expert.get(place[0])).text
    assert ("tavola.png" in mine, "appunti.pdf" in mine) == (True, False)
    assert ("tavola.png" in theirs, "appunti.pdf" in theirs) == (True, True)
    secret = next(row for row in await rows(service, number) if row["name"] == "appunti.pdf")
    assert (await browser.get(f"/requests/{number}/attachments/{secret['_id']}")).status_code == 404


async def test_a_form_that_is_sent_twice_has_its_files_once(service: Service, visit: Visit) -> None:
    browser = await visit("official", BERGAMO)
    number = await ask(browser)
    action = f"/requests/{number}/reply"
    form = {**hidden((await browser.get(f"/requests/{number}")).text, action), "reply": "Ecco."}
    before = await service.database["attached.files"].count_documents({})

    for _ in range(2):
        answer = await browser.http.post(action, data=form, files=[("files", ("a.pdf", PDF))])
        assert answer.status_code == 303

    assert len(await rows(service, number)) == 1
    assert await service.database["attached.files"].count_documents({}) == before + 1


@pytest.mark.parametrize(
    ("state", "told"),
    [("pending", "controllo antivirus in corso"), ("infected", "in quarantena: l’antivirus ha trovato qualcosa")],
)
async def test_what_is_not_given_out_has_no_link_and_its_address_says_why(
    service: Service, visit: Visit, state: str, told: str
) -> None:
    browser = await visit("official", BERGAMO)
    sent = await send(browser, "/requests/new", "/requests/new", [("a.pdf", PDF)], **NEW)
    number = sent.headers["location"].split("?")[0].rsplit("/", 1)[1]
    (row,) = await rows(service, number)
    await service.database[ATTACHMENTS].update_one({"_id": row["_id"]}, {"$set": {"state": state, "found": "Eicar"}})

    page = (await browser.get(f"/requests/{number}")).text
    answer = await browser.get(f"/requests/{number}/attachments/{row['_id']}")

    assert told in page
    assert f'/attachments/{row["_id"]}"' not in page
    assert (answer.status_code, "Il file non si può scaricare" in answer.text) == (409, True)


async def test_the_page_offers_the_whole_case(visit: Visit) -> None:
    browser = await visit("official", BERGAMO)
    number = await ask(browser)

    page = (await browser.get(f"/requests/{number}")).text

    for kind, start in (("pdf", b"%PDF-"), ("zip", b"PK\x03\x04")):
        assert f'href="/requests/{number}/case.{kind}"' in page
        assert (await browser.get(f"/requests/{number}/case.{kind}")).content.startswith(start)


async def test_a_form_of_too_many_files_is_refused_and_not_read_into_memory(visit: Visit) -> None:
    browser = await visit("official", BERGAMO)

    sent = await send(browser, "/requests/new", "/requests/new", [(f"{n}.pdf", PDF) for n in range(21)], **NEW)

    assert sent.status_code == 400


def test_a_refused_file_is_told_the_limit_that_is_set() -> None:
    from pathlib import Path

    words: Translator = translator("it", Path(uploads.__file__).parents[1])
    row = {"_id": "1", "state": "refused", "found": None, "name": "a.pdf", "size": 1, "media_type": "application/pdf"}
    row |= {"inline": False, "visibility": "shared"}
    policy = FileSettings(largest=5_000_000, most=7_000_000)

    told = [
        uploads.shown(row | {"refused": reason}, "2026-000001", words, policy) for reason in ("too-large", "no-room")
    ]

    assert ["5 MB" in told[0]["reason"], "7 MB" in told[1]["reason"]] == [True, True]


async def test_the_forms_tell_the_limit_that_is_set(service: Service, visit: Visit) -> None:
    browser, parts = await visit("official", BERGAMO), service.app.state.parts
    number = await ask(browser)
    most = f"{parts.files.largest // 1_000_000} MB"

    for page in ("/requests/new", f"/requests/{number}"):
        assert f"fino a {most} ciascuno" in (await browser.get(page)).text


def test_every_state_and_every_refusal_has_its_words() -> None:
    assert STATES.keys() == {"unscanned", "pending", "clean", "infected", "refused", "erased"}
    from services.intake.domain.file_endings import GROUPS

    assert set(GROUPS) <= REFUSALS.keys()


def test_sizes_and_types_are_said_as_people_say_them() -> None:
    from pathlib import Path

    words: Translator = translator("it", Path(uploads.__file__).parents[1])

    assert [size_text(size, words) for size in (1, 1_499, 1_440_000, 29_900_000)] == [
        "1 byte", "1,5 kB", "1,4 MB", "30 MB",
    ]  # fmt: skip
    assert type_text("a.pdf", "application/pdf", words) == "PDF"
    assert type_text("a", "image/png", words) == "immagine"
