"""One request: who sees what of it, and what can be done with it there."""

import pytest

from contracts.assignments import AssignmentStatus
from contracts.requests import AuthorRole, Channel, Kind, Outcome, Urgency
from services.intake.domain.transitions import STATUSES
from services.intake.pages import labels
from services.intake.pages.story import SENTENCES
from tests.intake_pages.conftest import BERGAMO, VARESE, ask, hidden, lead

EVIL = "<script>alert(1)</script>\"><img src=x onerror=alert(1)>' {{ 7 * 7 }} {who}"


def page_of(number: str) -> str:
    return f"/requests/{number}"


@pytest.mark.parametrize("part", ["", "/conversation", "/summary"])
async def test_another_bodys_request_does_not_exist(visit, part) -> None:
    number = await ask(await visit("official", BERGAMO))
    stranger = await visit("official", VARESE)

    hidden_one, absent = await stranger.get(page_of(number) + part), await stranger.get(page_of("2026-999999") + part)

    assert (hidden_one.status_code, absent.status_code) == (404, 404)
    assert "Termini" not in hidden_one.text


async def test_another_bodys_request_cannot_be_acted_on(service, visit) -> None:
    official, stranger = await visit("official", BERGAMO), await visit("official", VARESE)
    number = await ask(official)
    token = hidden((await stranger.get("/requests")).text, "/logout")

    answers = [await stranger.http.post(f"{page_of(number)}/{name}", data=token) for name in ("reply", "withdraw")]

    assert [answer.status_code for answer in answers] == [404, 404]
    assert (await service.database["requests"].find_one({"number": number}))["status"] == "submitted"


@pytest.mark.parametrize(
    ("role", "scope"),
    [("official", BERGAMO), ("representative", BERGAMO), ("coordinator", None), ("secretariat", None)],
)
async def test_who_may_see_a_request_reads_its_page_with_one_heading(visit, role, scope) -> None:
    number = await ask(await visit("official", BERGAMO))

    page = await (await visit(role, scope)).get(page_of(number))

    assert page.status_code == 200
    assert page.text.count("<h1>") == 1
    assert "Anna Colombo ha inviato la richiesta." in page.text
    assert f'hx-get="/desk/requests/{number}/assignment"' in page.text
    assert f'hx-get="/reports/requests/{number}/deadlines"' in page.text


async def test_a_monitor_sees_what_happened_but_neither_words_nor_forms(visit) -> None:
    official = await visit("official", BERGAMO)
    number = await ask(official)
    await official.send(page_of(number), f"{page_of(number)}/reply", reply="Parole riservate")

    page = await (await visit("monitor")).get(page_of(number))

    assert "ha scritto un messaggio" in page.text
    assert "Parole riservate" not in page.text
    assert "<textarea" not in page.text


async def test_an_internal_note_is_not_shown_to_the_body(service, visit) -> None:
    official, expert = await visit("official", BERGAMO), await visit("expert", "waste-management", name="Carla Rota")
    number = await ask(official)
    await lead(service, number, expert.id)

    sent = await expert.send(page_of(number), f"{page_of(number)}/reply", reply="Solo tra noi", visibility="internal")
    mine, theirs = await expert.get(page_of(number)), await official.get(page_of(number))

    assert sent.status_code == 303
    assert "Solo tra noi" in mine.text
    assert "nota interna" in mine.text
    assert "Solo tra noi" not in theirs.text
    assert "visibility" not in theirs.text


async def test_what_people_write_is_shown_and_never_run(visit) -> None:
    official = await visit("official", BERGAMO)
    number = await ask(official, title=EVIL, description=EVIL)
    await official.send(page_of(number), f"{page_of(number)}/reply", reply=EVIL)

    pages = [await official.get(path) for path in (
        page_of(number), f"{page_of(number)}/conversation", f"{page_of(number)}/summary", "/requests")]  # fmt: skip

    for page in pages:
        assert page.status_code == 200
        assert "<script>alert" not in page.text
        assert "<img src=x" not in page.text
        assert "{{ 7 * 7 }} {who}" in page.text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in pages[0].text


