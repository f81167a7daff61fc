"""The figures computed the slow and obvious way, half hour by half hour, for comparison with the real ones."""

from datetime import datetime, timedelta
from functools import cache
from typing import Any

from contracts.envelope import Event
from contracts.vocabulary import holiday_calendar
from contracts.working_time import METRICS, SERVICE_TARGETS
from tests.reporting.material import ROME, Story

TICK = timedelta(minutes=30)
REACHED = {
    "acceptance": ("assignment.accepted",),
    "first_answer": ("message-posted", "information-asked", "resolved"),
    "resolution": ("request.resolved", "request.closed"),
}


@cache
def office_open(at: datetime, province: str) -> bool:
    local = at.astimezone(ROME)
    if local.weekday() > 4 or local.date() in holiday_calendar(province):
        return False
    return 9 <= local.hour < 13 or 14 <= local.hour < 18


@cache
def judged(story: Story, now: datetime) -> dict[str, dict[str, Any]]:
    """Metric -> verdict and working minutes of a story whose events are in order."""
    if story.state["status"] in ("withdrawn", "merged"):
        return {name: {"verdict": "void", "minutes": None} for name in METRICS}
    return {name: _judge(story, name, now) for name in METRICS}


def _judge(story: Story, name: str, now: datetime) -> dict[str, Any]:
    target = SERVICE_TARGETS[name][story.state["urgency"]]
    end = _end(story.events, name)
    last = end or _end(story.events, "resolution")
    if last and not end:
        return {"verdict": "void", "minutes": None}
    minutes, at, due = 0, story.state["received_at"], None
    while at + TICK <= (end or now):
        if office_open(at, story.state["province"]) and not _paused(story.events, at):
            minutes += 30
        at += TICK
        if minutes == target and due is None:
            due = at
    late = due is not None and (end or now) > due
    if end:
        return {"verdict": "breached" if late else "met", "minutes": minutes}
    risky = minutes >= 0.75 * target and not _paused(story.events, now)
    return {"verdict": "overdue" if late else "at_risk" if risky else "in_time", "minutes": None}


def _end(events: list[Event], name: str) -> datetime | None:
    if name != "resolution":
        return next((event.time for event in events if any(word in event.type for word in REACHED[name])), None)
    end = None
    for event in events:
        if any(word in event.type for word in REACHED[name]):
            end = end or event.time
        elif "reopened" in event.type:
            end = None
    return end


def _paused(events: list[Event], at: datetime) -> bool:
    """Whether nobody of the programme is being waited for in the half hour that begins at this instant."""
    asked = resting = False
    for event in events:
        if event.time > at:
            break
        if "information-asked" in event.type:
            asked = True
        elif any(word in event.type for word in ("information-provided", "request.resolved", "request.closed")):
            asked = False
        if any(word in event.type for word in REACHED["resolution"]):
            resting = True
        elif "reopened" in event.type:
            resting = False
    return asked or resting


def open_at(story: Story, at: datetime) -> bool:
    """Whether a story was open at an instant."""
    if story.state["received_at"] > at:
        return False
    resting = False
    for event in story.events:
        if event.time > at:
            break
        if any(word in event.type for word in ("request.resolved", "request.closed", "withdrawn", "merged")):
            resting = True
        elif "reopened" in event.type:
            resting = False
    return not resting
