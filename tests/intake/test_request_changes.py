"""Several themes, links, data set right, requests by telephone: what a request knows besides its conversation."""

from typing import Any

import pytest

from contracts.assignments import AssignmentAccepted, AssignmentOffered
from contracts.envelope import new_id
from tests.intake.conftest import ADMIN_KEY, SARONNO, VARESE, Town, a_request, published
from tests.intake.events import assignment, deliver

COORDINATOR = {"role": "coordinator", "scope_kind": "programme"}
EXPERT = {"role": "expert", "scope_kind": "programme"}
MONITOR = {"role": "monitor", "scope_kind": "programme"}


def _number_after(number: str) -> str:
    year, place = number.split("-")
    return f"{year}-{int(place) + 1:0{len(place)}}"


async def _does(town: Town, method: str, path: str, key: str = ADMIN_KEY, status: int = 200, **more: Any) -> Any:
    answer = await town.call(method, f"/api/requests{path}", key, **more)
    assert answer.status_code == status, answer.text
    return answer.json() if answer.content else None


async def test_further_themes_and_companies_are_kept_and_told(town: Town) -> None:
    request = await town.submitted(
        further_themes=["waste-management", "site-remediation", "waste-management"],
        companies=["IT 0074 3110 157", "00743110157"],
    )

    assert request["further_themes"] == ["waste-management"]
    assert request["companies"] == ["00743110157"]
    state = (await published(town, request["id"]))[0]["data"]["state"]
    assert (state["further_themes"], state["companies"]) == (["waste-management"], ["00743110157"])


@pytest.mark.parametrize(
    ("field", "value", "pointer"),
    [
        ("further_themes", ["nothing"], "/further_themes/0"),
        ("further_themes", ["waste-management", "waste-management", "nothing"], "/further_themes/2"),
        ("companies", ["00743110158"], "/companies/0"),
        ("companies", ["RSSMRA80A01H501U"], "/companies/0"),
        ("follows", "2026-999999", "/follows"),
        ("requester", "00000000-0000-4000-8000-000000000009", "/requester"),
    ],
)
async def test_what_cannot_be_is_named(town: Town, field: str, value: Any, pointer: str) -> None:
    answer = await town.call("POST", "/api/requests", json=a_request(**{field: value}))

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == pointer


async def test_a_refused_submission_takes_no_number(town: Town) -> None:
    before = (await town.submitted())["number"]

    for fault in ({"follows": "2026-999999"}, {"requester": new_id()}, {"further_themes": ["nothing"]}):
        assert (await town.call("POST", "/api/requests", json=a_request(**fault))).status_code == 422

    assert (await town.submitted())["number"] == _number_after(before)


async def test_a_further_theme_that_becomes_the_first_is_no_further_one(town: Town) -> None:
    request = await town.submitted(further_themes=["waste-management"])
    path = f"/{request['number']}/reclassify"

    first = await _does(town, "POST", path, json={"theme": "waste-management"})
    both = await _does(town, "POST", path, json={"theme": "site-remediation", "further_themes": ["waste-management"]})
    kept = await _does(town, "POST", path, json={"theme": "site-remediation", "companies": ["00743110157"]})

    assert first["further_themes"] == []
    assert both["further_themes"] == kept["further_themes"] == ["waste-management"]
    assert (await published(town, request["id"]))[-1]["data"]["state"]["companies"] == ["00743110157"]


