"""What is suggested before something is sent: duplicates of the body, solved cases, and nothing for the wrong eyes."""

from typing import Any
from urllib.parse import urlencode

import pytest

from tests.intake.conftest import ADMIN_KEY, SARONNO, VARESE, Town

TITLE = "Sversamento di gasolio nel torrente"
TEXT = "Un'autocisterna ha versato gasolio nel torrente: serve la messa in sicurezza d'emergenza."
OTHER = "Gasolio versato nel torrente da un'autocisterna"


async def _similar(town: Town, key: str, body: str | None = VARESE, title: str = OTHER, text: str = TEXT) -> Any:
    query = {"title": title, "description": text} | ({"body": body} if body else {})
    answer = await town.call("GET", f"/api/requests/similar?{urlencode(query)}", key)
    assert answer.status_code == 200, answer.text
    return answer.json()


def _numbers(items: list[dict[str, Any]]) -> list[str]:
    return [item["number"] for item in items]


async def _solved(town: Town, body: str = VARESE) -> str:
    request = await town.submitted(body=body, title=TITLE, description=TEXT)
    path = f"/api/requests/{request['number']}/resolve"
    answer = await town.call("POST", path, json={"outcome": "solved", "text": "Ecco come."})
    assert answer.status_code == 200, answer.text
    return str(request["number"])


async def test_a_request_of_the_same_body_that_is_alike_is_told_best_first(town: Town) -> None:
    _, key = await town.official()
    alike = await town.submitted(title=TITLE, description=TEXT)
    other = await town.submitted(
        title="Rumore del bar in piazza", description="Ordinanza sugli orari notturni del bar."
    )

    found = (await _similar(town, key))["duplicates"]

    assert alike["number"] in _numbers(found)
    assert other["number"] not in _numbers(found)
    assert [item["likeness"] for item in found] == sorted((item["likeness"] for item in found), reverse=True)
    assert found[0]["links"]["page"] == f"/requests/{found[0]['number']}"


async def test_an_official_is_told_nothing_of_other_bodies(town: Town) -> None:
    _, saronno = await town.official(SARONNO)
    theirs, solved = await town.submitted(title=TITLE, description=TEXT), await _solved(town)

    told = await _similar(town, saronno, SARONNO)
    without = await _similar(town, saronno, None)
    asked = await town.call("GET", f"/api/requests/similar?title=Gasolio&body={VARESE}", saronno)

    for answer in (told, without):
        assert not {theirs["number"], solved} & {*_numbers(answer["duplicates"]), *_numbers(answer["solved"])}
    assert asked.status_code == 403


async def test_solved_cases_are_told_the_body_itself_and_to_experts_and_coordination_of_all(town: Town) -> None:
    solved = await _solved(town, SARONNO)
    _, official = await town.official(SARONNO)
    _, expert = await town.person({"role": "expert", "scope_kind": "programme"})
    _, coordinator = await town.person({"role": "coordinator", "scope_kind": "programme"})

    own = await _similar(town, official, SARONNO)
    for key in (expert, coordinator, ADMIN_KEY):
        assert solved in _numbers((await _similar(town, key, None))["solved"])
    told = next(item for item in (await _similar(town, expert, None))["solved"] if item["number"] == solved)

    assert solved in {*_numbers(own["solved"]), *_numbers(own["duplicates"])}
    assert told["links"] is None
    assert told["outcome"] == "solved"
    assert (await town.call("GET", f"/api/requests/{solved}", expert)).status_code == 404


async def test_who_helped_with_a_solved_case_may_read_it(town: Town) -> None:
    solved = await _solved(town, SARONNO)
    helper, key = await town.person({"role": "expert", "scope_kind": "programme"})
    change = {"$set": {"co_experts": [helper]}, "$inc": {"version": 1}}
    await town.service.database["requests"].update_one({"number": solved}, change)

    told = next(item for item in (await _similar(town, key, None))["solved"] if item["number"] == solved)

    assert (await town.call("GET", f"/api/requests/{solved}", key)).status_code == 200
    assert told["links"] == {"self": f"/api/requests/{solved}", "page": f"/requests/{solved}"}


@pytest.mark.parametrize(("title", "text"), [("", ""), ("Aiuto", "Buongiorno"), ("il della con", "per gli"), ("x", "")])
async def test_a_text_that_says_too_little_is_answered_with_nothing(town: Town, title: str, text: str) -> None:
    assert await _similar(town, ADMIN_KEY, VARESE, title, text) == {"duplicates": [], "solved": []}


@pytest.mark.parametrize(
    ("query", "status"),
    [("body=999999", 422), ("title=" + "x" * 201, 422), ("description=" + "x" * 4_001, 422), ("body=c_l682", 200)],
)
async def test_what_cannot_be_compared_is_named(town: Town, query: str, status: int) -> None:
    assert (await town.call("GET", f"/api/requests/similar?{query}")).status_code == status


async def test_candidates_are_bounded_and_read_from_indexes(town: Town) -> None:
    raw, profile = town.service.database.raw, town.service.database["system.profile"]
    _, expert = await town.person({"role": "expert", "scope_kind": "programme"})
    _, official = await town.official()
    for key in (expert, official):
        await profile.drop()
        await raw.command({"profile": 2})
        await _similar(town, key)
        await raw.command({"profile": 0})

        rows = [row async for row in profile.find({"op": "query", "ns": {"$regex": r"\.requests$"}})]
        assert rows
        assert all("COLLSCAN" not in row["planSummary"] and not row.get("hasSortStage") for row in rows)
        assert all(row["command"].get("limit", 0) > 0 for row in rows)


async def test_a_mail_is_compared_with_the_newest_of_its_body_alone(town: Town) -> None:
    first = await town.submitted(title=TITLE, description=TEXT)
    mail = await town.submitted(title=OTHER, description=TEXT)
    await town.service.database["requests"].update_one({"number": mail["number"]}, {"$set": {"channel": "email"}})
    _, coordinator = await town.person({"role": "coordinator", "scope_kind": "programme"})
    raw, profile = town.service.database.raw, town.service.database["system.profile"]
    await profile.drop()
    await raw.command({"profile": 2})

    told = await town.call("GET", f"/requests/{mail['number']}/twins", coordinator)
    await raw.command({"profile": 0})

    assert first["number"] in told.text, told.text
    rows = [row async for row in profile.find({"op": "query", "ns": {"$regex": r"\.requests$"}})]
    compared = [row for row in rows if "number" not in row["command"]["filter"]]
    plans = {plan for row in compared for plan in row["planSummary"].split(", IXSCAN ")}
    assert {plan.removeprefix("IXSCAN ") for plan in plans} == {"{ body: 1, status: 1, submitted_at: -1, _id: -1 }"}
    assert all(row["command"]["limit"] <= 40 and not row.get("hasSortStage") for row in compared)
