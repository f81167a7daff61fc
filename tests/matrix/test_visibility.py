"""Nothing for the wrong eyes: what is body B's is not found by anybody of body A, through any route."""

from typing import Any

import pytest

from tests.matrix.conftest import MARK
from tests.promises.people import SARONNO, until
from tests.promises.programme import Programme

pytestmark = pytest.mark.timeout(60)
STRANGERS = ("official", "representative", "front_end", "other_expert")
"""Two people and a front-end of body A, and an expert who is not the lead."""
ROLE_IS_SHUT_OUT = (403, 404)


@pytest.fixture(scope="module")
async def town_b(town: Programme) -> dict[str, Any]:
    """Body B's request, once every service has heard of it: number, id, assignment, message."""
    number, id = town.requests["b"]["number"], town.requests["b"]["id"]
    assignment = (await town.done("admin", "GET", f"/api/routing/requests/{number}"))["assignment"]["id"]
    deliveries = f"/api/deliveries?request={id}"

    async def told() -> bool:
        found = (await town.done("coordinator", "GET", deliveries))["items"]
        return {"received", "offer", "taken", "answer"} <= {item["message"] for item in found}

    await until(told)
    delivery = (await town.done("coordinator", "GET", deliveries))["items"][0]["id"]
    return {"number": number, "id": id, "assignment": assignment, "message": town.requests["note"]["id"],
            "delivery": delivery}  # fmt: skip


READ = (
    "/api/requests/{number}", "/requests/{number}", "/requests/{number}/conversation", "/requests/{number}/summary",
    "/api/intake/texts?requests={id}&messages={message}", "/api/assignments/{assignment}",
    "/desk/assignments/{assignment}", "/desk/requests/{number}/assignment", "/api/routing/requests/{number}",
    "/api/routing/queue", "/api/deliveries?request={id}", "/api/deliveries?request={number}",
    "/reports/requests/{number}/deadlines", "/api/intake/events", "/api/routing/events", "/api/notify/events",
    "/api/reporting/events", "/api/reports/service-levels",
)  # fmt: skip
ACT = (
    ("messages", {"text": "Ciao"}), ("ask", {"text": "Ciao?"}), ("resolve", {"outcome": "solved", "text": "Fatto"}),
    ("withdraw", {}), ("reopen", {"reason": "No"}), ("close", {"rating": 1}),
    ("reclassify", {"theme": "building-planning"}), ("merge", {"into": "2026-000001"}),
)  # fmt: skip
LISTS = (
    "/api/requests", "/api/requests?body={body}", f"/api/requests?q={MARK}", "/api/requests?assigned=true",
    "/api/requests?status=in_progress&theme=site-remediation", f"/requests?q={MARK}", "/requests", "/desk",
    "/api/assignments", "/api/assignments?expert={expert}", "/api/notifications", "/notifications",
    "/api/measurements?half_year=2026-H1&body={body}",
)  # fmt: skip


@pytest.mark.parametrize("who", STRANGERS)
async def test_a_stranger_reads_nothing_of_the_request(town, town_b, who) -> None:
    seen = {}
    for path in READ:
        answer = await town.call(who, "GET", path.format(**town_b))
        if answer.status_code not in ROLE_IS_SHUT_OUT or MARK in answer.text:
            seen[path] = answer.status_code

    assert seen == {}


@pytest.mark.parametrize("who", STRANGERS)
async def test_a_stranger_does_nothing_with_the_request(town, town_b, who) -> None:
    calls = [(f"/api/requests/{town_b['number']}/{action}", content) for action, content in ACT]
    calls += [(f"/api/assignments/{town_b['assignment']}/{action}", content)
              for action, content in (("accept", {}), ("decline", {"reason": "no_time"}), ("release", {}))]  # fmt: skip
    calls += [(f"/api/routing/requests/{town_b['number']}/assign", {"expert": town.people[who].id}),
              (f"/api/deliveries/{town_b['delivery']}/retry", {})]  # fmt: skip
    before = await town.status(town_b["number"])

    answers = {path: (await town.call(who, "POST", path, json=content)).status_code for path, content in calls}

    assert set(answers.values()) <= set(ROLE_IS_SHUT_OUT), answers
    assert await town.status(town_b["number"]) == before


