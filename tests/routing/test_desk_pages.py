"""The pages of the desk as people meet them in a browser."""

import re
from html import unescape
from typing import Any

import httpx
import pytest

from services.chassis.settings import Settings
from services.routing.names import Names
from tests.routing.material import OTHER, Routing


async def offered(routing: Routing, number: int = 1) -> str:
    """A request that is offered to `anna`; returns the assignment."""
    await routing.expert("anna", provinces=["VA"])
    await routing.grant("anna", "expert")
    request = await routing.submit(number)
    await routing.match()
    lead = await routing.lead(request)
    assert lead is not None
    return str(lead["_id"])


def token_of(page: httpx.Response) -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', page.text)
    assert found, page.text
    return found[1]


def text_of(page: httpx.Response) -> str:
    """What a person reads."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.text))


async def test_an_expert_finds_offers_with_their_deadline_and_answers(routing: Routing) -> None:
    assignment = await offered(routing)
    async with routing.browser("anna") as browser:
        desk = await browser.get("/desk")
        page = await browser.get(f"/desk/assignments/{assignment}")
        accepted = await browser.post(f"/desk/assignments/{assignment}/accept", data={"csrf_token": token_of(page)})
        after = await browser.get(accepted.headers["location"])
        desk_after = await browser.get("/desk")

    assert desk.status_code == 200
    assert f"/desk/assignments/{assignment}" in desk.text
    assert "Rispondere entro il 25 novembre 2026, 10:00" in text_of(desk)
    assert 'hx-get="/requests/2026-000001/summary"' in page.text
    assert "nome non disponibile" in text_of(page)
    assert accepted.status_code == 303
    assert 'href="/requests/2026-000001"' in after.text
    assert "/accept" not in after.text
    assert 'href="/requests/2026-000001"' in desk_after.text


async def test_an_expert_declines_with_a_reason(routing: Routing) -> None:
    assignment = await offered(routing)
    async with routing.browser("anna") as browser:
        page = await browser.get(f"/desk/assignments/{assignment}")
        token = {"csrf_token": token_of(page)}
        without = await browser.post(f"/desk/assignments/{assignment}/decline", data=token)
        declined = await browser.post(f"/desk/assignments/{assignment}/decline", data=token | {"reason": "no_time"})
        late = await browser.post(f"/desk/assignments/{assignment}/accept", data=token)

    assert without.status_code == 422
    assert 'aria-invalid="true"' in without.text
    assert (declined.status_code, declined.headers["location"]) == (303, "/desk?done=declined")
    assert late.status_code == 409
    assert "già chiusa" in text_of(late)


async def test_a_form_without_the_pages_token_changes_nothing(routing: Routing) -> None:
    assignment = await offered(routing)
    async with routing.browser("anna") as browser:
        answer = await browser.post(f"/desk/assignments/{assignment}/accept", data={"csrf_token": "forged"})

    assert answer.status_code == 403
    row = await routing.database["assignments"].find_one({"_id": assignment})
    assert row
    assert row["status"] == "offered"


async def test_coordinators_see_who_waits_and_why(routing: Routing) -> None:
    await routing.grant("carla", "coordinator")
    await routing.submit(7, theme=OTHER)
    await routing.match()
    async with routing.browser("carla") as browser, routing.browser("carla", "en") as english:
        board, in_english = await browser.get("/desk/board"), await english.get("/desk/board?lang=en")

    assert "2026-000007" in board.text
    assert "Nessun esperto del programma" in text_of(board)
    assert "No expert of the programme works on this theme" in text_of(in_english)


@pytest.mark.parametrize("role", ["coordinator", "secretariat"])
async def test_who_has_no_desk_is_led_to_the_board_and_hears_there_what_was_done(routing: Routing, role: str) -> None:
    assignment = await offered(routing)
    await routing.grant("carla", role)
    async with routing.browser("carla") as browser:
        led = await browser.get("/desk")
        page = await browser.get(f"/desk/assignments/{assignment}")
        given = await browser.post(f"/desk/assignments/{assignment}/release", data={"csrf_token": token_of(page)})
        told = await browser.get(given.headers["location"])
        board = await browser.get(told.headers["location"])

    assert (led.status_code, led.headers["location"]) == (303, "/desk/board")
    assert (told.status_code, told.headers["location"]) == (303, "/desk/board?done=released")
    assert board.status_code == 200
    assert "viene proposta a un'altra persona" in unescape(text_of(board))
    assert 'href="/desk"' not in board.text.partition("<main")[0]


async def test_an_expert_who_coordinates_has_a_desk_and_a_way_to_the_board(routing: Routing) -> None:
    assignment = await offered(routing)
    await routing.grant("anna", "coordinator")
    async with routing.browser("anna") as browser:
        desk = await browser.get("/desk")

    assert desk.status_code == 200
    assert f"/desk/assignments/{assignment}" in desk.text
    assert 'href="/desk/board"' in desk.text.partition("<main")[2]


@pytest.mark.parametrize(
    ("name", "role", "scope", "status", "words"),
    [
        ("anna", "expert", None, 200, "Le viene chiesto di prendere in carico"),
        ("carla", "coordinator", None, 200, "Perché questo esperto"),
        ("ugo", "official", ("body", "012133"), 200, "È stato chiesto a un esperto"),
        ("eva", "official", ("body", "015146"), 404, ""),
        ("bruno", "expert", None, 404, ""),
    ],
)
async def test_the_part_of_a_requests_page_tells_each_reader_what_they_may_know(
    routing: Routing, name: str, role: str, scope: Any, status: int, words: str
) -> None:
    assignment = await offered(routing)
    if name != "anna":
        await routing.grant(name, role, *(scope or ("programme", None)))
    async with routing.browser(name) as browser:
        part = await browser.get("/desk/requests/2026-000001/assignment")

    assert part.status_code == status
    assert words in text_of(part)
    assert (f"/desk/assignments/{assignment}/accept" in part.text) == (name == "anna")
    if status == 200:
        assert "<html" not in part.text


async def test_the_desk_of_somebody_else_is_closed(routing: Routing) -> None:
    assignment = await offered(routing)
    await routing.grant("bruno", "expert")
    await routing.grant("ugo", "official", "body", "012133")
    async with routing.browser("bruno") as expert, routing.browser("ugo") as official, routing.browser("zed") as nobody:
        assert (await expert.get(f"/desk/assignments/{assignment}")).status_code == 404
        assert (await official.get("/desk")).status_code == 403
        answer = await nobody.get(f"/desk/assignments/{assignment}")

    assert (answer.status_code, answer.headers["location"]) == (303, f"/login?next=/desk/assignments/{assignment}")


async def test_names_are_asked_once_and_a_missing_owner_costs_only_the_names() -> None:
    asked: list[str] = []

    def owner(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.params["ids"])
        if len(asked) == 1:
            return httpx.Response(503)
        assert request.headers["x-api-key"] == "secret"
        return httpx.Response(200, json={"items": [{"id": "a", "name": "Anna Bianchi", "email": "", "language": "it"}]})

    names = Names(Settings(service_key="secret"), httpx.MockTransport(owner))  # type: ignore[arg-type]

    assert await names.of(["a", None, "b"]) == {}
    assert await names.of(["a"]) == await names.of(["a", "a"]) == {"a": "Anna Bianchi"}
    assert asked == ["a,b", "a"]
    await names.stop()
