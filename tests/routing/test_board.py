"""The coordinators' board: what it counts, whom it shows what, and that it stays quick with many open requests."""

import re
import time
from datetime import timedelta
from typing import Any

import pytest

from contracts.envelope import new_id
from contracts.vocabulary import provinces, themes
from services.routing.store import ASSIGNMENTS, CASES
from services.routing.store.board import BoardStore
from tests.routing.material import MONDAY, OTHER, THEME, Routing, person
from tests.routing.test_desk_pages import text_of, token_of


async def busy(routing: Routing) -> None:
    """Two requests offered in Varese, one stuck there, one of another theme stuck in Mantova, one without a theme."""
    await routing.expert("anna", capacity=2)
    for number, state in enumerate(({}, {}, {}, {"province": "MN", "theme": OTHER}, {"theme": None}), start=1):
        await routing.submit(number, **state)
    await routing.match()


def row_of(page: str, heading: str, name: str) -> list[str]:
    """The cells of a row in the table below a heading."""
    part = page[page.index(f'id="{heading}"') :]
    for row in re.findall(r"<tr[^>]*>(.*?)</tr>", part, re.DOTALL):
        cells = [re.sub(r"<[^>]+>", "", cell).strip() for cell in re.findall(r"<t[hd].*?</t[hd]>", row, re.DOTALL)]
        if cells and cells[0] == name:
            return cells
    raise AssertionError(f"no row {name}")


async def test_map_and_table_show_the_same_numbers_and_sum_up_to_the_total(routing: Routing) -> None:
    await busy(routing)
    await routing.grant("sara", "secretariat")
    async with routing.browser("sara") as browser:
        page = (await browser.get("/desk/board")).text

    assert row_of(page, "provinces-heading", "Varese")[1:] == ["4", "2", "2", "2", "0"]
    assert row_of(page, "provinces-heading", "Mantova")[1:] == ["1", "1", "1", "0", "0"]
    assert row_of(page, "forces-heading", "Bonifiche")[1:] == ["3", "1", "1", "2", "0"]
    assert row_of(page, "forces-heading", "Senza tema")[1:] == ["1", "1", "1", "0", "0"]
    assert 'aria-label="Varese: 4 aperte, 2 in attesa"' in page
    drawn = dict(re.findall(r'aria-label="([^:"]+): (\d+) aperte', page))
    assert len(drawn) == 12
    assert drawn == {place.name: row_of(page, "provinces-heading", place.name)[1] for place in provinces()}
    assert "5" in text_of_facts(page)[0]


def text_of_facts(page: str) -> list[str]:
    return re.findall(r"<dd>(.*?)</dd>", page)


async def test_a_coordinator_sees_the_own_task_force_alone(routing: Routing) -> None:
    await busy(routing)
    await routing.grant("carla", "coordinator", "task_force", OTHER)
    async with routing.browser("carla") as browser:
        page = (await browser.get("/desk/board")).text
        foreign = (await browser.get(f"/desk/board?task_force={THEME}")).text

    for text in (page, foreign):
        assert text_of_facts(text)[:2] == ["1", "1"]
        assert "2026-000004" in text
        assert "2026-000003" not in text and "2026-000005" not in text


async def test_filters_narrow_figures_queue_and_requests_in_hand(routing: Routing) -> None:
    await busy(routing)
    await routing.grant("sara", "secretariat")
    async with routing.browser("sara") as browser:
        varese = (await browser.get("/desk/board?province=VA")).text
        both = (await browser.get(f"/desk/board?province=VA&task_force={THEME}")).text
        nonsense = (await browser.get("/desk/board?province=XX&task_force=nothing")).text

    assert text_of_facts(varese)[0] == "4" and text_of_facts(both)[0] == "3" and text_of_facts(nonsense)[0] == "5"
    numbers = {name: set(re.findall(r'href="/requests/(2026-\d{6})"', page)) for name, page in
               (("varese", varese), ("both", both))}  # fmt: skip
    assert numbers["varese"] == {"2026-000001", "2026-000002", "2026-000003", "2026-000005"}
    assert numbers["both"] == {"2026-000001", "2026-000002", "2026-000003"}


async def test_the_figures_are_sent_again_only_when_they_have_changed(routing: Routing) -> None:
    await busy(routing)
    await routing.grant("sara", "secretariat")
    async with routing.browser("sara") as browser:
        page = (await browser.get("/desk/board")).text
        again = re.search(r'hx-get="(/desk/board/figures[^"]+)"', page)
        assert again
        address = again[1].replace("&amp;", "&")
        same = await browser.get(address)
        await routing.submit(6)
        await routing.match()
        changed = await browser.get(address)
        still = (await browser.get("/desk/board?live=off")).text

    assert (same.status_code, same.text) == (204, "")
    assert changed.status_code == 200 and "<html" not in changed.text
    assert row_of(changed.text, "provinces-heading", "Varese")[1] == "5"
    assert "L’elenco di chi attende è cambiato" in text_of(changed)
    assert 'hx-get="/desk/board/figures' not in still


