"""Profiles whole: levels of procedures, hours, working days, contract, conflicts of interest, absences by calendar."""

from datetime import date, timedelta

import pytest

from services.routing.api.calendars import NotACalendar, absences
from services.routing.handlers.experts import answer_due, to_match
from tests.routing.material import MONDAY, RULES, THEME, Routing, person, profile

DUE = answer_due(MONDAY, RULES)


def calendar(*events: str) -> bytes:
    whole = "".join(
        f"BEGIN:VEVENT\r\nUID:{n}\r\nSUMMARY:Dal medico\r\n{event}\r\nEND:VEVENT\r\n" for n, event in enumerate(events)
    )
    return f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:test\r\n{whole}END:VCALENDAR\r\n".encode()


async def test_a_whole_profile_is_kept_and_answered(routing: Routing) -> None:
    await routing.grant("boss", "secretariat")
    wanted = profile(
        procedures=["adr", {"code": "pob", "level": 5}], profiles=["lawyer", "geologist"], home="va", weekly_hours=10,
        working_days=[1, 3], languages=["it", "en"], contract={"from": "2026-01-01", "to": "2026-12-31"},
        conflicts={"bodies": ["012133"], "companies": ["01234567890"]},
    )  # fmt: skip

    async with routing.api("boss") as api:
        created = await api.post("/api/experts", json={"id": person("new"), **wanted})
        cleared = await api.patch(f"/api/experts/{person('new')}", json={"home": None, "contract": None})
        unknown = await api.patch(f"/api/experts/{person('new')}", json={"home": "XX", "conflicts": {"bodies": ["1"]}})

    told = created.json()
    assert created.status_code == 201
    assert told["procedures"] == [{"code": "adr", "level": 3}, {"code": "pob", "level": 5}]
    assert (told["home"], told["profiles"], told["weekly_hours"]) == ("VA", ["geologist", "lawyer"], 10)
    assert (told["working_days"], told["languages"]) == ([1, 3], ["en", "it"])
    assert told["contract"] == {"from": "2026-01-01", "to": "2026-12-31"}
    assert told["conflicts"] == wanted["conflicts"]
    assert (cleared.json()["home"], cleared.json()["contract"]) == (None, {"from": None, "to": None})
    assert unknown.status_code == 422


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"themes": [{"code": THEME, "level": 2}, {"code": THEME, "level": 5}]}, "/themes"),
        ({"task_forces": []}, "/task_forces"),
    ],
)
async def test_a_theme_has_one_level_and_everybody_a_task_force(routing: Routing, changes, pointer: str) -> None:
    await routing.grant("boss", "secretariat")
    anna = await routing.expert("anna")

    async with routing.api("boss") as api:
        answer = await api.patch(f"/api/experts/{anna}", json=changes)

    assert (answer.status_code, [fault["pointer"] for fault in answer.json()["errors"]]) == (422, [pointer])


@pytest.mark.parametrize(
    ("changes", "there", "places"),
    [
        ({}, True, 5),
        ({"weekly_hours": 10}, True, 2),
        ({"weekly_hours": 0}, True, 0),
        ({"working_days": [0]}, True, 5),
        ({"working_days": [4, 5]}, False, 5),
        ({"contract_start": MONDAY + timedelta(days=1)}, False, 5),
        ({"contract_end": DUE - timedelta(hours=1)}, False, 5),
        ({"contract_end": DUE + timedelta(hours=1)}, True, 5),
        ({"absences": [{"start": MONDAY - timedelta(days=1), "end": MONDAY + timedelta(minutes=1)}]}, False, 5),
        ({"absences": [{"start": MONDAY + timedelta(hours=2), "end": DUE + timedelta(days=9)}]}, False, 5),
        ({"absences": [{"start": MONDAY + timedelta(hours=2), "end": MONDAY + timedelta(hours=9)}]}, True, 5),
    ],
)
def test_who_is_there_and_with_how_many_places(changes, there, places) -> None:
    stored = {"_id": "e", "absences": [], "entitled": True, **profile(**changes)}

    expert = to_match(stored, None, MONDAY, DUE, RULES)

    assert (expert.there, expert.places) == (there, places)


