"""What can be done with a request, by whom, and what a refusal offers instead."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from contracts.assignments import AssignmentAccepted, AssignmentOffered
from services.intake.domain.transitions import STATUSES, TRANSITIONS, allowed, judge
from tests.intake.conftest import ADMIN_KEY, BERGAMO, SARONNO, Town, published
from tests.intake.events import assignment, deliver

EXPERT = {"role": "expert", "scope_kind": "task_force", "scope": "site-remediation"}
COORDINATOR = {"role": "coordinator", "scope_kind": "programme"}
Act = Callable[..., Awaitable[Any]]


class Case:
    """A request of Varese with its requester and its expert at work."""

    def __init__(self, town: Town, number: str, id: str, requester: str, expert: str, expert_id: str) -> None:
        self.town, self.number, self.id = town, number, id
        self.requester, self.expert, self.expert_id = requester, expert, expert_id

    async def does(self, action: str, key: str, **form: Any) -> Any:
        return await self.town.call("POST", f"/api/requests/{self.number}/{action}", key, json=form)

    async def read(self, key: str = ADMIN_KEY) -> Any:
        return (await self.town.call("GET", f"/api/requests/{self.number}", key)).json()


@pytest.fixture
async def case(town: Town) -> Case:
    _, requester = await town.official()
    expert_id, expert = await town.person(EXPERT)
    request = await town.submitted(requester)
    accepted = assignment(AssignmentAccepted, request, "accepted", expert=expert_id, round=1, sequence=2)
    await deliver(town, accepted)
    return Case(town, request["number"], request["id"], requester, expert, expert_id)


async def test_a_request_walks_from_acceptance_to_its_rating(case: Case) -> None:
    assert (await case.read())["status"] == "in_progress"

    assert (await case.does("ask", case.expert, text="Quale anno?")).status_code == 201
    assert (await case.read())["status"] == "waiting"
    assert (await case.does("messages", case.requester, text="Il 1998.")).status_code == 201
    assert (await case.read())["status"] == "in_progress"
    resolved = await case.does("resolve", case.expert, outcome="solved", text="Ecco il parere.")
    assert resolved.json()["status"] == "resolved"
    assert (await case.does("reopen", case.requester, reason="Manca un allegato.")).json()["status"] == "submitted"
    assert (await case.does("resolve", case.expert, outcome="solved", text="Aggiunto.")).status_code == 200
    closed = await case.does("close", case.requester, rating=5, comment="Grazie")

    assert closed.json()["status"] == "closed"
    assert closed.json()["rating"] == 5
    kinds = [message["kind"] for message in closed.json()["messages"]]
    assert kinds == ["question", "answer", "resolution", "reopening", "resolution", "comment"]


async def test_a_request_that_is_open_again_has_no_outcome_and_no_rating(case: Case) -> None:
    await case.does("resolve", case.expert, outcome="solved", text="Ecco il parere.")
    closed = (await case.does("close", case.requester, rating=2)).json()

    reopened = (await case.does("reopen", case.requester, reason="Manca un allegato.")).json()

    assert (closed["outcome"], closed["rating"]) == ("solved", 2)
    assert (reopened["outcome"], reopened["rating"]) == (None, None)
    assert [line["details"].get("rating") for line in reopened["timeline"] if line["action"] == "closed"] == [2]


async def test_each_change_is_one_event_with_the_next_sequence_and_no_text(case: Case) -> None:
    await case.does("ask", case.expert, text="Quale anno, esattamente?")
    await case.does("messages", case.requester, text="Il millenovecentonovantotto.")
    await case.does("resolve", case.expert, outcome="solved", text="Ecco il parere.")

    events = await published(case.town, case.id)

    assert [event["sequence"] for event in events] == [1, 2, 3, 4]
    assert [event["type"].split(".")[2] for event in events] == [
        "submitted", "information-asked", "information-provided", "resolved",
    ]  # fmt: skip
    assert events[-1]["data"]["state"]["lead"] == case.expert_id
    assert "millenovecento" not in str(events)
    assert "parere" not in str(events)


async def test_a_transition_that_the_state_does_not_allow_names_those_that_it_does(case: Case) -> None:
    await case.does("resolve", case.expert, outcome="solved", text="Fatto.")

    answer = await case.does("withdraw", case.requester)

    assert answer.status_code == 409
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["request_status"] == "resolved"
    assert answer.json()["allowed"] == ["message", "reopen", "close", "register", "link"]


async def test_a_refused_transition_changes_and_publishes_nothing(case: Case) -> None:
    await case.does("withdraw", case.requester)
    before = await published(case.town, case.id)

    answer = await case.does("resolve", case.expert, outcome="solved", text="Tardi.")

    assert answer.status_code == 409
    assert await published(case.town, case.id) == before
    assert (await case.read())["status"] == "withdrawn"


async def test_of_two_who_resolve_at_once_one_is_told_that_it_is_done(case: Case) -> None:
    answers = await asyncio.gather(*(case.does("resolve", case.expert, outcome="solved", text="Io.") for _ in range(5)))

    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409, 409]
    assert len([event for event in await published(case.town, case.id) if "resolved" in event["type"]]) == 1


async def test_the_requester_cannot_do_what_the_expert_does(case: Case) -> None:
    assert (await case.does("resolve", case.requester, outcome="solved", text="Da solo.")).status_code == 403
    assert (await case.does("close", case.expert)).status_code == 403
    assert (await case.does("merge", case.expert, into="2026-000001")).status_code == 403


async def test_internal_messages_are_hidden_from_the_requester(case: Case) -> None:
    assert (await case.does("messages", case.expert, text="Sentire ARPA?", visibility="internal")).status_code == 201
    refused = await case.does("messages", case.requester, text="psst", visibility="internal")

    assert refused.status_code == 403
    assert (await case.read(case.requester))["messages"] == []
    assert [message["text"] for message in (await case.read(case.expert))["messages"]] == ["Sentire ARPA?"]
    assert "message" not in [line["action"] for line in (await case.read(case.requester))["timeline"]]


async def test_a_message_with_the_same_key_is_posted_once(case: Case) -> None:
    path, headers = f"/api/requests/{case.number}/messages", {"Idempotency-Key": "m-1"}
    sent = [
        await case.town.call("POST", path, case.requester, json={"text": "Una volta"}, headers=headers)
        for _ in range(2)
    ]

    assert sent[0].json() == sent[1].json()
    assert len((await case.read())["messages"]) == 1


async def test_a_question_with_the_same_key_is_asked_once(case: Case) -> None:
    path, headers = f"/api/requests/{case.number}/ask", {"Idempotency-Key": "q-1"}
    form = {"text": "Quale ente?"}
    sent = [await case.town.call("POST", path, case.expert, json=form, headers=headers) for _ in range(2)]

    assert [answer.status_code for answer in sent] == [201, 201]
    assert sent[0].json() == sent[1].json()
    assert len((await case.read())["messages"]) == 1


async def test_reclassifying_ends_triage_and_tells_that_it_was_the_first_time(town: Town) -> None:
    request = await town.submitted(theme=None, title="Una domanda", description="Ci serve un aiuto.")

    answer = await town.call(
        "POST", f"/api/requests/{request['number']}/reclassify", json={"theme": "waste-management"}
    )

    assert answer.json()["status"] == "submitted"
    event = (await published(town, request["id"]))[-1]
    assert event["data"]["corrected"] is False
    assert event["data"]["state"]["theme"] == "waste-management"


async def test_a_correction_to_an_unknown_theme_names_the_nearest(case: Case) -> None:
    answer = await case.does("reclassify", case.expert, theme="waste")

    assert answer.status_code == 422
    assert "waste-management" in answer.json()["nearest"]


async def test_merging_loses_no_message_and_leads_to_the_survivor(case: Case) -> None:
    survivor = await case.town.submitted(case.requester, title="La stessa discarica")
    await case.does("messages", case.requester, text="Detto nella prima.")

    merged = await case.does("merge", ADMIN_KEY, into=survivor["number"])

    assert merged.json()["status"] == "merged"
    assert merged.json()["merged_into"] == survivor["number"]
    whole = (await case.town.call("GET", f"/api/requests/{survivor['number']}", case.requester)).json()
    assert [message["text"] for message in whole["messages"]] == ["Detto nella prima."]
    assert {"submitted", "absorbed", "merged"} <= {line["action"] for line in whole["timeline"]}
    late = await case.does("messages", case.requester, text="Troppo tardi")
    assert late.status_code == 409
    assert late.json()["merged_into"] == survivor["number"]
    event = (await published(case.town, case.id))[-1]
    assert event["data"]["into_number"] == survivor["number"]


async def test_a_chain_of_merges_keeps_every_conversation_readable(town: Town) -> None:
    first, second, third = [await town.submitted(title=f"Numero {n}") for n in range(3)]
    await town.call("POST", f"/api/requests/{first['number']}/messages", json={"text": "dalla prima"})
    await town.call("POST", f"/api/requests/{second['number']}/messages", json={"text": "dalla seconda"})

    await town.call("POST", f"/api/requests/{first['number']}/merge", json={"into": second["number"]})
    await town.call("POST", f"/api/requests/{second['number']}/merge", json={"into": third["number"]})

    whole = (await town.call("GET", f"/api/requests/{third['number']}")).json()
    assert [message["text"] for message in whole["messages"]] == ["dalla prima", "dalla seconda"]


async def test_requests_of_different_bodies_cannot_be_merged(case: Case) -> None:
    other = await case.town.submitted(body=SARONNO)

    answer = await case.does("merge", ADMIN_KEY, into=other["number"])

    assert answer.status_code == 422


async def test_a_request_cannot_be_merged_into_itself_or_an_ended_one(case: Case) -> None:
    ended = await case.town.submitted(case.requester)
    await case.town.call("POST", f"/api/requests/{ended['number']}/withdraw", case.requester)

    assert (await case.does("merge", ADMIN_KEY, into=case.number)).status_code == 422
    assert (await case.does("merge", ADMIN_KEY, into=ended["number"])).status_code == 422
    assert (await case.does("merge", ADMIN_KEY, into="2026-999999999")).status_code == 422


ROLES: list[tuple[str, dict[str, Any] | None, int]] = [
    ("an official of the body", {"role": "official", "scope_kind": "body", "scope": "012133"}, 200),
    ("an official of another body", {"role": "official", "scope_kind": "body", "scope": BERGAMO}, 404),
    ("an official of the province", {"role": "official", "scope_kind": "body", "scope": "012"}, 404),
    ("a front-end of the body", {"role": "front_end", "scope_kind": "body", "scope": "012133"}, 200),
    ("a front-end of another body", {"role": "front_end", "scope_kind": "body", "scope": BERGAMO}, 404),
    ("a front-end of the programme", {"role": "front_end", "scope_kind": "programme"}, 200),
    ("an expert who was not asked", EXPERT, 404),
    ("a coordinator", COORDINATOR, 200),
    ("a monitor", {"role": "monitor", "scope_kind": "programme"}, 200),
    ("a service", {"role": "service", "scope_kind": "programme"}, 403),
    ("nobody", None, 401),
]


@pytest.mark.parametrize(("who", "grant", "status"), ROLES, ids=[who for who, _, _ in ROLES])
async def test_who_sees_a_request(case: Case, who: str, grant: dict[str, Any] | None, status: int) -> None:
    key = (await case.town.person(grant))[1] if grant else None

    one = await case.town.call("GET", f"/api/requests/{case.number}", key)
    listed = await case.town.call("GET", "/api/requests?limit=200", key)

    assert one.status_code == status
    if status != 403 and key:
        numbers = [item["number"] for item in listed.json()["items"]]
        assert (case.number in numbers) == (status == 200)


async def test_a_monitor_sees_states_but_not_the_conversation(case: Case) -> None:
    await case.does("messages", case.requester, text="Riservato")
    _, monitor = await case.town.person({"role": "monitor", "scope_kind": "programme"})

    assert "messages" not in await case.read(monitor)


async def test_the_requester_is_told_a_name_only_when_somebody_has_accepted(town: Town) -> None:
    _, requester = await town.official()
    request = await town.submitted(requester)
    asked, name = "00000000-0000-4000-8000-000000000009", f"/api/requests/{request['number']}"
    await deliver(town, assignment(AssignmentOffered, request, "offered", expert=asked, round=1, sequence=1))

    seen = await town.call("GET", name, requester)
    listed = await town.call("GET", "/api/requests?limit=200", requester)
    coordination = await town.call("GET", name)

    assert asked not in seen.text
    assert asked not in listed.text
    assert coordination.json()["assignment"]["expert"]["id"] == asked
    await deliver(town, assignment(AssignmentAccepted, request, "accepted", expert=asked, round=1, sequence=2))
    assert (await town.call("GET", name, requester)).json()["assignment"]["expert"]["id"] == asked


async def test_the_lead_sees_the_request_until_somebody_else_is_asked(case: Case) -> None:
    released = assignment(AssignmentAccepted, {"id": case.id, "number": case.number}, "accepted",
                          expert="00000000-0000-4000-8000-000000000001", round=2, sequence=5)  # fmt: skip

    assert (await case.read(case.expert))["number"] == case.number
    await deliver(case.town, released)

    answer = await case.town.call("GET", f"/api/requests/{case.number}", case.expert)
    assert answer.status_code == 404


def test_every_status_but_merged_leaves_the_requester_something_to_do() -> None:
    assert [status for status in STATUSES if not allowed(status, frozenset({"requester"}))] == ["merged"]


def test_an_action_that_is_offered_is_possible() -> None:
    for transition in TRANSITIONS:
        for party in transition.by:
            for status in STATUSES:
                mine = frozenset({party})
                assert (transition.action in allowed(status, mine)) == (
                    judge(transition.action, status, mine) == "yes" and transition.action != "provide"
                )