@pytest.mark.parametrize("who", STRANGERS)
async def test_no_list_and_no_search_of_a_stranger_holds_the_request(town, town_b, who) -> None:
    lead, found = town.people["expert"].id, []
    for path in LISTS:
        answer = await town.call(who, "GET", path.format(body=SARONNO, expert=lead), headers={"accept": "text/html"})
        # A page repeats what was searched for; only the request itself would tell its number.
        if town_b["number"] in answer.text or f"Titolo {MARK}" in answer.text or answer.status_code >= 500:
            found.append(path)

    assert found == []


@pytest.mark.parametrize("who", ["official", "representative", "front_end"])
async def test_nobody_writes_in_the_name_of_another_body(town, who) -> None:
    form = {
        "body": SARONNO,
        "kind": "legal",
        "title": "Per altri",
        "description": "Non mio",
        "theme": "building-planning",
    }
    measured = {"body": SARONNO, "half_year": "2026-H1", "rows": [{"procedure": "via", "started": 1}]}
    calls = [("/api/requests", form), ("/api/measurements", measured)]
    calls += [(f"/api/bodies/{SARONNO}/delegates", {"name": "Io", "email": "io@altrove.example"})]

    answers = [(await town.call(who, "POST", path, json=content)).status_code for path, content in calls]

    assert answers == [403, 403, 403]


async def test_the_mails_and_notifications_about_it_reach_its_own_people_alone(town, town_b) -> None:
    mine = {town.people["official_b"].email, town.people["expert"].email}

    sent = {mail.recipients[0] for mail in town.mailbox.find() if town_b["number"] in mail.subject or MARK in str(mail)}
    rows = await town.services["notify"].database["notifications"].find({"request": town_b["id"]}).to_list(None)

    assert sent == mine
    assert {row["person"] for row in rows} == {town.people["official_b"].id, town.people["expert"].id}


async def test_a_monitor_follows_the_state_and_reads_no_conversation(town, town_b) -> None:
    paths = ("/api/requests/{number}", "/requests/{number}", "/requests/{number}/conversation",
             f"/api/requests?q=Messaggio {MARK}", "/desk/requests/{number}/assignment", "/api/intake/events",
             "/api/routing/events", "/api/notify/events", "/reports/requests/{number}/deadlines")  # fmt: skip

    for path in paths:
        answer = await town.call("monitor", "GET", path.format(**town_b))
        assert answer.status_code == 200, path
        for words in ("Messaggio", "Nota interna", "Risposta"):
            assert f"{words} {MARK}" not in answer.text, path
    texts = await town.call("monitor", "GET", f"/api/intake/texts?messages={town_b['message']}")
    assert texts.status_code == 403


async def test_the_body_does_not_read_what_experts_note_for_each_other(town, town_b) -> None:
    for path in ("/api/requests/{number}", "/requests/{number}", "/requests/{number}/conversation"):
        answer = await town.call("official_b", "GET", path.format(**town_b))

        assert f"Risposta {MARK}" in answer.text
        assert "Nota interna" not in answer.text
    assert not [mail for mail in town.mailbox.find(town.people["official_b"].email) if "Nota interna" in str(mail)]


async def test_what_is_hidden_from_strangers_is_there_for_its_own(town, town_b) -> None:
    """Otherwise all of the above could pass because nothing is ever shown."""
    for path in ("/api/requests/{number}", "/requests/{number}", f"/api/requests?q={MARK}", f"/requests?q={MARK}"):
        answer = await town.call("official_b", "GET", path.format(**town_b))
        assert MARK in answer.text and town_b["number"] in answer.text, path
    for path in ("/desk/requests/{number}/assignment", "/reports/requests/{number}/deadlines"):
        assert (await town.call("official_b", "GET", path.format(**town_b))).status_code == 200
    assert town_b["number"] in (await town.call("official_b", "GET", "/api/notifications")).text
    assert town_b["number"] in (await town.call("expert", "GET", "/api/assignments")).text
