"""Talks: offered slots, one taker each, moved and cancelled, freed with the lead; on the clock of the wall."""

import asyncio
import json
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from icalendar import Calendar

from contracts.requests import RequestResolved
from contracts.talks import TalkBooked, TalkCancelled, TalkMoved
from services.chassis.outbox import OUTBOX
from services.chassis.saving import AlreadyExists
from services.routing.agenda import Wanted, occurrences
from services.routing.domain import ROME
from services.routing.store import AGENDAS, TALKS
from services.routing.store.day import Days
from services.routing.store.reading import Reading
from services.routing.talks import Talks
from tests.routing.material import MONDAY, Routing, person, request_event
from tests.routing.test_desk_pages import text_of, token_of

NUMBER = "2026-000001"
PATH = f"/api/routing/requests/{NUMBER}/talks"
SLOTS = f"/api/experts/{person('anna')}/slots"
TEN = {"day": "2026-11-30", "at": "10:00:00", "minutes": 30, "way": "remote", "place": "https://incontro.example/a"}


def job(routing: Routing) -> Talks:
    """What frees the slots of leads who went."""
    days, reading = Days(routing.database), Reading(routing.database)
    return Talks(days, reading, routing.service.executor, routing.clock.now)


async def followed(routing: Routing, number: int = 1) -> str:
    """A request that `anna` follows, asked by the body of `ugo` and `ida`; returns the assignment."""
    await routing.expert("anna", provinces=["VA"], capacity=50)
    if number == 1:
        await routing.grant("anna", "expert")
        for name in ("ugo", "ida"):
            await routing.grant(name, "official", "body", "012133")
    request = await routing.submit(number)
    await routing.match()
    lead = await routing.lead(request)
    assert lead is not None
    async with routing.api("anna") as api:
        assert (await api.post(f"/api/assignments/{lead['_id']}/accept")).status_code == 200
    return str(lead["_id"])


async def offered(routing: Routing, **changes: Any) -> list[str]:
    """Slots of `anna`; returns their ids."""
    async with routing.api("anna") as api:
        answer = await api.post(SLOTS, json=TEN | changes)
    assert answer.status_code == 201, answer.text
    return [slot["id"] for slot in answer.json()["items"]]


async def talks_told(routing: Routing) -> list[dict[str, Any]]:
    rows = routing.database[OUTBOX].find().sort("order", 1)
    events = [json.loads(row["body"]) async for row in rows]
    return [event for event in events if ".talk." in event["type"]]


async def test_a_body_books_moves_and_cancels_and_both_sides_are_told(routing: Routing) -> None:
    await followed(routing)
    first, second = await offered(routing, weeks=2)

    async with routing.api("ugo") as api:
        seen = (await api.get(PATH)).json()
        booked = await api.post(PATH, json={"slot": first}, headers={"Idempotency-Key": "k"})
        again = await api.post(PATH, json={"slot": first}, headers={"Idempotency-Key": "k"})
        other = await api.post(PATH, json={"slot": second})
        talk = booked.json()["id"]
        moved = await api.post(f"/api/routing/talks/{talk}/move", json={"slot": second})
        free = [slot["id"] for slot in (await api.get(PATH)).json()["free"]]
        cancelled = await api.post(f"/api/routing/talks/{talk}/cancel")
        twice = await api.post(f"/api/routing/talks/{talk}/cancel")

    assert [slot["id"] for slot in seen["free"]] == [first, second]
    assert seen["free"][0]["starts_at"] == "2026-11-30T09:00:00Z"
    assert (booked.status_code, again.json(), other.status_code) == (201, booked.json(), 409)
    assert (moved.json()["starts_at"], free) == ("2026-12-07T09:00:00Z", [first])
    assert (cancelled.json()["status"], cancelled.json()["cancelled_by"]) == ("cancelled", "official")
    assert twice.json() == cancelled.json()
    told = await talks_told(routing)
    models = [TalkBooked, TalkMoved, TalkCancelled]
    events = [model.model_validate(event) for model, event in zip(models, told, strict=True)]
    assert [event.sequence for event in events] == sorted({event.sequence for event in events})
    assert {event.data.state.expert for event in events} == {person("anna")}
    assert {event.data.state.booked_by for event in events} == {person("ugo")}
    assert "incontro.example" not in json.dumps(told)