async def test_several_waiting_requests_are_given_to_one_expert_and_each_outcome_is_told(routing: Routing) -> None:
    for number in (1, 2, 3):
        await routing.submit(number)
    await routing.match()
    await routing.expert("anna", capacity=2, themes=[{"code": OTHER, "level": 3}])
    await routing.grant("sara", "secretariat")
    numbers = [f"2026-00000{number}" for number in (1, 2, 3)]
    async with routing.browser("sara") as browser:
        form = {"csrf_token": token_of(await browser.get("/desk/board"))}
        nothing = await browser.post("/desk/board/decisions", data=form)
        wish = {"expert": person("anna"), "action": "assign", "reason": "Conosce il sito", "request": numbers}
        decided = await browser.post("/desk/board/decisions", data=form | wish)
        again = await browser.post("/desk/board/decisions", data=form | wish)

    assert nothing.status_code == 422
    assert "Scegliere un esperto" in text_of(nothing) and "Scegliere almeno una richiesta" in text_of(nothing)
    for answer in (decided, again):
        told = re.findall(r"<tr role=\"row\">(.*?)</tr>", answer.text, re.DOTALL)[1:]
        assert ["L’esperto è stato interpellato" in row for row in told] == [True, True, False]
    assert await routing.held(person("anna")) == 2
    assert [await routing.database[ASSIGNMENTS].count_documents({"number": number}) for number in numbers] == [1, 1, 0]


async def fill(routing: Routing, open_cases: int) -> None:
    """Half of them wait, half are with an expert."""
    codes, places = [theme.code for theme in themes()], [place.sigla for place in provinces()]
    cases: list[dict[str, Any]] = []
    held: list[dict[str, Any]] = []
    for number in range(open_cases):
        id, at = new_id(), MONDAY - timedelta(minutes=number)
        facts = {"number": f"2026-{number:06d}", "province": places[number % 12], "status": "submitted"}
        waits = number % 2 == 0
        case = {
            **facts, "_id": id, "version": 1, "theme": codes[number % 7], "queue": "stuck" if waits else None,
            "precedence": at, "received_at": at, "lead": None, "kind": "technical", "urgency": "normal",
            "stuck": {"reason": "no_capacity", "refused": False, "at": at}, "body": "012133",
        }  # fmt: skip
        cases.append(case)
        if not waits:
            held.append({
                **facts, "_id": new_id(), "request": id, "task_force": codes[number % 7], "active": True,
                "status": "offered", "expert": person("a"), "people": [person("a")], "offered_at": at,
                "expires_at": at, "remind_at": None,
            })  # fmt: skip
    await routing.database[CASES].insert_many(cases)
    await routing.database[ASSIGNMENTS].insert_many(held)


async def test_the_counts_of_ten_thousand_open_requests_come_from_the_indexes_within_100_ms(routing: Routing) -> None:
    await fill(routing, 10_000)
    store = BoardStore(routing.database)
    await store.counts(None)

    took = []
    for _ in range(5):
        began = time.perf_counter()
        counts = await store.counts(None)
        took.append(time.perf_counter() - began)

    assert sum(count.n for count in counts) == 10_000
    assert min(took) < 0.1, took


@pytest.mark.parametrize("province", ["", "&province=VA"])
async def test_the_board_of_ten_thousand_open_requests_is_read_in_pages(routing: Routing, province: str) -> None:
    await fill(routing, 2_000)
    await routing.grant("sara", "secretariat")
    address: str | None = f"/desk/board?live=off{province}"
    seen: list[str] = []
    async with routing.browser("sara") as browser:
        while address and len(seen) < 3_000:
            page = (await browser.get(address)).text
            queue = page[page.index('id="queue"') : page.index('id="at-risk"')]
            seen += re.findall(r'href="/requests/(2026-\d{6})"', queue)
            following = re.search(r'href="([^"]+)" rel="next"', queue)
            address = following[1].replace("&amp;", "&") if following else None

    expected = [f"2026-{n:06d}" for n in reversed(range(2_000)) if n % 2 == 0 and (not province or n % 12 == 0)]
    assert list(seen) == expected
    if not province:
        key = page[page.index('class="aff-legend"') :].partition("</ul>")[0]
        assert re.search(r"\bda \d+ a \d+\b", key)
