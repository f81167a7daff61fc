"""Similar requests on pages: before sending, with and without a script, and on a request that came by mail."""

import re

from tests.intake_pages.conftest import BERGAMO, NEW, VARESE, ask, hidden

PAGE = "/requests/new"
TITLE, TEXT = "Sversamento di nafta nella roggia", "Un trattore ha versato nafta nella roggia: messa in sicurezza?"
WRITTEN = {**NEW, "title": "Nafta versata nella roggia da un trattore", "description": TEXT}


async def test_a_step_before_sending_tells_what_is_alike_and_keeps_what_was_written(visit) -> None:
    official, elsewhere = await visit("official", BERGAMO), await visit("official", VARESE)
    alike = await ask(official, title=TITLE, description=TEXT)
    data = {**hidden((await official.get(PAGE)).text, PAGE), **WRITTEN}

    step = await official.http.post(f"{PAGE}/similar", data=data)
    sent = await official.http.post(PAGE, data={**hidden(step.text, PAGE), **WRITTEN})
    there = await elsewhere.send(PAGE, PAGE, **{**WRITTEN, "body": VARESE})
    foreign = {**hidden((await elsewhere.get(PAGE)).text, PAGE), **WRITTEN, "body": BERGAMO}
    told = await elsewhere.http.post(f"{PAGE}/similar", data=foreign)

    assert f'<a href="/requests/{alike}">' in step.text
    assert "Forse il Suo ente lo ha già chiesto" in step.text
    assert f'value="{WRITTEN["title"]}"' in step.text
    assert (sent.status_code, there.status_code) == (303, 303)
    assert alike not in told.text


async def test_nothing_alike_is_said_in_the_step_and_is_silent_while_writing(visit) -> None:
    official = await visit("official", BERGAMO)
    data = {**hidden((await official.get(PAGE)).text, PAGE), **WRITTEN, "title": "Zampogna stonata del quartiere"}
    data["description"] = "Una zampogna stonata disturba il quartiere durante le prove."

    step = await official.http.post(f"{PAGE}/similar", data=data)
    fragment = await official.http.post("/requests/similar", data=data, headers={"hx-request": "true"})

    assert "Non è stata trovata nessuna richiesta simile." in step.text
    assert fragment.text.strip() == ""


async def test_the_page_asks_while_somebody_writes(visit) -> None:
    official = await visit("official", BERGAMO)
    alike = await ask(official, title=TITLE, description=TEXT)
    data = {**hidden((await official.get(PAGE)).text, PAGE), **WRITTEN}

    fragment = await official.http.post("/requests/similar", data=data, headers={"hx-request": "true"})

    assert alike in fragment.text
    assert "<html" not in fragment.text


async def _by_mail(service, official, title: str) -> str:
    number = await ask(official, title=title, description=TEXT)
    await service.database["requests"].update_one({"number": number}, {"$set": {"channel": "email"}})
    return number


async def test_a_mail_like_an_open_request_is_joined_by_one_click_of_who_may(service, visit) -> None:
    official, coordinator = await visit("official", VARESE), await visit("coordinator")
    first = await ask(
        official, body=VARESE, title="Frana sul sentiero della Rocca", description="Massi sul sentiero della Rocca."
    )
    second = await ask(
        official, body=VARESE, title="Massi della frana sul sentiero Rocca", description="Frana, massi sul sentiero."
    )
    await service.database["requests"].update_one({"number": second}, {"$set": {"channel": "pec"}})

    seen, page = await official.get(f"/requests/{second}"), await coordinator.get(f"/requests/{second}")
    not_by_mail = await coordinator.get(f"/requests/{first}")
    action = f"/requests/{second}/similar/merge"
    data = hidden(page.text, action)
    refused = await official.http.post(
        action, data={**data, "csrf_token": hidden(seen.text, f"/requests/{second}/reply")["csrf_token"]}
    )
    answers = [await coordinator.http.post(action, data=data) for _ in range(2)]
    after = await coordinator.get(answers[0].headers["location"])

    assert "Questa e-mail potrebbe riguardare una richiesta già in corso" in seen.text
    assert f'href="/requests/{first}"' in seen.text
    assert action not in seen.text
    assert "potrebbe riguardare" not in not_by_mail.text
    assert refused.status_code == 403
    assert [answer.headers["location"] for answer in answers] == [f"/requests/{first}?done=merge"] * 2
    assert "Le richieste sono unite." in after.text
    merged = await service.database["requests"].find_one({"number": second})
    assert merged["merged_into"]["number"] == first


async def test_the_queue_of_what_is_to_be_sorted_loads_the_hint_for_mails(service, visit) -> None:
    official, coordinator = await visit("official", BERGAMO), await visit("coordinator")
    doubtful = {"theme": "", "title": "Un quesito sulla CER", "description": "Ci serve una mano con la CER del comune."}
    number = await ask(official, **doubtful)
    await service.database["requests"].update_one({"number": number}, {"$set": {"channel": "email"}})

    queue = await coordinator.get("/triage")

    assert f'hx-get="/requests/{number}/twins"' in queue.text
    assert (await coordinator.get(f"/requests/{number}/twins")).status_code == 200
    assert (await official.get(f"/requests/{number}/twins")).status_code == 403


async def test_experts_and_coordination_are_offered_similar_cases_on_a_request(visit) -> None:
    official, coordinator = await visit("official", BERGAMO), await visit("coordinator")
    # With a word that no other test has: only the nearest are shown.
    number = await ask(official, title="Frana sulla mulattiera di Zambla", description="La mulattiera è interrotta.")
    other = await ask(official, title="Mulattiera di Zambla, frana", description="La mulattiera è interrotta.")

    page, part = await coordinator.get(f"/requests/{number}"), await coordinator.get(f"/requests/{number}/similar")

    assert f'hx-get="/requests/{number}/similar"' in page.text
    assert f'hx-get="/requests/{number}/similar"' not in (await official.get(f"/requests/{number}")).text
    assert other in part.text
    assert not re.search(rf'href="/requests/{number}"', part.text)
