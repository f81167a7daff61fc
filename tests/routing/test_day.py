"""An expert's day: the desk in order of deadline, what helps with an offer, one's profile and absences."""

import re
from datetime import timedelta

import pytest

from services.routing.handlers.experts import answer_due, to_match
from services.routing.pages.absences import weeks
from tests.routing.material import MONDAY, RULES, Routing, person, profile, request_event
from tests.routing.test_desk_pages import offered, text_of, token_of
from tests.routing.test_talks import followed

ANNA = f"/api/experts/{person('anna')}"


async def test_the_desk_lists_requests_by_deadline_and_says_which_wait_for_the_body(routing: Routing) -> None:
    for number in (1, 2, 3):
        await followed(routing, number)
    await routing.apply(request_event(2, 5, urgency="high"))
    await routing.apply(request_event(1, 5, status="waiting"))
    await routing.submit(4)
    await routing.match()

    async with routing.browser("anna") as browser:
        desk = await browser.get("/desk")

    text = text_of(desk)
    table = text[text.index("in ordine di scadenza") :]
    places = {number: table.index(f"2026-00000{number}") for number in (1, 2, 3)}
    assert sorted(places, key=lambda number: places[number]) == [2, 3, 1]
    assert "in attesa dell'ente" in text.replace("&#39;", "'")
    assert "mancano 1 giorno e 23 ore" in text
    assert "Prima risposta: " in text


async def test_the_desk_renews_itself_only_when_something_is_new(routing: Routing) -> None:
    await offered(routing)
    async with routing.browser("anna") as browser:
        desk = await browser.get("/desk")
        address = re.search(r'hx-get="(/desk/day\?seen=[0-9a-f]{64})"', desk.text)
        assert address
        quiet = await browser.get(address[1])
        await routing.submit(2)
        await routing.match()
        news = await browser.get(address[1])

    assert (quiet.status_code, quiet.content) == (204, b"")
    assert news.status_code == 200
    assert "2026-000002" in news.text and "<html" not in news.text
    assert 'id="day-news" hx-swap-oob' in news.text


async def test_an_offer_shows_procedure_level_legal_term_and_the_bodys_other_requests(routing: Routing) -> None:
    await routing.expert("anna", provinces=["VA"])
    await routing.grant("anna", "expert")
    await routing.submit(1, procedure="paur", theme="environmental-assessment", status="submitted")
    await routing.submit(2, procedure="paur", body="015146", theme="environmental-assessment")
    request = await routing.submit(3, procedure="paur")
    await routing.match()
    lead = await routing.lead(request)
    assert lead

    async with routing.browser("anna") as browser:
        page = await browser.get(f"/desk/assignments/{lead['_id']}")

    text = text_of(page)
    assert "Provvedimento autorizzatorio unico regionale (PAUR)" in text
    assert "Comune, Provincia, Regione" in text
    assert "90 giorni (solo una fase)" in text
    assert "D.Lgs. 152/2006 art. 27-bis; l.r. 5/2010, testo del 2020-10" in text
    assert "2026-000001" in text and "2026-000002" not in text
    assert 'href="/requests/2026-000001"' not in page.text


async def test_a_conflict_of_interest_is_remembered_and_the_bodys_requests_go_to_others(routing: Routing) -> None:
    assignment = await offered(routing)
    bruno = await routing.expert("bruno")
    async with routing.browser("anna") as browser:
        page = await browser.get(f"/desk/assignments/{assignment}")
        form = {"csrf_token": token_of(page), "reason": "conflict_of_interest"}
        declined = await browser.post(f"/desk/assignments/{assignment}/decline", data=form)
        profile_page = await browser.get("/desk/profile")
    second = await routing.submit(2)
    await routing.match()
    async with routing.api("anna") as api:
        known = (await api.get(ANNA)).json()

    assert declined.status_code == 303
    assert known["conflicts"]["bodies"] == ["012133"]
    assert 'id="f-body-012133"' in profile_page.text
    assert await routing.asked(second) == bruno


async def test_another_reason_declares_no_conflict(routing: Routing) -> None:
    assignment = await offered(routing)
    async with routing.api("anna") as api:
        await api.post(f"/api/assignments/{assignment}/decline", json={"reason": "no_time"})
        known = (await api.get(ANNA)).json()

    assert known["conflicts"]["bodies"] == []


async def test_experts_change_what_is_theirs_and_nothing_else(routing: Routing) -> None:
    await routing.expert("anna", weekly_hours=20.0)
    await routing.grant("anna", "expert")
    await routing.grant("bruno", "expert")
    mine = {"working_days": [1, 2], "available_hours": 12, "languages": ["en", "it"]}

    async with routing.api("anna") as api, routing.api("bruno") as other:
        tag = (await api.get(ANNA)).headers["etag"]
        changed = await api.patch(f"{ANNA}/availability", json=mine, headers={"If-Match": tag})
        lost = await api.patch(f"{ANNA}/availability", json={"paused": True}, headers={"If-Match": tag})
        read = await api.get(ANNA)
        more = await api.patch(f"{ANNA}/availability", json={"available_hours": 21})
        capacity = await api.patch(f"{ANNA}/availability", json={"capacity": 99})
        foreign = await other.patch(f"{ANNA}/availability", json={"paused": True})

    assert changed.json() == read.json()
    assert read.headers["etag"] == changed.headers["etag"]
    assert {name: changed.json()[name] for name in mine} == mine
    assert (lost.status_code, more.status_code, capacity.status_code, foreign.status_code) == (412, 422, 422, 404)


