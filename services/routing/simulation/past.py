"""A past period as a scenario, from the cases and assignments that routing keeps.

Known of a request: when it came, what each expert who was asked answered and when, how long the work took, whether
it was opened again. Not known, and so not played: that its theme was another one for a while, and what a coordinator
decided by hand. Profiles are those of now, absences and contracts in them included.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from contracts.vocabulary import province
from contracts.working_time import office_calendar, working_time
from services.routing.domain import OVER, ROME
from services.routing.handlers import cases
from services.routing.simulation.asked import Behaviour as Stated
from services.routing.simulation.scenario import Answer, Arrival, Behaviour, Carried, Spell

Document = dict[str, Any]
_RECENT = timedelta(days=30)
_NOTHING = timedelta(0)
_GIVEN_BACK = "given_back"
_ASKED_IN_VAIN = ("declined", "expired")
_WAITS = ("ready", "stuck", "coordinator")


@dataclass(frozen=True)
class Past:
    """Documents of a period and of the time before it; rounds: request -> its assignments in order."""

    start: datetime
    end: datetime
    cases: Mapping[str, Document]
    rounds: Mapping[str, Sequence[Document]]

    @classmethod
    def of(cls, start: datetime, end: datetime, cases: Iterable[Document], assignments: Iterable[Document]) -> "Past":
        """Whatever was decided after the period is not known in it."""
        rounds: dict[str, list[Document]] = {}
        for row in sorted(assignments, key=lambda row: (row["request"], row["round"])):
            rounds.setdefault(row["request"], []).append(row)
        return cls(start, end, {row["_id"]: row for row in cases}, rounds)


def arrivals(past: Past) -> list[Arrival]:
    """The requests that came in the period, and those that already waited for somebody when it began."""
    found = [_arrival(row, past) for row in past.cases.values()]
    return sorted((one for one in found if one is not None), key=lambda one: (one.at, one.case.id))


def came(case: Document) -> datetime:
    """When the system learned of a request: an id tells its moment, and what is received may be older."""
    id = UUID(case["_id"])
    received: datetime = case["received_at"]
    return max(received, datetime.fromtimestamp((id.int >> 80) / 1000, UTC)) if id.version == 7 else received


def _arrival(case: Document, past: Past) -> Arrival | None:
    at, rounds = came(case), past.rounds.get(case["_id"], ())
    if at >= past.end:
        return None
    before = [row for row in rounds if row["offered_at"] < past.start]
    rest = [row for row in rounds if row["offered_at"] >= past.start]
    held = any(row["ended_at"] is None or row["ended_at"] > past.start for row in before)
    if at < past.start and not rest and (held or case["queue"] not in _WAITS):
        return None  # Over, or in somebody's hands, before the period began.
    last = max((row["ended_at"] for row in before if row["ended_at"]), default=at)
    comes = max(at, last, past.start)
    facts = cases.to_match(case | {"declined_by": _declined(before), "former": _former(before)})
    spells = _spells(rest, case, past.end)
    return Arrival(
        case=facts,
        at=comes,
        spells=spells,
        answers=_answers(rest),
        leaves=None if spells[0].works else _leaves(rest, comes),
        measured=at >= past.start,
    )


def _declined(rows: Iterable[Document]) -> list[str]:
    return [row["expert"] for row in rows if row["status"] in _ASKED_IN_VAIN or row["reason"] == _GIVEN_BACK]


def _former(rows: Sequence[Document]) -> str | None:
    done = [row["expert"] for row in rows if row["accepted_at"] and row["reason"] in (*OVER, "reopened")]
    return done[-1] if done else None


def _answers(rows: Iterable[Document]) -> dict[str, list[Answer]]:
    found: dict[str, list[Answer]] = {}
    for row in rows:
        found.setdefault(row["expert"], []).append(_answer(row))
    return found


def _answer(row: Document) -> Answer:
    offered, ended = row["offered_at"], row["ended_at"]
    if row["accepted_at"]:
        back = ended - row["accepted_at"] if row["reason"] == _GIVEN_BACK else None
        return Answer("accepted", row["accepted_at"] - offered, back)
    if row["status"] == "declined":
        return Answer("declined", ended - offered)
    # Expired, or not answered as far as is known.
    return Answer("expired", max(ended - row["expires_at"], _NOTHING) if row["status"] == "expired" else _NOTHING)


def _spells(rows: Sequence[Document], case: Document, end: datetime) -> tuple[Spell, ...]:
    """How long the work took, each time, and how long after it the request was opened again, if it was.

    The last one may go on beyond what is known.
    """
    found: list[Spell] = []
    ended: datetime | None = None
    gap: timedelta | None = _NOTHING
    for row in rows:
        if ended and gap is None:
            gap = max(_reopened(case, ended, row["offered_at"]) - ended, _NOTHING)
        finished = row["accepted_at"] and row["ended_at"] and row["reason"] in (*OVER, "reopened")
        if gap is not None and (finished or (row["accepted_at"] and not row["ended_at"])):
            works = row["ended_at"] - row["accepted_at"] if finished else None
            found.append(Spell(works, gap, _NOTHING if finished else end - row["accepted_at"]))
            ended, gap = row["ended_at"], None
    if ended and gap is None and (again := _reopened(case, ended, end)) < end:
        gap = max(again - ended, _NOTHING)
    return (*found, Spell(gap=gap)) if gap is not None else tuple(found)


def _reopened(case: Document, ended: datetime, asked: datetime) -> datetime:
    """When a request was opened again whose work had ended: the clocks know, else when somebody was asked."""
    moments = (row["at"] for row in case.get("moments", {}).values() if row["what"] == "reopened")
    return min((at for at in moments if ended <= at <= asked), default=asked)


def _leaves(rows: Sequence[Document], at: datetime) -> timedelta | None:
    """So long after it came a request was over that nobody had taken."""
    last = rows[-1] if rows else None
    return last["ended_at"] - at if last and last["ended_at"] and last["reason"] in OVER else None


def carried(past: Past) -> list[Carried]:
    """What experts held when the period began."""
    found = []
    for rows in past.rounds.values():
        for row in rows:
            if row["offered_at"] < past.start and (row["ended_at"] is None or row["ended_at"] > past.start):
                found.append(Carried(row["_id"], row["expert"], row["ended_at"]))
    return sorted(found, key=lambda one: one.id)


def loads(past: Past) -> dict[str, Document]:
    """What is known of each expert when the period begins: requests of the last 30 days, and for whom they worked."""
    found: dict[str, Document] = {}
    rows = [row for rows in past.rounds.values() for row in rows if row["offered_at"] < past.start]
    for row in sorted(rows, key=lambda row: (row["offered_at"], row["_id"])):
        load = found.setdefault(row["expert"], {"recent": {}, "worked": []})
        if row["offered_at"] > past.start - _RECENT - timedelta(days=1):
            day = row["offered_at"].astimezone(ROME).date().isoformat()
            load["recent"][day] = load["recent"].get(day, 0) + 1
        case = past.cases.get(row["request"])
        if row["accepted_at"] and row["accepted_at"] < past.start and case:
            worked = [case["body"], case["procedure"]]
            load["worked"] += [] if worked in load["worked"] else [worked]
    return found


def behaviour(past: Past, stated: Stated) -> Behaviour:
    """How people answered and worked until the end of the period; what is stated counts instead."""
    rows = [row for rows in past.rounds.values() for row in rows]
    accepted = [row for row in rows if row["accepted_at"]]
    in_vain = [row for row in rows if row["status"] in _ASKED_IN_VAIN]
    answered = len(accepted) + len(in_vain)
    silent = sum(row["status"] == "expired" for row in in_vain)
    accepts = len(accepted) / answered if answered else 1.0
    days = stated.work_days
    return Behaviour(
        accepts=accepts if stated.accepts is None else stated.accepts,
        silent=silent / len(in_vain) if in_vain else 0.5,
        delays=(stated.answer_hours * 3600,) if stated.answer_hours else tuple(sorted(map(_delay, accepted))),
        durations=_durations(accepted),
        stated_days=None if days is None else (days, max(stated.work_days_p90 or 3 * days, days)),
    )


def _durations(accepted: Iterable[Document]) -> dict[str, tuple[float, ...]]:
    found: dict[str, list[float]] = {}
    for row in accepted:
        if row["ended_at"] and row["reason"] in OVER:
            seconds = (row["ended_at"] - row["accepted_at"]).total_seconds()
            for theme in ("", row["task_force"] or ""):
                found.setdefault(theme, []).append(seconds)
    return {theme: tuple(sorted(values)) for theme, values in found.items()}


def _delay(row: Document) -> float:
    calendar = office_calendar(row["province"] if province(row["province"]) else None)
    return working_time(calendar, row["offered_at"], row["accepted_at"]).total_seconds()