async def test_a_co_expert_sees_the_request_writes_and_is_shown_but_does_not_decide(town: Town) -> None:
    lead_id, lead = await town.person(EXPERT)
    helper_id, helper = await town.person(EXPERT, name="Rita Moroni")
    _, requester = await town.official()
    request = await town.submitted(requester)
    number = request["number"]
    await _does(town, "GET", f"/{number}", helper, 404)

    event = assignment(AssignmentAccepted, request, "accepted", expert=lead_id, round=1, sequence=2)
    state = event.data.state.model_copy(update={"co_experts": (helper_id,)})
    await deliver(town, event.model_copy(update={"data": event.data.model_copy(update={"state": state})}))

    read = await _does(town, "GET", f"/{number}", helper)
    assert read["assignment"]["co_experts"] == [{"id": helper_id, "name": "Rita Moroni"}]
    assert number in [item["number"] for item in (await _does(town, "GET", "?limit=200", helper))["items"]]
    said = await _does(town, "POST", f"/{number}/messages", helper, 201, json={"text": "Io penso alle acque."})
    assert said["author_role"] == "expert"
    await _does(town, "POST", f"/{number}/resolve", helper, 403, json={"outcome": "solved", "text": "Fatto."})
    await _does(town, "POST", f"/{number}/resolve", lead, json={"outcome": "solved", "text": "Fatto."})
    assert (await _does(town, "GET", f"/{number}", helper))["status"] == "resolved"
    other = assignment(AssignmentOffered, request, "offered", expert=lead_id, round=2, sequence=3)
    await _does(town, "POST", f"/{number}/reopen", requester, json={"reason": "Manca."})
    await deliver(town, other)
    await _does(town, "GET", f"/{number}", helper, 404)


class Pair:
    """Two requests of Varese and one of Saronno."""

    def __init__(self, town: Town, key: str, ours: list[Any], other: Any) -> None:
        self.town, self.key, self.ours, self.other = town, key, ours, other

    async def links(self, number: str, key: str) -> list[tuple[str, str]]:
        read = await _does(self.town, "GET", f"/{number}", key)
        return [(link["kind"], link["number"]) for link in read["linked_requests"]]

    async def actions(self, number: str, key: str) -> list[str]:
        return [line["action"] for line in (await _does(self.town, "GET", f"/{number}", key))["timeline"]]


@pytest.fixture
async def pair(town: Town) -> Pair:
    _, key = await town.official()
    ours = [await town.submitted(key, title=f"Numero {n}") for n in range(2)]
    return Pair(town, key, ours, await town.submitted(body=SARONNO))


async def test_a_link_is_read_from_both_requests_and_removed_from_both(pair: Pair) -> None:
    one, two = (request["number"] for request in pair.ours)
    made = await _does(pair.town, "POST", f"/{two}/links", pair.key, 201, json={"to": one, "kind": "follows"})

    assert await pair.links(two, pair.key) == [("follows", one)]
    assert await pair.links(one, pair.key) == [("followed_by", two)]
    assert "linked" in await pair.actions(one, pair.key)
    await _does(pair.town, "DELETE", f"/{one}/links/{made['id']}", pair.key, 204)

    assert await pair.links(two, pair.key) == await pair.links(one, pair.key) == []
    assert "unlinked" in await pair.actions(two, pair.key)
    await _does(pair.town, "DELETE", f"/{one}/links/{made['id']}", pair.key, 404)


async def test_a_link_is_shown_to_those_alone_who_may_see_its_other_end(pair: Pair) -> None:
    one, other = pair.ours[0]["number"], pair.other["number"]
    await _does(pair.town, "POST", f"/{one}/links", ADMIN_KEY, 201, json={"to": other})

    assert await pair.links(one, ADMIN_KEY) == [("related", other)]
    assert await pair.links(one, pair.key) == []
    assert "linked" not in await pair.actions(one, pair.key)
    assert other not in str(await _does(pair.town, "GET", f"/{one}", pair.key))


async def test_a_request_that_one_may_not_see_cannot_be_linked(pair: Pair) -> None:
    one, other = pair.ours[0]["number"], pair.other["number"]
    _, monitor = await pair.town.person(MONITOR)

    await _does(pair.town, "POST", f"/{one}/links", pair.key, 422, json={"to": other})
    await _does(pair.town, "POST", f"/{one}/links", pair.key, 422, json={"to": one})
    await _does(pair.town, "POST", f"/{one}/links", pair.key, 422, json={"to": "2026-999999"})
    await _does(pair.town, "POST", f"/{one}/links", monitor, 403, json={"to": pair.ours[1]["number"]})


async def test_linking_twice_changes_the_kind_and_tells_nobody_else(pair: Pair) -> None:
    one, two = pair.ours
    before = await published(pair.town, one["id"])
    for kind in ("related", "follows"):
        await _does(
            pair.town, "POST", f"/{one['number']}/links", pair.key, 201, json={"to": two["number"], "kind": kind}
        )

    assert await pair.links(one["number"], pair.key) == [("follows", two["number"])]
    assert await published(pair.town, one["id"]) == before