@pytest.mark.parametrize(("own", "places"), [({}, 5), ({"available_hours": 8.0}, 2), ({"available_hours": 99.0}, 5)])
def test_fewer_hours_mean_fewer_places_and_never_more_than_agreed(own, places) -> None:
    stored = {"_id": "e", "absences": [], "entitled": True, **profile(weekly_hours=20.0), **own}

    assert to_match(stored, None, MONDAY, answer_due(MONDAY, RULES), RULES).places == places


async def test_who_pauses_is_asked_nothing_and_unanswered_offers_go_to_others(routing: Routing) -> None:
    await offered(routing)
    bruno = await routing.expert("bruno")
    request = (await routing.database["cases"].find_one({}) or {})["_id"]
    async with routing.browser("anna") as browser:
        page = await browser.get("/desk/profile")
        version = re.search(r'name="version" value="(\d+)"', page.text)
        assert version
        form = {
            "csrf_token": token_of(page), "version": version[1], "day": ["1", "2", "3", "4", "5"], "paused": "yes",
            "available_hours": "", "new_body": "Varese",
        }  # fmt: skip
        saved = await browser.post("/desk/profile", data=form)
        again = await browser.post("/desk/profile", data=form)
        wrong = await browser.post("/desk/profile", data=form | {"new_body": "Atlantide", "day": []})
        desk = await browser.get("/desk")
    await routing.match()

    async with routing.api("anna") as api:
        known = (await api.get(ANNA)).json()
    assert (saved.status_code, again.status_code, wrong.status_code) == (303, 412, 422)
    assert (known["paused"], known["working_days"], known["conflicts"]["bodies"]) == (True, [1, 2, 3, 4, 5], ["012133"])
    assert await routing.asked(request) == bruno
    assert "È in pausa" in text_of(desk)


async def test_absences_are_shown_by_month_added_taken_away_and_imported_on_a_page(routing: Routing) -> None:
    await routing.expert("anna")
    await routing.grant("anna", "expert")
    weekly = (
        "BEGIN:VEVENT\r\nUID:1\r\nSUMMARY:Dal medico\r\nDTSTART;VALUE=DATE:20261204\r\nRRULE:FREQ=WEEKLY;COUNT=2\r\n"
    )
    timed = "BEGIN:VEVENT\r\nUID:2\r\nDTSTART:20261204T090000Z\r\nDTEND:20261204T100000Z\r\nEND:VEVENT\r\n"
    file = f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\n{weekly}END:VEVENT\r\n{timed}END:VCALENDAR\r\n".encode()
    async with routing.browser("anna") as browser:
        token = {"csrf_token": token_of(await browser.get("/desk/absences"))}
        added = await browser.post("/desk/absences", data=token | {"from": "2026-12-24", "to": "2026-12-31"})
        page = await browser.get(added.headers["location"])
        backwards = await browser.post("/desk/absences", data=token | {"from": "2026-12-24", "to": "2026-12-20"})
        imported = await browser.post("/desk/absences/import", data=token, files={"calendar": ("a.ics", file)})
        nonsense = await browser.post("/desk/absences/import", data=token, files={"calendar": ("a.ics", b"ferie")})
        days = {"first": "2026-12-24", "last": "2026-12-31"}
        gone = await browser.post("/desk/absences/remove", data=token | days)
        twice = await browser.post("/desk/absences/remove", data=token | days)
    async with routing.api("anna") as api:
        known = (await api.get(ANNA)).json()["absences"]

    assert page.text.count("assente</span>") == 8
    assert "dicembre 2026" in text_of(page) and '<th scope="col">' in page.text
    assert (backwards.status_code, nonsense.status_code) == (422, 422)
    assert "2 assenze importate. Non importati: solo parte di una giornata: 1." in text_of(imported)
    assert "medico" not in imported.text
    assert (gone.status_code, twice.status_code) == (303, 404)
    assert known == [{"from": day, "to": day} for day in ("2026-12-04", "2026-12-11")]


def test_a_month_has_whole_weeks_from_monday_to_sunday() -> None:
    away = [{"from": "2026-11-29", "to": "2026-12-02"}]

    november = weeks("2026-11", away, [0, 1, 2, 3, 4])

    assert [len(week) for week in november] == [7] * 6
    assert november[0][:6] == [None] * 6
    assert [day["number"] for week in november for day in week if day and day["away"]] == [29, 30]
    assert november[1][5] and november[1][5]["free"]


async def test_an_absence_taken_back_makes_somebody_eligible_again(routing: Routing) -> None:
    anna = await routing.expert("anna")
    await routing.grant("anna", "expert")
    days = {"from": "2026-11-23", "to": "2026-11-30"}
    async with routing.api("anna") as api:
        await api.post(f"{ANNA}/absences", json=days)
        request = await routing.submit(1)
        await routing.match()
        away = await routing.asked(request)
        await api.delete(f"{ANNA}/absences", params=days)
    routing.clock.move_to(MONDAY + timedelta(seconds=1))
    await routing.match()

    assert (away, await routing.asked(request)) == (None, anna)