async def test_a_question_an_answer_and_a_solution_lead_to_a_closed_request(service, visit) -> None:
    official, expert = await visit("official", BERGAMO), await visit("expert", "waste-management", name="Carla Rota")
    number = await ask(official)
    page = page_of(number)
    await lead(service, number, expert.id)

    await expert.send(page, f"{page}/ask", question="Quale impianto?")
    asked = await official.get(page)
    await official.send(page, f"{page}/reply", reply="Quello di via Roma.")
    await expert.send(page, f"{page}/resolve", outcome="solved", solution="Basta una comunicazione.")
    resolved = await official.get(page)
    closed = await official.send(page, f"{page}/close", rating="5", comment="Grazie")
    after = await official.get(closed.headers["location"])

    assert "In attesa dell’ente" in asked.text
    assert "Rispondere alla domanda" in asked.text
    assert "Esito: problema risolto." in resolved.text
    assert "La richiesta è chiusa. Grazie." in after.text
    assert "Valutazione: 5 su 5." in after.text


async def test_an_action_that_is_no_longer_possible_says_so_and_keeps_the_words(service, visit) -> None:
    official, expert = await visit("official", BERGAMO), await visit("expert", "waste-management")
    number = await ask(official)
    page = page_of(number)
    await lead(service, number, expert.id)
    fields = hidden((await expert.get(page)).text, f"{page}/resolve")
    await official.send(page, f"{page}/withdraw")

    answer = await expert.http.post(
        f"{page}/resolve", data={**fields, "outcome": "solved", "solution": "La mia risposta"}
    )

    assert answer.status_code == 409
    assert "«Ritirata»" in answer.text
    assert "La mia risposta" in answer.text


async def test_a_message_sent_twice_is_written_once(service, visit) -> None:
    official = await visit("official", BERGAMO)
    page = page_of(await ask(official))
    fields = {**hidden((await official.get(page)).text, f"{page}/reply"), "reply": "Una volta sola"}

    answers = [await official.http.post(f"{page}/reply", data=fields) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [303, 303]
    assert await service.database["messages"].count_documents({"text": "Una volta sola"}) == 1


async def test_an_empty_message_is_told_at_its_field(visit) -> None:
    official = await visit("official", BERGAMO)
    page = page_of(await ask(official))

    answer = await official.send(page, f"{page}/reply", reply="  ")

    assert answer.status_code == 422
    assert 'href="#f-reply"' in answer.text


async def test_an_action_without_its_token_or_without_a_meaning_is_refused(visit) -> None:
    official = await visit("official", BERGAMO)
    page = page_of(await ask(official))
    token = hidden((await official.get(page)).text, "/logout")

    assert (await official.http.post(f"{page}/withdraw", data={})).status_code == 403
    assert (await official.http.post(f"{page}/destroy", data=token)).status_code == 404


async def test_the_conversation_renews_itself_only_when_something_is_new(visit) -> None:
    official = await visit("official", BERGAMO)
    page = page_of(await ask(official))
    address = (
        (await official.get(page)).text.split(f'hx-get="{page}/conversation')[1].split('"')[0].replace("&amp;", "&")
    )

    unchanged = await official.get(f"{page}/conversation{address}")
    await official.send(page, f"{page}/reply", reply="Una novità")
    renewed = await official.get(f"{page}/conversation{address}")

    assert (unchanged.status_code, unchanged.text) == (204, "")
    assert "Una novità" in renewed.text
    assert "La conversazione è stata aggiornata." in renewed.text
    assert "<h1" not in renewed.text
    assert "<textarea" not in renewed.text


def test_every_code_that_people_may_meet_has_its_words() -> None:
    words = {
        Kind: labels.KINDS, Urgency: labels.URGENCIES, Outcome: labels.OUTCOMES, Channel: labels.CHANNELS,
    }  # fmt: skip

    assert set(labels.STATUSES) == set(STATUSES)
    assert all(set(known.__args__) == set(texts) for known, texts in words.items())
    assert set(AuthorRole.__args__) == {"requester", *labels.AUTHORS}
    assert set(AssignmentStatus.__args__) <= set(SENTENCES)
