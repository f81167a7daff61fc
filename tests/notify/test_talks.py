"""Appointments: both sides get one for their calendar, in the mail that tells them, and it follows the talk."""

from typing import Any

from icalendar import Calendar

from contracts.requests import RequestSubmitted
from contracts.talks import TalkBooked, TalkCancelled, TalkMoved
from tests.notify.material import BODY, LEAD, OFFICIAL, TALK_AT, about_request, about_talk, granted, id_of

OTHER = id_of("another official")


def appointments(notify: Any) -> list[tuple[str, str, Any]]:
    """To whom, with which method, and the event."""
    found = []
    for mail in notify.mails:
        for part in mail.walk():
            if part.get_content_type() == "text/calendar":
                event = Calendar.from_ical(part.get_payload(decode=True)).walk("VEVENT")[0]
                found.append((mail["to"], str(part.get_param("method")), event))
    return found


async def test_both_sides_get_the_appointment_and_what_becomes_of_it(notify) -> None:
    await notify.work(about_request(RequestSubmitted), about_talk(TalkBooked, 5))
    await notify.work(about_talk(TalkMoved, 6, previous_starts_at=TALK_AT, starts_at=TALK_AT.replace(hour=8)))
    await notify.work(about_talk(TalkCancelled, 7, reason="expert", status="cancelled"))

    told = appointments(notify)
    assert [method for _, method, _ in told] == ["REQUEST"] * 4 + ["CANCEL"] * 2
    assert len({address for address, _, _ in told}) == 2
    assert {str(event["UID"]).partition("@")[0] for _, _, event in told} == {id_of("talk")}
    assert [event["SEQUENCE"] for _, _, event in told] == [5, 5, 6, 6, 7, 7]
    assert (told[0][2]["DTSTART"].dt, told[2][2]["DTSTART"].dt.hour) == (TALK_AT, 8)
    assert str(told[4][2]["STATUS"]) == "CANCELLED"
    assert "LOCATION" not in told[0][2]
    for address, _, event in told:
        assert str(event["ATTENDEE"]).lower().removeprefix("mailto:") in address


async def test_a_mail_without_an_appointment_has_none(notify) -> None:
    await notify.work(about_request(RequestSubmitted))

    assert len(notify.mails) == 1
    assert appointments(notify) == []


async def test_another_official_who_booked_is_told_and_who_left_the_body_is_not(notify) -> None:
    await notify.hear(granted(OTHER, "official", BODY))
    await notify.work(about_request(RequestSubmitted), about_talk(TalkBooked, 5, booked_by=OTHER))
    stranger = about_talk(TalkBooked, 9, booked_by=id_of("somebody who left"))
    await notify.work(stranger)

    rows = await notify.rows("notifications", message="talk-booked")
    assert sorted(row["person"] for row in rows) == sorted([LEAD, OTHER, LEAD])
    assert OFFICIAL not in {row["person"] for row in rows}
