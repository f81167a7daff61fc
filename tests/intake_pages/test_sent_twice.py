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
