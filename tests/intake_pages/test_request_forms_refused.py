"""Forms of a request's page that are refused: nothing is stored by half, and what was written is not lost."""

from typing import Any

import pytest

from contracts.envelope import new_id
from services.chassis.access import ACCESS
from tests.intake_pages.conftest import BERGAMO, NEW, Browser, ask, hidden, lead

THEME = "waste-management"
TEXT = "Parole scritte con cura."


async def _led(visit: Any, service: Any) -> tuple[str, Browser, Browser]:
    """The address of a request that an expert follows, its official, and the expert."""
    official, expert = await visit("official", BERGAMO), await visit("expert", THEME)
    number = await ask(official)
    await lead(service, number, expert.id or "")
    return f"/requests/{number}", official, expert


async def _change(service: Any, page: str, **change: Any) -> None:
    number = page.rsplit("/", 1)[1]
    await service.database["requests"].update_one({"number": number}, {"$set": change, "$inc": {"version": 1}})


@pytest.mark.parametrize("tags", [",".join(f"t{n}" for n in range(21)), "z" * 41])
async def test_tags_that_cannot_be_kept_whole_are_refused(visit, service, tags) -> None:
    page, _, expert = await _led(visit, service)

    refused = await expert.send(page, f"{page}/edit", title="Un titolo", urgency="high", tags=tags)

    assert refused.status_code == 422
    assert f'value="{tags}"' in refused.text
    assert 'href="#f-tags"' in refused.text
    assert "Urgente" not in (await expert.get(page)).text


async def test_a_title_cannot_be_taken_away(visit, service) -> None:
    page, _, expert = await _led(visit, service)

    refused = await expert.send(page, f"{page}/edit", title=" ", urgency="high", tags="")

    assert refused.status_code == 422
    assert 'href="#f-title"' in refused.text
    assert "Urgente" not in (await expert.get(page)).text


async def test_what_was_written_for_a_form_that_is_no_longer_there_is_shown_to_be_copied(visit, service) -> None:
    page, official, expert = await _led(visit, service)
    withdraw = hidden((await official.get(page)).text, f"{page}/withdraw")
    resolve = hidden((await expert.get(page)).text, f"{page}/resolve")
    answer = {**resolve, "outcome": "solved", "solution": TEXT}

    await _change(service, page, lead=new_id(), co_experts=[expert.id])
    helper = await expert.http.post(f"{page}/resolve", data=answer)
    await (await visit("coordinator")).send(page, f"{page}/withdraw")
    too_long = await official.http.post(f"{page}/withdraw", data={**withdraw, "withdrawal": TEXT + "z" * 20_000})

    assert (helper.status_code, too_long.status_code) == (403, 422)
    assert TEXT in helper.text
    assert TEXT in too_long.text


@pytest.mark.parametrize("name", ["reply", "ask", "resolve"])
async def test_who_no_longer_follows_a_request_gets_their_words_back_and_nothing_of_it(visit, service, name) -> None:
    page, _, expert = await _led(visit, service)
    fields = {"reply": TEXT, "question": TEXT, "outcome": "solved", "solution": TEXT}
    data = {**hidden((await expert.get(page)).text, f"{page}/{name}"), **fields}

    await _change(service, page, lead=new_id())
    late = await expert.http.post(f"{page}/{name}", data=data)
    absent = await expert.http.post(f"/requests/2026-999999/{name}", data=data)

    assert (late.status_code, absent.status_code) == (404, 404)
    for answer in (late, absent):
        assert TEXT in answer.text
        assert "Non è stato inviato." in answer.text
        assert "Termini della conferenza" not in answer.text
    messages = service.database["messages"]
    assert await messages.count_documents({"author": expert.id}) == 0


async def test_who_has_no_role_any_more_is_told_so_by_a_page(visit, service) -> None:
    page, official, _ = await _led(visit, service)
    data = {**hidden((await official.get(page)).text, f"{page}/reply"), "reply": TEXT}
    await service.database[ACCESS].update_one({"_id": official.id}, {"$set": {"grants": []}, "$inc": {"version": 1}})
    service.principals.forget()

    refused = await official.http.post(f"{page}/reply", data=data)

    assert refused.status_code == 403
    assert "Operazione non consentita" in refused.text


async def test_a_protocol_number_of_the_future_is_refused_at_its_field(visit, service) -> None:
    page, official, _ = await _led(visit, service)
    future = {"protocol_number": "8812", "protocol_date": "2099-01-01"}

    changed = await official.send(page, f"{page}/edit", **future)
    new = await official.send("/requests/new", "/requests/new", **{**NEW, **future})

    for refused in (changed, new):
        assert refused.status_code == 422
        assert 'href="#f-protocol_date"' in refused.text
        assert "Questo giorno deve ancora venire" in refused.text
