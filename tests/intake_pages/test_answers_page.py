"""One answer to many bodies that ask the same: chosen, read over, confirmed once, told one by one."""

import asyncio
import re
from typing import Any

from services.chassis.access import ACCESS, digest
from tests.intake_pages.conftest import BERGAMO, VARESE, ask, lead

API = "/api/intake/answers"


async def same_question(service: Any, visit: Any, count: int = 3) -> tuple[Any, list[str]]:
    """An expert who follows requests of two bodies, and their numbers."""
    expert = await visit("expert", name="Marco Ferri")
    numbers = []
    for position in range(count):
        official = await visit("official", BERGAMO if position % 2 else VARESE)
        body = BERGAMO if position % 2 else VARESE
        numbers.append(await ask(official, body=body, title=f"Termini della conferenza {position}"))
        await lead(service, numbers[-1], expert.id)
    return expert, numbers


def token_of(text: str) -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', text)
    assert found, text
    return found[1]


async def messages(service: Any, number: str) -> list[dict[str, Any]]:
    request = await service.database["requests"].find_one({"number": number})
    return [row async for row in service.database["messages"].find({"request": request["_id"]})]


async def key_for(service: Any, person: str) -> dict[str, str]:
    await service.database[ACCESS].update_one({"_id": person}, {"$set": {"credentials": [digest(person)]}})
    service.principals.forget()
    return {"X-API-Key": person, "Accept": "application/json"}


async def test_each_body_reads_the_answer_in_its_own_conversation(service, visit) -> None:
    expert, numbers = await same_question(service, visit)
    chooser = await expert.get("/answers/new")
    form = {"csrf_token": token_of(chooser.text), "text": "Il termine è di 90 giorni.", "requests": numbers}

    review = await expert.http.post("/answers/new", data={**form, "step": "review"})
    key = re.search(r'name="once" value="([^"]+)"', review.text)
    assert key
    before = [len(await messages(service, number)) for number in numbers]
    sends = [expert.http.post("/answers/new", data={**form, "step": "send", "once": key[1]}) for _ in range(2)]
    sent, again = await asyncio.gather(*sends)

    assert all(number in chooser.text for number in numbers)
    assert before == [0, 0, 0]
    assert "Il termine è di 90 giorni." in review.text and "Confermare e inviare a 3 richieste" in review.text
    assert (sent.status_code, again.status_code) == (200, 200)
    assert "Risposta inviata a 3 richieste" in sent.text
    for number in numbers:
        (message,) = await messages(service, number)
        assert (message["text"], message["author"], message["visibility"]) == (form["text"], expert.id, "shared")
    official = await visit("official", VARESE)
    assert form["text"] in (await official.get(f"/requests/{numbers[0]}")).text


async def test_one_that_does_not_allow_it_is_told_and_stops_no_other(service, visit) -> None:
    expert, numbers = await same_question(service, visit)
    stranger = await visit("official", BERGAMO)
    foreign = await ask(stranger)
    headers = await key_for(service, expert.id)
    first = {"requests": [numbers[1]], "text": "Fatto.", "resolve": "solved"}
    assert (await expert.http.post(API, json=first, headers=headers)).status_code == 200

    content = {"requests": [*numbers, foreign, "2026-999999"], "text": "Ecco la risposta.", "resolve": "solved"}
    sent = {**headers, "Idempotency-Key": "k"}
    answers = [(await expert.http.post(API, json=content, headers=sent)).json() for _ in range(2)]

    outcomes = {item["number"]: item["outcome"] for item in answers[0]["items"]}
    assert outcomes == {
        numbers[0]: "done", numbers[1]: "refused", numbers[2]: "done", foreign: "refused", "2026-999999": "refused",
    }  # fmt: skip
    assert answers[0] == answers[1]
    details = [item["detail"] for item in answers[0]["items"] if item["outcome"] == "refused"]
    assert details[0] != details[1] == details[2]
    for number, count in ((numbers[0], 1), (numbers[1], 1), (numbers[2], 1), (foreign, 0)):
        assert len(await messages(service, number)) == count
    states = [(await service.database["requests"].find_one({"number": number}))["status"] for number in numbers]
    assert states == ["resolved"] * 3


async def test_the_reviewed_page_says_beforehand_what_is_not_possible(service, visit) -> None:
    expert, numbers = await same_question(service, visit, 2)
    other = await visit("official", BERGAMO)
    foreign = await ask(other, title="Segreto di un altro")
    form = {"csrf_token": token_of((await expert.get("/answers/new")).text), "text": "Ecco."}

    review = await expert.http.post("/answers/new", data={**form, "step": "review", "requests": [*numbers, foreign]})
    empty = await expert.http.post("/answers/new", data={**form, "step": "review"})
    silent = await expert.http.post("/answers/new", data={**form, "text": " ", "step": "send", "requests": numbers})

    assert "Confermare e inviare a 2 richieste" in review.text
    assert "Segreto di un altro" not in review.text
    assert (empty.status_code, silent.status_code) == (422, 422)
    assert "Scegliere almeno una richiesta" in empty.text
    assert all("checked" in silent.text.split(f'value="{number}"')[1][:120] for number in numbers)


async def test_a_coordinator_finds_the_requests_by_their_words(service, visit) -> None:
    expert, numbers = await same_question(service, visit, 1)
    official = await visit("official", BERGAMO)
    number = await ask(official, title="Quesito sul fotovoltaico agricolo")
    coordinator = await visit("coordinator")

    nothing = await coordinator.get("/answers/new")
    found = await coordinator.get("/answers/new?q=fotovoltaico+agricolo")
    linked = await coordinator.get(f"/answers/new?requests={numbers[0]}&requests={number}")

    assert number not in nothing.text
    assert number in found.text and numbers[0] not in found.text
    assert linked.text.count(" checked") == 2
    assert f'value="{number}"' not in (await expert.get("/answers/new?requests=" + number)).text


async def test_the_page_says_that_there_are_more_requests_than_it_lists(service, visit, monkeypatch) -> None:
    expert, numbers = await same_question(service, visit)
    whole = await expert.get("/answers/new")
    monkeypatch.setattr("services.intake.pages.answers.MOST", 2)

    cut = await expert.get("/answers/new")

    more = "Le richieste sono più di quelle elencate"
    assert more not in whole.text and all(number in whole.text for number in numbers)
    assert more in cut.text and sum(number in cut.text for number in numbers) == 2


async def test_a_body_cannot_answer_here(service, visit) -> None:
    official = await visit("official", BERGAMO)
    number = await ask(official)
    headers = await key_for(service, official.id)

    page = await official.get("/answers/new")
    call = await official.http.post(API, json={"requests": [number], "text": "Io."}, headers=headers)

    assert (page.status_code, call.status_code) == (403, 403)
