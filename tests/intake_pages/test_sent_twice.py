"""A form that is sent twice, or from a page that is older than what it shows, on the pages of requests and practices.

Who clicked twice lands where one click leads; who comes too late reads why, in words of the page.
"""

from typing import Any

import httpx

from tests.intake_pages.conftest import BERGAMO, Browser, ask, hidden, lead

THEME = "waste-management"
DRAFT = {
    "title": "Classificare un ammendante",
    "problem": "Un ente non sapeva come classificare un ammendante.",
    "solution": "Si applica il regolamento europeo.",
    "themes": THEME,
}


async def _twice(browser: Browser, page: str, action: str, **fields: str) -> list[httpx.Response]:
    """Opens the page once and sends its form two times, as a double click does."""
    data = {**hidden((await browser.get(page)).text, action), **fields}
    return [await browser.http.post(action, data=data) for _ in range(2)]


def _lands(answers: list[httpx.Response], place: str) -> bool:
    return [(answer.status_code, answer.headers.get("location")) for answer in answers] == [(303, place)] * 2


async def _solved(visit: Any, service: Any) -> tuple[str, Browser]:
    """The address of a resolved request, and the expert who solved it."""
    number = await ask(await visit("official", BERGAMO))
    expert = await visit("expert", THEME)
    await lead(service, number, expert.id or "")
    page = f"/requests/{number}"
    assert (await expert.send(page, f"{page}/resolve", outcome="solved", solution="Ecco.")).status_code == 303
    return page, expert


async def test_each_step_of_a_practice_by_two_clicks_leads_where_one_leads(visit, service) -> None:
    request, expert = await _solved(visit, service)
    reviewer = await visit("coordinator", THEME)

    begun = await _twice(expert, request, "/practices/new")
    place = begun[0].headers["location"].split("?")[0]
    assert _lands(begun, f"{place}?done=new")
    assert _lands(await _twice(expert, place, f"{place}/save", **DRAFT), f"{place}?done=save")
    assert _lands(await _twice(expert, place, f"{place}/review"), f"{place}?done=review")
    said = {"approved": "no", "reason": "Manca la norma."}
    assert _lands(await _twice(reviewer, place, f"{place}/publication", **said), f"{place}?done=publication")
    await expert.send(place, f"{place}/review")
    assert _lands(await _twice(reviewer, place, f"{place}/publication"), f"{place}?done=publication")
    assert _lands(await _twice(expert, place, f"{place}/withdrawal"), f"{place}?done=withdrawal")

    row = await service.database["practices"].find_one({"_id": place.split("/")[2]})
    steps = ["started", "edited", "sent_for_review", "returned", "sent_for_review", "published", "withdrawn"]
    assert [line["action"] for line in row["history"]] == steps


async def test_who_begins_a_practice_that_exists_lands_on_it_and_is_told(visit, service) -> None:
    request, expert = await _solved(visit, service)
    old = hidden((await expert.get(request)).text, "/practices/new")
    place = (await expert.send(request, "/practices/new")).headers["location"].split("?")[0]

    late = await expert.http.post("/practices/new", data={**old, "once": "un altro"})

    assert (late.status_code, late.headers["location"]) == (303, f"{place}?done=exists")
    assert "esiste già" in (await expert.get(late.headers["location"])).text


async def test_who_begins_a_practice_that_is_somebody_else_s_draft_reads_so_on_the_request(visit, service) -> None:
    request, expert = await _solved(visit, service)
    other = await visit("coordinator", "public-procurement")
    old = hidden((await other.get(request)).text, "/practices/new")
    await expert.send(request, "/practices/new")

    late = await other.http.post("/practices/new", data=old)

    assert late.status_code == 409
    assert "è già stata ricavata una buona pratica" in late.text
    assert f'action="{request}/reopen"' in late.text


async def test_who_begins_a_practice_of_a_request_that_was_reopened_reads_so_on_the_request(visit, service) -> None:
    request, expert = await _solved(visit, service)
    old = hidden((await expert.get(request)).text, "/practices/new")
    await (await visit("official", BERGAMO)).send(request, f"{request}/reopen", reopening="Manca qualcosa.")

    late = await expert.http.post("/practices/new", data=old)

    assert late.status_code == 409
    assert "Una buona pratica si ricava da una richiesta risolta o chiusa." in late.text
    assert f'action="{request}/reply"' in late.text


async def test_a_step_of_a_practice_from_an_old_page_says_how_it_stands_now(visit, service) -> None:
    request, expert = await _solved(visit, service)
    place = (await expert.send(request, "/practices/new")).headers["location"].split("?")[0]
    await expert.send(place, f"{place}/save", **DRAFT)
    old = hidden((await expert.get(place)).text, f"{place}/save")
    await expert.send(place, f"{place}/review")

    late = await expert.http.post(f"{place}/save", data={**old, **DRAFT, "solution": "Parole scritte tardi."})

    assert late.status_code == 409
    assert "la buona pratica è passata allo stato «In revisione»" in late.text
    assert "`allowed`" not in late.text
    assert "Parole scritte tardi." in late.text