async def test_a_slot_has_one_taker_however_many_come_at_once(routing: Routing) -> None:
    for number in range(1, 6):
        await followed(routing, number)
    for day in range(1, 9):
        (slot,) = await offered(routing, day=f"2026-12-{day:02d}")
        async with routing.api("ugo") as one, routing.api("ida") as two:
            paths = [f"/api/routing/requests/2026-{number:06d}/talks" for number in range(1, 6)]
            answers = await asyncio.gather(
                *(api.post(path, json={"slot": slot}) for api in (one, two) for path in paths)
            )
            taken = [answer for answer in answers if answer.status_code == 201]

            assert sorted({answer.status_code for answer in answers}) == [201, 409]
            assert len(taken) == 1
            await one.post(f"/api/routing/talks/{taken[0].json()['id']}/cancel")
    assert await routing.database[TALKS].count_documents({"active": True}) == 0


async def test_two_talks_in_one_slot_cannot_be_stored_whatever_the_code_believes(routing: Routing) -> None:
    def put(id: str) -> Any:
        return lambda work: work.put(TALKS, {"_id": id, "slot": "s", "active": True})

    await routing.service.executor.run({}, put("a"))
    with pytest.raises(AlreadyExists):
        await routing.service.executor.run({}, put("b"))


@pytest.mark.parametrize("end", ["released", "resolved"])
async def test_the_slot_of_an_expert_who_no_longer_leads_is_freed_and_both_are_told(routing: Routing, end: str) -> None:
    assignment = await followed(routing)
    (slot,) = await offered(routing)
    async with routing.api("ugo") as api:
        talk = (await api.post(PATH, json={"slot": slot})).json()["id"]

    if end == "released":
        async with routing.api("anna") as api:
            await api.post(f"/api/assignments/{assignment}/release")
    else:
        await routing.apply(request_event(1, 5, RequestResolved))
        await routing.match()
    await job(routing).free_loose()
    await job(routing).free_loose()

    kept = await routing.database[TALKS].find_one({"_id": talk})
    agenda = await routing.database[AGENDAS].find_one({"_id": person("anna")})
    assert kept and agenda
    assert (kept["active"], kept["ended_by"]) == (False, "lead_changed")
    assert [slot["talk"] for slot in agenda["slots"]] == [None]
    assert [event["type"].split(".")[2] for event in await talks_told(routing)] == ["booked", "cancelled"]


async def test_slots_in_the_past_vanish_and_a_talk_that_has_begun_stays_as_it_is(routing: Routing) -> None:
    await followed(routing)
    first, second = await offered(routing, weeks=2)
    async with routing.api("ugo") as api:
        talk = (await api.post(PATH, json={"slot": first})).json()["id"]
        routing.clock.move_to(datetime(2026, 11, 30, 9, 0, tzinfo=UTC))
        late = [await api.post(f"/api/routing/talks/{talk}/{act}", json={"slot": second}) for act in ("cancel", "move")]
        free = [slot["id"] for slot in (await api.get(PATH)).json()["free"]]
        next_one = await api.post(PATH, json={"slot": second})

    assert [answer.status_code for answer in late] == [409, 409]
    assert free == [second]
    assert next_one.status_code == 201


async def test_nobody_is_met_while_away(routing: Routing) -> None:
    await followed(routing)
    (slot,) = await offered(routing)
    days = {"from": "2026-11-30", "to": "2026-11-30"}

    async with routing.api("anna") as anna, routing.api("ugo") as ugo:
        await anna.post(f"/api/experts/{person('anna')}/absences", json=days)
        free = (await ugo.get(PATH)).json()["free"]
        refused = await ugo.post(PATH, json={"slot": slot})
        await anna.delete(f"/api/experts/{person('anna')}/absences", params=days)
        booked = await ugo.post(PATH, json={"slot": slot})

    assert (free, refused.status_code, booked.status_code) == ([], 409, 201)


async def test_who_has_no_part_in_a_request_sees_and_books_nothing(routing: Routing) -> None:
    await followed(routing)
    (slot,) = await offered(routing)
    await routing.grant("eva", "official", "body", "015146")
    await routing.grant("bruno", "expert")
    await routing.grant("mara", "monitor")
    async with routing.api("ugo") as api:
        talk = (await api.post(PATH, json={"slot": slot})).json()["id"]

    for name in ("eva", "bruno"):
        async with routing.api(name) as api:
            assert (await api.get(PATH)).status_code == 404
            assert (await api.get(f"/api/routing/talks/{talk}")).status_code == 404
            assert (await api.post(f"/api/routing/talks/{talk}/cancel")).status_code == 404
    async with routing.browser("mara") as monitor:
        page = await monitor.get(f"/desk/requests/{NUMBER}/talks")
        assert page.status_code == 200 and "incontro.example" not in page.text
    async with routing.api("bruno") as api:
        assert (await api.get(SLOTS)).status_code == 404
        assert (await api.post(SLOTS, json=TEN)).status_code == 404
    async with routing.api("eva") as api:
        assert (await api.post(PATH, json={"slot": slot})).status_code == 404


