"""Appointments as iCalendar texts (RFC 5545), as calendars take them from a mail (RFC 5546) or from a file.

Times are written in UTC, which every calendar shows on the reader's wall clock, on the right side of a change of the
clocks. The same `uid` with a greater `sequence` replaces what a calendar has; `cancelled` takes it out.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from icalendar import Calendar, Event, vCalAddress, vText

Method = Literal["REQUEST", "CANCEL", "PUBLISH"]


@dataclass(frozen=True)
class Appointment:
    """One appointment. people: names and addresses of those who come, none in a file for oneself."""

    uid: str
    sequence: int
    stamp: datetime
    start: datetime
    end: datetime
    summary: str
    url: str
    description: str = ""
    place: str = ""
    organizer: tuple[str, str] | None = None
    people: Sequence[tuple[str, str]] = ()
    cancelled: bool = False

    @property
    def method(self) -> Method:
        """What a calendar is asked to do with it."""
        if self.organizer is None:
            return "PUBLISH"
        return "CANCEL" if self.cancelled else "REQUEST"


def uid_of(id: str, address: str) -> str:
    """The name of an appointment in all calendars: whoever writes it down writes the same."""
    return f"{id}@{address.rpartition('@')[2].rstrip('>') or 'affianca'}"


def calendar_text(appointment: Appointment) -> str:
    """The text, with the line ends that the format wants."""
    calendar = Calendar()
    calendar.add("prodid", "-//Affianca//IT")
    calendar.add("version", "2.0")
    calendar.add("method", appointment.method)
    event = Event()
    event.add("uid", appointment.uid)
    event.add("sequence", appointment.sequence)
    event.add("dtstamp", appointment.stamp.astimezone(UTC))
    event.add("dtstart", appointment.start.astimezone(UTC))
    event.add("dtend", appointment.end.astimezone(UTC))
    event.add("summary", appointment.summary)
    event.add("url", appointment.url)
    event.add("status", "CANCELLED" if appointment.cancelled else "CONFIRMED")
    if appointment.description:
        event.add("description", appointment.description)
    if appointment.place:
        event.add("location", appointment.place)
    if appointment.organizer:
        event.add("organizer", _person(appointment.organizer))
    for person in appointment.people:
        event.add("attendee", _person(person, PARTSTAT="ACCEPTED", RSVP="FALSE", ROLE="REQ-PARTICIPANT"))
    calendar.add_component(event)
    text: bytes = calendar.to_ical()
    return text.decode()


def _person(person: tuple[str, str], **parameters: str) -> vCalAddress:
    name, address = person
    found = vCalAddress(f"MAILTO:{address}")
    for parameter, value in {"CN": name, **parameters}.items():
        found.params[parameter] = vText(value)
    return found