async def _linked(visit: Any) -> tuple[Browser, str, str]:
    """An official, the address of one of their requests, and the number of another that is linked to it."""
    official = await visit("official", BERGAMO)
    page, other = f"/requests/{await ask(official)}", await ask(official)
    assert (await official.send(page, f"{page}/link", link_to=other)).status_code == 303
    return official, page, other


async def test_linked_by_two_clicks_is_linked_once(visit, service) -> None:
    official = await visit("official", BERGAMO)
    page, other = f"/requests/{await ask(official)}", await ask(official)

    assert _lands(await _twice(official, page, f"{page}/link", link_to=other), f"{page}?done=link")

    assert (await official.get(page)).text.count(f"ha collegato la richiesta {other}.") == 1


async def test_unlinked_by_two_clicks_is_unlinked_once(visit) -> None:
    official, page, other = await _linked(visit)

    assert _lands(await _twice(official, page, f"{page}/unlink"), f"{page}?done=unlink")

    after = (await official.get(f"{page}?done=unlink")).text
    assert after.count(f"ha eliminato il collegamento con la richiesta {other}.") == 1
    assert "Il collegamento è stato eliminato." in after


async def test_a_link_to_a_request_that_was_joined_says_which_one_to_name(visit, service) -> None:
    official, coordinator = await visit("official", BERGAMO), await visit("coordinator")
    page, other, survivor = f"/requests/{await ask(official)}", await ask(official), await ask(official)
    await _merged(coordinator, other, survivor)

    late = await official.send(page, f"{page}/link", link_to=other)

    assert late.status_code == 422
    assert f"è stata unita alla {survivor}" in late.text
    assert f'value="{other}"' in late.text


async def _merged(coordinator: Browser, number: str, into: str) -> httpx.Response:
    token = hidden((await coordinator.get("/requests")).text, "/logout")
    return await coordinator.http.post(f"/requests/{number}/similar/merge", data={**token, "into": into})


async def test_linking_from_the_old_page_of_a_request_that_was_joined_shows_it_as_it_is(visit) -> None:
    official, page, _ = await _linked(visit)
    coordinator = await visit("coordinator")
    text = (await official.get(page)).text
    link, unlink = hidden(text, f"{page}/link"), hidden(text, f"{page}/unlink")
    survivor, third = await ask(official), await ask(official)
    await _merged(coordinator, page.rsplit("/", 1)[1], survivor)

    late = await official.http.post(f"{page}/link", data={**link, "link_to": third, "link_kind": "related"})
    removed = await official.http.post(f"{page}/unlink", data=unlink)

    assert late.status_code == 409
    assert third in late.text  # What was written is not lost.
    assert f'href="/requests/{survivor}"' in late.text
    assert (removed.status_code, removed.headers.get("location")) == (303, page)
    after = (await official.get(page)).text
    assert f'href="/requests/{survivor}"' in after
    assert "Il collegamento è stato eliminato." not in after


async def test_requests_joined_before_are_shown_joined_to_who_joins_them_again(visit) -> None:
    official, coordinator = await visit("official", BERGAMO), await visit("coordinator")
    one, two, three = [await ask(official) for _ in range(3)]

    answers = [await _merged(coordinator, one, two) for _ in range(2)]
    elsewhere, ended = await _merged(coordinator, one, three), await _merged(coordinator, three, one)

    assert _lands(answers, f"/requests/{two}?done=merge")
    assert elsewhere.status_code == 409
    assert "nel frattempo la richiesta è passata allo stato" in elsewhere.text
    assert f'href="/requests/{two}"' in elsewhere.text
    assert ended.status_code == 422
    assert "Indicare un’altra richiesta in corso." in ended.text


async def test_data_that_somebody_changed_meanwhile_stand_beside_what_was_written(visit, service) -> None:
    official, coordinator = await visit("official", BERGAMO), await visit("coordinator")
    page = f"/requests/{await ask(official)}"
    fields = {"urgency": "normal", "tags": ""}
    old = hidden((await coordinator.get(page)).text, f"{page}/edit")
    await coordinator.send(page, f"{page}/edit", **fields, title="Il titolo di adesso")

    late = await coordinator.http.post(f"{page}/edit", data={**old, **fields, "title": "Il titolo tardivo"})
    again = await coordinator.http.post(
        f"{page}/edit", data={**hidden(late.text, f"{page}/edit"), **fields, "title": "Il titolo tardivo"}
    )

    assert late.status_code == 412
    assert "Nel frattempo qualcuno ha modificato questi dati." in late.text
    assert "Ora vale: «Il titolo di adesso»." in late.text
    assert 'value="Il titolo tardivo"' in late.text
    assert again.status_code == 303
    assert "Il titolo tardivo" in (await coordinator.get(page)).text


async def test_data_of_a_request_that_was_closed_meanwhile_are_shown_to_be_copied(visit, service) -> None:
    page, expert = await _solved(visit, service)
    old = hidden((await expert.get(page)).text, f"{page}/edit")
    await (await visit("coordinator")).send(page, f"{page}/close")

    late = await expert.http.post(f"{page}/edit", data={**old, "title": "Mai salvato", "urgency": "high", "tags": ""})

    assert late.status_code == 409
    assert "Mai salvato" in late.text
    assert "nel frattempo la richiesta è passata allo stato «Chiusa»" in late.text
