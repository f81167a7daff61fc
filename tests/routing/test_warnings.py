"""What speaks against an expert going on with an accepted request is shown to who can decide, and taken by nobody."""

from datetime import timedelta

import pytest

from services.routing.store import ASSIGNMENTS, CASES, EXPERTS, TALKS
from services.routing.store.warnings import followed_query, suspects_query, talks_query
from tests.routing.material import MONDAY, OTHER, THEME, Routing, person
from tests.routing.test_desk_pages import text_of
from tests.routing.test_plans import stages
from tests.routing.test_talks import PATH, followed, offered

NUMBER = "2026-000001"
OVER, CONFLICT = "contratto o ruolo di esperto finito", "conflitto di interessi dichiarato"
AWAY = "assente nel giorno di un colloquio prenotato"
DAY = timedelta(days=1)


async def pages(routing: Routing, assignment: str) -> list[str]:
    """The board, the request's page of the desk, and its part of the request's page, as the coordinator reads them."""
    await routing.grant("carla", "coordinator", "task_force", THEME)
    addresses = ("/desk/board", f"/desk/assignments/{assignment}", f"/desk/requests/{NUMBER}/assignment")
    async with routing.browser("carla") as browser:
        return [text_of(await browser.get(address)) for address in addresses]


@pytest.mark.parametrize("ended", [{"contract_end": MONDAY + DAY}, {"role_end": MONDAY + DAY}])
async def test_a_contract_or_role_that_ends_during_a_request_is_shown(
    routing: Routing, ended: dict[str, object]
) -> None:
    assignment = await followed(routing)
    await routing.expert("anna", **ended)
    # The role is what the grants say of it.
    grant = {"role": "expert", "scope_kind": "programme", "scope": None, "start": MONDAY - DAY, "end": MONDAY + DAY}
    if "role_end" in ended:
        await routing.database["access"].update_one(
            {"_id": person("anna")}, {"$set": {"grants": [grant], "credentials": [], "version": 1}}, upsert=True
        )
    before = await pages(routing, assignment)
    routing.clock.advance(2 * DAY)
    await routing.match()
    after = await pages(routing, assignment)

    assert not any(OVER in page for page in before)
    assert all(OVER in page for page in after)
    async with routing.browser("carla") as browser:
        board = (await browser.get("/desk/board")).text
    section = board[board.index('id="to-look-at"') :].partition("</section>")[0]
    assert f'href="/desk/experts/{person("anna")}/reassignment"' in section
    assert f'href="/desk/requests/{NUMBER}/assign"' in section


async def test_a_role_that_is_taken_away_during_a_request_is_shown(routing: Routing) -> None:
    assignment = await followed(routing)
    await routing.expert("anna", entitled=False)

    assert all(OVER in page for page in await pages(routing, assignment))


@pytest.mark.parametrize("which", ["bodies", "companies"])
async def test_a_conflict_declared_on_an_accepted_request_is_shown(routing: Routing, which: str) -> None:
    assignment = await followed(routing)
    await routing.database[CASES].update_one({"number": NUMBER}, {"$set": {"companies": ["01234567890"]}})
    wanted = {"bodies": ["012133"], "companies": ["01234567890"]}[which]
    async with routing.api("anna") as api:
        other = await api.post(f"/api/experts/{person('anna')}/conflicts", json={"bodies": ["012001"]})
        before = await pages(routing, assignment)
        await api.post(f"/api/experts/{person('anna')}/conflicts", json={which: wanted})

    assert other.status_code == 201
    assert not any(CONFLICT in page for page in before)
    assert all(CONFLICT in page for page in await pages(routing, assignment))


async def test_a_conflict_of_who_helps_is_shown(routing: Routing) -> None:
    await routing.expert("bea", themes=[{"code": OTHER, "level": 3}])
    await routing.grant("bea", "expert")
    assignment = await followed(routing)
    helping = {"co_experts": [person("bea")], "people": [person("anna"), person("bea")]}
    await routing.database[ASSIGNMENTS].update_one({"_id": assignment}, {"$set": helping})
    before = await pages(routing, assignment)
    async with routing.api("bea") as bea:
        await bea.post(f"/api/experts/{person('bea')}/conflicts", json={"bodies": ["012133"]})

    assert not any("dichiarato da chi collabora" in page for page in before)
    assert all("dichiarato da chi collabora" in page for page in await pages(routing, assignment))


async def test_an_absence_over_a_booked_talk_is_shown_to_the_coordinator(routing: Routing) -> None:
    assignment = await followed(routing)
    (slot,) = await offered(routing)
    async with routing.api("ugo") as body, routing.api("anna") as anna:
        await body.post(PATH, json={"slot": slot})
        path = f"/api/experts/{person('anna')}/absences"
        await anna.post(path, json={"from": "2026-12-01", "to": "2026-12-03"})
        before = await pages(routing, assignment)
        await anna.post(path, json={"from": "2026-11-30", "to": "2026-11-30"})

    assert not any(AWAY in page for page in before)
    assert all(AWAY in page for page in await pages(routing, assignment))


async def test_whoever_will_be_away_at_a_booked_talk_reads_which_one(routing: Routing) -> None:
    await followed(routing)
    (slot,) = await offered(routing)
    path = f"/api/experts/{person('anna')}/absences"
    async with routing.api("ugo") as body, routing.api("anna") as anna, routing.browser("anna") as browser:
        talk = (await body.post(PATH, json={"slot": slot})).json()
        harmless = await anna.post(path, json={"from": "2026-12-01", "to": "2026-12-03"})
        quiet = [text_of(await browser.get(address)) for address in ("/desk/absences", "/desk")]
        corrected = await anna.patch(path + "?from=2026-12-01&to=2026-12-03", json={"from": "2026-11-30"})
        noted = await anna.post(path, json={"from": "2026-11-29", "to": "2026-11-30"})
        absences, desk = text_of(await browser.get("/desk/absences")), text_of(await browser.get("/desk"))

    assert harmless.json()["missed_talks"] == []
    for answer in (corrected, noted):
        assert [one["id"] for one in answer.json()["missed_talks"]] == [talk["id"]], answer.text
    assert "Ci sono colloqui prenotati" in absences and NUMBER in absences
    assert "Ci sono colloqui prenotati" not in quiet[0]
    assert [desk.count("giorno di assenza"), quiet[1].count("giorno di assenza")] == [1, 0]


async def test_only_who_directs_the_task_force_reads_the_warnings_of_its_requests(routing: Routing) -> None:
    await followed(routing)
    await routing.expert("anna", entitled=False)
    await routing.grant("olga", "coordinator", "task_force", OTHER)
    async with routing.browser("olga") as other, routing.browser("ugo") as body:
        board = await other.get("/desk/board")
        who = await body.get(f"/desk/requests/{NUMBER}/assignment")

    assert (board.status_code, who.status_code) == (200, 200)
    assert OVER not in text_of(board) and OVER not in text_of(who)


@pytest.mark.parametrize(
    ("collection", "query"),
    [
        (EXPERTS, suspects_query(MONDAY)),
        (ASSIGNMENTS, followed_query([person("a"), person("b")])),
        (TALKS, talks_query([person("a")], MONDAY)),
    ],
)
async def test_the_questions_behind_the_warnings_have_their_index(
    routing: Routing, collection: str, query: dict[str, object]
) -> None:
    await routing.expert("a")
    plan = (await routing.database[collection].find(query).explain())["queryPlanner"]["winningPlan"]

    assert "IXSCAN" in stages(plan)
    assert "COLLSCAN" not in stages(plan)
