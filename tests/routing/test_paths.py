"""The way to a page begins where its reader begins, and every step of it can be gone."""

import re

import pytest

from tests.routing.material import THEME, Routing
from tests.routing.test_desk_pages import offered

BOARD, DESK = ("Quadro", "/desk/board"), ("Scrivania", "/desk")
EXPERTS, SIMULATIONS = ("Esperti", "/desk/experts"), ("Simulazioni", "/desk/simulations")
_PATH = re.compile(r'<nav class="aff-breadcrumb".*?</nav>', re.DOTALL)
_STEP = re.compile(r'<li><a href="([^"]+)">([^<]+)</a></li>')
PAGES = [
    ("/desk/assignments/{id}", [BOARD], [DESK]),
    ("/desk/requests/2026-000001/assign", [BOARD], [DESK, BOARD]),
    ("/desk/experts", [BOARD], [DESK, BOARD]),
    ("/desk/experts/new", [BOARD, EXPERTS], [DESK, BOARD, EXPERTS]),
    ("/desk/experts/import", [BOARD, EXPERTS], [DESK, BOARD, EXPERTS]),
    ("/desk/simulations/new", [BOARD, SIMULATIONS], [DESK, SIMULATIONS]),
    (f"/desk/task-forces/{THEME}/hours", [BOARD], [DESK]),
]


@pytest.mark.parametrize(("page", "staff", "expert"), PAGES)
async def test_who_directs_comes_from_the_board_and_an_expert_from_the_desk(
    routing: Routing, page: str, staff: list[tuple[str, str]], expert: list[tuple[str, str]]
) -> None:
    address = page.format(id=await offered(routing))
    await routing.grant("carla", "coordinator")
    await routing.grant("anna", "coordinator")

    assert await _steps(routing, "carla", address) == staff
    assert await _steps(routing, "anna", address) == expert


async def test_who_only_reads_simulations_is_led_nowhere_else(routing: Routing) -> None:
    await routing.grant("mara", "monitor")

    assert await _steps(routing, "mara", "/desk/simulations") == []


async def _steps(routing: Routing, who: str, address: str) -> list[tuple[str, str]]:
    """What stands between the home page and this one; each is the page that it leads to, and not led on to another."""
    async with routing.browser(who) as browser:
        page = await browser.get(address)
        assert page.status_code == 200, page.text
        path = _PATH.search(page.text)
        assert path
        steps = [(text, href) for href, text in _STEP.findall(path[0]) if href != "/"]
        for _, href in steps:
            assert (await browser.get(href)).status_code == 200
    return steps