async def test_overlapping_slots_are_left_out_and_booked_ones_cannot_be_withdrawn(routing: Routing) -> None:
    await followed(routing)
    first, second, third = await offered(routing, weeks=3)

    async with routing.api("anna") as anna, routing.api("ugo") as ugo:
        overlap = (await anna.post(SLOTS, json=TEN | {"at": "10:15:00", "weeks": 4})).json()
        await ugo.post(PATH, json={"slot": second})
        booked = await anna.delete(f"{SLOTS}/{second}")
        gone = await anna.delete(f"{SLOTS}/{first}", params={"following": True})
        left = [slot["id"] for slot in (await anna.get(SLOTS)).json()["items"]]

    assert (len(overlap["items"]), overlap["left_out"]) == (1, 3)
    assert (booked.status_code, gone.status_code) == (409, 204)
    assert second in left and not {first, third} & set(left)


def test_a_weekly_slot_keeps_its_hour_on_the_wall_when_the_clocks_change() -> None:
    october = [start for start, _ in occurrences(Wanted(date(2026, 10, 20), time(10), 30, 2))]
    march = [start.astimezone(ROME) for start, _ in occurrences(Wanted(date(2026, 3, 22), time(2, 30), 30, 3))]

    assert october == [datetime(2026, 10, 20, 8, tzinfo=UTC), datetime(2026, 10, 27, 9, tzinfo=UTC)]
    assert [(at.day, at.hour) for at in march] == [(22, 2), (5, 2)]


async def test_a_talk_is_booked_on_a_page_without_a_script_and_goes_into_a_calendar(routing: Routing) -> None:
    await followed(routing)
    (slot,) = await offered(routing)
    page_path = f"/desk/requests/{NUMBER}/talks"
    async with routing.browser("ugo") as browser, routing.browser("anna") as expert:
        page = await browser.get(page_path)
        part = await browser.get(page_path, headers={"HX-Request": "true"})
        empty = await browser.post(page_path, data={"csrf_token": token_of(page)})
        booked = await browser.post(page_path, data={"csrf_token": token_of(page), "slot": slot})
        after = await browser.get(booked.headers["location"])
        talk = (await routing.database[TALKS].find_one({"active": True}) or {})["_id"]
        file = await browser.get(f"/desk/talks/{talk}/calendar")
        desk = await expert.get("/desk")
        late = await browser.post(page_path, data={"csrf_token": token_of(page), "slot": slot})
        cancelled = await browser.post(f"/desk/talks/{talk}/cancel", data={"csrf_token": token_of(page)})

    assert "lunedì 30 novembre 2026, 10:00–10:30 (in videochiamata)" in text_of(page)
    assert "<html" in page.text and "<html" not in part.text and slot in part.text
    assert (empty.status_code, booked.status_code, cancelled.status_code) == (422, 303, 303)
    assert "Il colloquio è prenotato" in text_of(after) and "https://incontro.example/a" in after.text
    event = Calendar.from_ical(file.content).walk("VEVENT")[0]
    assert event["DTSTART"].dt == MONDAY + timedelta(days=7)
    assert (str(event["LOCATION"]), str(event["UID"]).partition("@")[0]) == ("https://incontro.example/a", talk)
    assert "lunedì 30 novembre 2026, 10:00–10:30, in videochiamata" in text_of(desk)
    assert late.status_code == 409 and "già prenotato" in text_of(late)


async def test_an_expert_offers_and_withdraws_times_on_a_page(routing: Routing) -> None:
    await followed(routing)
    form = {"day": "2026-11-30", "at": "10:00", "minutes": "30", "way": "phone", "place": "", "weeks": "2"}
    async with routing.browser("anna") as browser:
        token = {"csrf_token": token_of(await browser.get("/desk/slots"))}
        wrong = await browser.post("/desk/slots", data=token | form | {"way": "pigeon", "minutes": "3"})
        offered = await browser.post("/desk/slots", data=token | form)
        again = await browser.post("/desk/slots", data=token | form)
        page = await browser.get("/desk/slots")
        slot = page.text.partition('action="/desk/slots/')[2].partition("/")[0]
        gone = await browser.post(f"/desk/slots/{slot}/withdraw", data=token | {"following": "yes"})
        after = await browser.get(gone.headers["location"])

    assert wrong.status_code == 422 and wrong.text.count('aria-invalid="true"') == 1
    assert (offered.headers["location"], again.status_code) == ("/desk/slots?done=offered", 422)
    assert "lunedì 7 dicembre 2026, 10:00–10:30" in text_of(page)
    assert "Ritirare questo e i successivi" in text_of(page)
    assert "Al momento non offre orari." in text_of(after)
