"""The form of a new request: once, with its faults told, and nothing that was written is lost."""

import asyncio
import re

import pytest

from tests.intake_pages.conftest import BERGAMO, COMO, NEW, VARESE, ask, hidden

PAGE = "/requests/new"


async def test_a_sent_request_has_its_page_and_tells_its_number(visit) -> None:
    official = await visit("official", BERGAMO)

    sent = await official.send(PAGE, PAGE, **NEW)
    page = await official.get(sent.headers["location"])

    number = re.search(r"/requests/([0-9-]+)\?", sent.headers["location"]).group(1)
    assert sent.status_code == 303
    assert f"Richiesta inviata. Numero {number}." in page.text
    assert "<h1>Termini della conferenza</h1>" in page.text


async def test_a_form_sent_twice_at_once_and_again_is_one_request(service, visit) -> None:
    official = await visit("official", BERGAMO)
    fields = {**hidden((await official.get(PAGE)).text, PAGE), **NEW, "title": "Inviata due volte"}

    answers = await asyncio.gather(*(official.http.post(PAGE, data=fields) for _ in range(3)))
    late = await official.http.post(PAGE, data=fields)

    assert {answer.headers["location"] for answer in [*answers, late]} == {answers[0].headers["location"]}
    assert await service.database["requests"].count_documents({"title": "Inviata due volte"}) == 1


async def test_two_forms_with_the_same_words_are_two_requests(visit) -> None:
    official = await visit("official", BERGAMO)

    assert await ask(official) != await ask(official)


async def test_who_goes_back_and_writes_something_else_sends_another_request(visit) -> None:
    official = await visit("official", BERGAMO)
    fields = {**hidden((await official.get(PAGE)).text, PAGE), **NEW}

    first = await official.http.post(PAGE, data=fields)
    second = await official.http.post(PAGE, data={**fields, "title": "Un altro oggetto"})

    assert first.headers["location"] != second.headers["location"]


async def test_faults_are_listed_with_links_and_the_fields_keep_what_was_written(service, visit) -> None:
    official = await visit("official", BERGAMO)
    wrong = {"kind": "", "title": "x" * 201, "description": 'Prima riga\r\n"seconda" <b>', "procedure": "aia"}

    answer = await official.send(PAGE, PAGE, **{**NEW, **wrong})

    assert answer.status_code == 422
    assert 'href="#f-kind"' in answer.text
    assert 'href="#f-title"' in answer.text
    assert f'value="{"x" * 201}"' in answer.text
    assert "Prima riga\r\n&#34;seconda&#34; &lt;b&gt;</textarea>" in answer.text
    assert '<option value="waste-management" selected>' in answer.text
    assert '<option value="aia" selected>' in answer.text
    assert await service.database["requests"].count_documents({"title": "x" * 201}) == 0


async def test_a_procedure_of_another_theme_is_told_at_its_field(visit) -> None:
    official = await visit("official", BERGAMO)

    answer = await official.send(PAGE, PAGE, **{**NEW, "procedure": "aia"})

    assert answer.status_code == 422
    assert 'href="#f-procedure"' in answer.text
    assert "Questo procedimento appartiene a un altro tema." in answer.text


@pytest.mark.parametrize(("field", "value", "missing"), [
    ("protocol_number", "12/2026", "protocol_date"), ("protocol_date", "2026-11-02", "protocol_number"),
])  # fmt: skip
async def test_a_protocol_needs_number_and_date(visit, field, value, missing) -> None:
    official = await visit("official", BERGAMO)

    answer = await official.send(PAGE, PAGE, **{**NEW, field: value})

    assert answer.status_code == 422
    assert f'href="#f-{missing}"' in answer.text


async def test_a_request_is_found_by_the_bodys_own_protocol_number(visit) -> None:
    official = await visit("official", BERGAMO)
    number = await ask(official, protocol_number="98765", protocol_date="2026-11-02")

    found = await official.get("/requests?q=98765")

    assert f'href="/requests/{number}"' in found.text


async def test_a_body_that_may_not_ask_yet_is_told_what_to_do_and_the_text_stays(visit) -> None:
    official = await visit("official", COMO)

    answer = await official.send(PAGE, PAGE, **{**NEW, "body": COMO})

    assert answer.status_code == 403
    assert "L’ente Como non è registrato." in answer.text
    assert "Come si procede?</textarea>" in answer.text


async def test_an_official_cannot_write_for_another_body(service, visit) -> None:
    official = await visit("official", BERGAMO)

    answer = await official.send(PAGE, PAGE, **{**NEW, "body": VARESE, "title": "Di un altro"})

    assert answer.status_code == 403
    assert await service.database["requests"].count_documents({"title": "Di un altro"}) == 0


async def test_a_form_without_its_token_is_refused(service, visit) -> None:
    official = await visit("official", BERGAMO)

    for token in ({}, {"csrf_token": "guessed"}):
        answer = await official.http.post(PAGE, data={**NEW, "title": "Senza gettone", **token})
        assert answer.status_code == 403

    assert await service.database["requests"].count_documents({"title": "Senza gettone"}) == 0


@pytest.mark.parametrize(("role", "scope"), [("expert", "waste-management"), ("monitor", None), ("coordinator", None)])
async def test_who_does_not_act_for_a_body_has_no_form(visit, role, scope) -> None:
    browser = await visit(role, scope)

    assert (await browser.get(PAGE)).status_code == 403


async def test_the_secretariat_names_the_body_by_its_code(visit) -> None:
    secretariat = await visit("secretariat")

    page = await secretariat.get(PAGE)
    number = await ask(secretariat, body="c_a794")

    assert 'id="f-body"' in page.text
    assert "Bergamo" in (await secretariat.get(f"/requests/{number}")).text