async def test_a_declared_conflict_takes_the_offer_to_somebody_else_and_keeps_the_body_away(routing: Routing) -> None:
    anna, bruno = await routing.expert("anna", provinces=["VA"]), await routing.expert("bruno")
    await routing.grant("anna", "expert")
    request = await routing.submit(1)
    await routing.match()
    assert await routing.asked(request) == anna

    async with routing.api("anna") as api:
        told = await api.post(f"/api/experts/{anna}/conflicts", json={"bodies": ["012133"]})
        lead = await routing.lead(request)
        assert lead is not None
        await api.post(f"/api/assignments/{lead['_id']}/decline", json={"reason": "conflict_of_interest"})
    later, elsewhere = await routing.submit(2), await routing.submit(3, body="012026")
    await routing.match()

    assert told.json()["conflicts"]["bodies"] == ["012133"]
    assert [await routing.asked(id) for id in (request, later, elsewhere)] == [bruno, bruno, anna]


async def test_a_calendar_is_imported_day_by_day_and_its_titles_are_not_kept(routing: Routing) -> None:
    anna = await routing.expert("anna")
    await routing.grant("anna", "expert")
    text = calendar("DTSTART;VALUE=DATE:20261228\r\nDTEND;VALUE=DATE:20270104", "DTSTART:20261201T090000Z").decode()

    async with routing.api("anna") as api:
        first = await api.post(f"/api/experts/{anna}/absences/import", json={"calendar": text})
        again = await api.post(f"/api/experts/{anna}/absences/import", json={"calendar": text})
        wrong = await api.post(f"/api/experts/{anna}/absences/import", json={"calendar": "Ferie in agosto"})

    assert first.json()["expert"]["absences"] == [{"from": "2026-12-28", "to": "2027-01-03"}]
    assert again.json() == first.json()
    assert first.json()["left_out"] == {"part_of_a_day": 1}
    assert "medico" not in first.text
    assert wrong.status_code == 422


@pytest.mark.parametrize(
    ("event", "days"),
    [
        ("DTSTART;VALUE=DATE:20260329\r\nDTEND;VALUE=DATE:20260330", ("2026-03-29", "2026-03-29")),
        ("DTSTART;VALUE=DATE:20260329", ("2026-03-29", "2026-03-29")),
        ("DTSTART;VALUE=DATE:20261025\r\nDURATION:P2D", ("2026-10-25", "2026-10-26")),
        ("DTSTART:20260809T220000Z\r\nDTEND:20260811T220000Z", ("2026-08-10", "2026-08-11")),
        ("DTSTART:20260810T080000Z\r\nDTEND:20260812T100000Z", ("2026-08-11", "2026-08-11")),
        ("DTSTART:20260810T000000\r\nDTEND:20260811T235900", ("2026-08-10", "2026-08-11")),
    ],
)
def test_a_whole_day_is_a_day_on_the_wall_in_italy(event: str, days: tuple[str, str]) -> None:
    found, left_out = absences(calendar(event), date(2026, 1, 1))

    assert [(item["from"], item["to"]) for item in found] == [days]
    assert left_out == {}


def test_what_is_no_absence_is_counted_and_left_out() -> None:
    day = "DTSTART;VALUE=DATE:20260810"
    events = (f"{day}\r\nSTATUS:CANCELLED", f"{day}\r\nTRANSP:TRANSPARENT", day)

    found, left_out = absences(calendar(*events), date(2026, 8, 11))

    assert (found, left_out) == ([], {"not_busy": 2, "past": 1})


def test_an_event_that_nobody_can_read_spoils_no_other() -> None:
    events = ("DTEND;VALUE=DATE:20260810", "DTSTART;VALUE=DATE:20269924", "DTSTART;VALUE=DATE:20260810")

    found, left_out = absences(calendar(*events), date(2026, 1, 1))

    assert ([item["from"] for item in found], left_out) == (["2026-08-10"], {"unreadable": 2})


@pytest.mark.parametrize("text", [b"", b"BEGIN:VCALENDAR", b"BEGIN:VEVENT\r\nEND:VEVENT", b"\xff\xfe"])
def test_what_is_no_calendar_is_refused(text: bytes) -> None:
    with pytest.raises(NotACalendar):
        absences(text, date(2026, 1, 1))


def test_the_theme_of_these_tests_has_the_procedures_named_here() -> None:
    assert THEME == "site-remediation"
