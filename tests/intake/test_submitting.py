"""A new request: what is accepted, what is refused and how, and that the same one is never taken twice."""

import asyncio

import pytest

from tests.intake.conftest import ADMIN_KEY, BERGAMO, SARONNO, VARESE, Town, a_request, published


async def test_an_accepted_request_is_answered_whole_and_can_be_read_at_its_location(town: Town) -> None:
    person, key = await town.official()

    answer = await town.call("POST", "/api/requests", key, json=a_request(body="C_L682"))

    assert answer.status_code == 201
    request = answer.json()
    assert request["status"] == "submitted"
    assert request["body"] == VARESE
    assert request["requester"] == person
    assert request["theme"] == {"code": "site-remediation", "confidence": 1.0, "source": "given"}
    assert request["submitted_at"].endswith("Z")
    again = await town.call("GET", answer.headers["location"], key)
    assert again.json()["title"] == "Bonifica di una ex discarica"
    assert [line["action"] for line in again.json()["timeline"]] == ["submitted"]


async def test_an_accepted_request_is_announced_once_with_its_state_and_without_its_text(town: Town) -> None:
    request = await town.submitted()

    events = await published(town, request["id"])

    assert [event["type"] for event in events] == ["affianca.request.submitted.v1"]
    assert events[0]["data"]["state"]["number"] == request["number"]
    assert "discarica" not in str(events)


async def test_a_theme_that_the_text_names_is_recognised_and_told_with_its_confidence(town: Town) -> None:
    request = await town.submitted(theme=None)

    events = await published(town, request["id"])

    assert request["theme"]["code"] == "site-remediation"
    assert request["theme"]["source"] == "recognised"
    assert request["status"] == "submitted"
    assert events[1]["type"] == "affianca.request.classified.v1"
    assert events[1]["data"]["confidence"] == request["theme"]["confidence"]


async def test_a_request_without_theme_waits_for_triage(town: Town) -> None:
    request = await town.submitted(theme=None, title="Una domanda", description="Ci serve un aiuto.")

    assert request["status"] == "triage"
    assert request["theme"]["code"] is None
    assert request["theme"]["source"] == "triage"


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"title": ""}, "/title"),
        ({"title": "   "}, "/title"),
        ({"title": "\u200b\u00ad"}, "/title"),
        ({"title": "x" * 201}, "/title"),
        ({"title": "due\nrighe"}, "/title"),
        ({"title": "nul\x00"}, "/title"),
        ({"description": ""}, "/description"),
        ({"description": "x" * 20_001}, "/description"),
        ({"description": "bell\x07"}, "/description"),
        ({"kind": "moral"}, "/kind"),
        ({"urgency": "extreme"}, "/urgency"),
        ({"tags": ["x" * 41]}, "/tags/0"),
        ({"tags": ["\u200b"]}, "/tags/0"),
        ({"protocol": {"number": "\u200b", "date": "2026-03-01"}}, "/protocol/number"),
        ({"tags": [str(n) for n in range(21)]}, "/tags"),
        ({"protocol": {"number": "12"}}, "/protocol/date"),
        ({"colour": "red"}, "/colour"),
        ({"$where": "1"}, "/$where"),
        ({"title": {"$gt": ""}}, "/title"),
        ({"body": {"$ne": ""}}, "/body"),
        ({"body": "999999"}, "/body"),
        ({"body": "012"}, None),
        ({"theme": "site-remediations"}, "/theme"),
        ({"theme": None, "procedure": "viaa"}, "/procedure"),
        ({"theme": "waste-management", "procedure": "via"}, "/procedure"),
        ({"title": "x" * 200, "description": "à" * 20_000, "procedure": "adr"}, None),
    ],
)
async def test_each_wrong_field_is_named(town: Town, fields: dict[str, object], pointer: str | None) -> None:
    answer = await town.call("POST", "/api/requests", json=a_request(**fields))

    if pointer is None:
        assert answer.status_code in (201, 403), answer.text
    else:
        assert answer.status_code == 422, answer.text
        assert answer.headers["content-type"] == "application/problem+json"
        assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]


async def test_an_unknown_code_is_told_the_nearest_valid_ones(town: Town) -> None:
    answer = await town.call("POST", "/api/requests", json=a_request(theme="site-remediatoin"))

    assert answer.json()["nearest"][0] == "site-remediation"
    assert "site-remediation" in answer.json()["detail"]


async def test_a_comune_that_has_merged_is_told_its_successor(town: Town) -> None:
    answer = await town.call("POST", "/api/requests", json=a_request(body="018002"))

    assert answer.status_code == 422
    assert answer.json()["nearest"] == ["018026"]


async def test_a_body_that_is_not_registered_is_told_what_to_do(town: Town) -> None:
    answer = await town.call("POST", "/api/requests", json=a_request(body=BERGAMO))

    assert answer.status_code == 403
    assert answer.json()["type"].endswith("body-known")


async def test_nobody_sends_requests_for_a_body_that_they_do_not_act_for(town: Town) -> None:
    _, key = await town.official(SARONNO)

    answer = await town.call("POST", "/api/requests", key, json=a_request(body=VARESE))

    assert answer.status_code == 403


async def test_only_the_secretariat_may_send_synthetic_requests(town: Town) -> None:
    _, key = await town.official()

    refused = await town.call("POST", "/api/requests", key, json=a_request(synthetic=True))
    accepted = await town.call("POST", "/api/requests", ADMIN_KEY, json=a_request(synthetic=True))

    assert refused.status_code == 403
    assert accepted.json()["synthetic"] is True


async def test_fifty_requests_at_once_get_fifty_numbers(town: Town) -> None:
    sent = await asyncio.gather(*(town.submitted() for _ in range(50)))

    assert len({request["number"] for request in sent}) == 50
    assert all(request["number"][4] == "-" for request in sent)


async def test_the_same_key_and_body_are_one_request_even_at_once(town: Town) -> None:
    headers = {"Idempotency-Key": "ten-at-once"}
    form = a_request(title="Una sola volta")

    answers = await asyncio.gather(*(town.call("POST", "/api/requests", json=form, headers=headers) for _ in range(10)))

    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.text for answer in answers}) == 1
    assert await town.service.database["requests"].count_documents({"title": "Una sola volta"}) == 1


async def test_the_same_key_with_another_body_is_refused(town: Town) -> None:
    headers = {"Idempotency-Key": "another-body"}
    await town.call("POST", "/api/requests", json=a_request(), headers=headers)

    answer = await town.call("POST", "/api/requests", json=a_request(title="Altro"), headers=headers)

    assert answer.status_code == 422
    assert answer.json()["type"].endswith("idempotency-key-reused")


async def test_a_tag_that_stands_twice_is_kept_once(town: Town) -> None:
    request = await town.submitted(tags=["PNRR", "bonifiche", " PNRR ", "città", "citta\u0300"])

    assert request["tags"] == ["PNRR", "bonifiche", "città"]