async def test_a_new_request_may_follow_an_earlier_one(pair: Pair) -> None:
    earlier = pair.ours[0]["number"]

    new = await pair.town.submitted(pair.key, follows=earlier)

    assert await pair.links(new["number"], pair.key) == [("follows", earlier)]
    assert await pair.links(earlier, pair.key) == [("followed_by", new["number"])]


async def test_data_are_set_right_and_found_by_their_new_words(town: Town) -> None:
    _, requester = await town.official()
    request = await town.submitted(requester)
    number = request["number"]
    changes = {"title": "Tutt’altro fotovoltaicissimo", "tags": ["backlog"], "urgency": "high"}

    changed = await _does(town, "PATCH", f"/{number}", json=changes)
    protocol = {"number": "77441/2026", "date": "2026-03-02", "registry": ""}
    await _does(town, "PATCH", f"/{number}", requester, json={"protocol": protocol})

    assert (changed["title"], changed["tags"], changed["urgency"]) == tuple(changes.values())
    for words in ("fotovoltaicissimo", "77441/2026", "discarica"):
        found = await _does(town, "GET", f"?q={words}&limit=200", requester)
        assert number in [item["number"] for item in found["items"]], words
    last = (await published(town, request["id"]))[-1]
    assert last["data"]["state"]["urgency"] == "high"
    edits = [line for line in (await _does(town, "GET", f"/{number}"))["timeline"] if line["action"] == "edited"]
    assert [line["details"]["fields"] for line in edits] == [["tags", "title", "urgency"], ["protocol"]]


async def test_of_two_who_set_the_same_data_right_the_later_one_is_told(town: Town) -> None:
    request = await town.submitted()
    path = f"/{request['number']}"
    seen = (await town.call("GET", f"/api/requests{path}")).headers["etag"]

    first = await town.call("PATCH", f"/api/requests{path}", json={"title": "Prima"}, headers={"If-Match": seen})
    await _does(town, "PATCH", path, status=412, json={"title": "Tardi"}, headers={"If-Match": seen})
    await _does(town, "PATCH", path, json={"tags": ["x"]}, headers={"If-Match": first.headers["etag"]})

    assert (await _does(town, "GET", path))["title"] == "Prima"


async def test_the_body_sets_its_protocol_number_and_nothing_else(town: Town) -> None:
    _, requester = await town.official()
    request = await town.submitted(requester)

    await _does(town, "PATCH", f"/{request['number']}", requester, 403, json={"title": "Mio"})
    await _does(town, "PATCH", f"/{request['number']}", requester, 422, json={"title": None})
    await _does(town, "POST", f"/{request['number']}/withdraw", requester)
    await _does(town, "PATCH", f"/{request['number']}", status=409, json={"title": "Tardi"})
    await _does(town, "PATCH", f"/{request['number']}", requester, json={"protocol": None})


async def test_coordination_writes_down_what_somebody_telephones(town: Town) -> None:
    id, official = await town.official()
    _, coordinator = await town.person(COORDINATOR)
    form = a_request(channel="phone", requester=id)

    answer = await town.call("POST", "/api/requests", coordinator, json=form)

    assert answer.status_code == 201, answer.text
    assert (answer.json()["channel"], answer.json()["requester"]) == ("phone", id)
    assert (await published(town, answer.json()["id"]))[0]["data"]["state"]["requester"] == id
    assert (await _does(town, "GET", f"/{answer.json()['number']}", official))["body"] == VARESE


async def test_a_coordinator_asks_in_no_other_way_and_officials_for_nobody_else(town: Town) -> None:
    other, official = await town.official()
    _, coordinator = await town.person(COORDINATOR)
    stranger, _ = await town.official(SARONNO)

    for key, form, status in (
        (coordinator, a_request(), 403),
        (coordinator, a_request(channel="phone", requester=stranger), 422),
        (coordinator, a_request(channel="phone", requester=new_id()), 422),
        ((await town.official())[1], a_request(requester=other), 422),
        (official, a_request(requester=other), 201),
    ):
        assert (await town.call("POST", "/api/requests", key, json=form)).status_code == status, form
