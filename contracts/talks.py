"""Talks between the body of a request and the expert who follows it, on the stream `assignments`, owned by routing.

Keyed by the request's id, numbered with the other events about its assignment: later news of a talk bears a greater
sequence, which is its SEQUENCE in calendars. Where they meet, or by which link, is free text: it stays with routing.
"""

from typing import ClassVar, Literal

from contracts.envelope import Data, Event, Id, Instant, Number

Way = Literal["in_person", "remote", "phone"]
TalkEnd = Literal["official", "expert", "lead_changed"]


class TalkState(Data):
    """The whole state of a talk. `request_order` is the request's (epoch, sequence) known when it was booked."""

    id: Id
    request: Id
    number: Number
    request_order: tuple[int, int]
    assignment: Id
    expert: Id
    booked_by: Id
    starts_at: Instant
    ends_at: Instant
    way: Way
    status: Literal["booked", "cancelled"]


class TalkData(Data):
    """Payload of the events that tell nothing beyond the new state."""

    state: TalkState


class MovedData(TalkData):
    """When the talk would have begun."""

    previous_starts_at: Instant


class CancelledData(TalkData):
    """Who called it off; `lead_changed`: the expert no longer follows the request, or the request is over."""

    reason: TalkEnd


class TalkEvent(Event):
    """Base of the talks' events; `subject` is the request's id."""

    STREAM: ClassVar[str] = "assignments"
    data: TalkData


class TalkBooked(TalkEvent):
    """A body's official took a slot that the expert offers."""

    type: Literal["affianca.talk.booked.v1"] = "affianca.talk.booked.v1"


class TalkMoved(TalkEvent):
    """The talk takes another slot of the same expert."""

    type: Literal["affianca.talk.moved.v1"] = "affianca.talk.moved.v1"
    data: MovedData


class TalkCancelled(TalkEvent):
    """The talk does not take place; its slot is free again."""

    type: Literal["affianca.talk.cancelled.v1"] = "affianca.talk.cancelled.v1"
    data: CancelledData


EVENTS: tuple[type[TalkEvent], ...] = (TalkBooked, TalkMoved, TalkCancelled)
