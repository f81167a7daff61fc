"""The rules of an assignment and of waiting, pure: no I/O, no clock, no class of the wire.

    offered ──accept──> accepted ──release──> released
       ├─────decline──> declined
       ├─────expire───> expired
       └─────release──> released

A request is asked of one expert at a time; each offer is a round. Everything that consumers derive from events is
a function of sets and newest states, so that the order in which events arrive does not matter.
"""

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from contracts.vocabulary import province
from contracts.working_time import add_working_time, office_calendar

Action = Literal["accept", "decline", "expire", "release"]
Queue = Literal["ready", "stuck", "coordinator", "release"]
Order = tuple[int, int]

TRANSITIONS: dict[str, dict[Action, str]] = {
    "offered": {"accept": "accepted", "decline": "declined", "expire": "expired", "release": "released"},
    "accepted": {"release": "released"},
    "declined": {},
    "expired": {},
    "released": {},
}
"""Status of an assignment -> what may be done -> the status it then has."""

ACTIVE = frozenset({"offered", "accepted"})
"""An assignment in one of these takes one of its expert's places and is its request's only one."""

OVER = frozenset({"resolved", "closed", "withdrawn", "merged"})
"""A request in one of these needs nobody."""

DECLINE_REASONS = ("no_time", "not_my_subject", "conflict_of_interest", "absent", "other")

PROFESSIONS = (
    "agronomist", "architect", "biologist", "chemist", "civil_engineer", "electrical_engineer", "energy_engineer",
    "environmental_engineer", "geologist", "hydraulic_engineer", "jurist", "lawyer", "project_manager", "surveyor",
)  # fmt: skip

ROME = ZoneInfo("Europe/Rome")


class NotAllowed(Exception):
    """The assignment's status does not allow the action; `allowed` names those it does."""

    def __init__(self, status: str, action: Action) -> None:
        super().__init__(f"{action} is not possible on an assignment that is {status}")
        self.status = status
        self.allowed = sorted(TRANSITIONS[status])


def after(status: str, action: Action) -> str:
    """The status an action leads to. Repeating an action that has led here changes nothing."""
    following = TRANSITIONS[status].get(action)
    if following:
        return following
    if any(actions.get(action) == status for actions in TRANSITIONS.values()):
        return status
    raise NotAllowed(status, action)


@dataclass(frozen=True)
class Lead:
    """The active assignment of a request: `order` is the request's state that it answers."""

    status: str
    order: Order
    theme: str | None


@dataclass(frozen=True)
class Stuck:
    """Nobody could be asked: holds as long as the request is the one that was tried."""

    order: Order
    facts: tuple[str | None, ...]
    refused: bool


def queue_of(
    status: str, facts: tuple[str | None, ...], ended: Order | None, lead: Lead | None, stuck: Stuck | None
) -> Queue | None:
    """What the matcher has to do about a request, None for nothing.

    ended: the highest order at which the request was over. What answers an earlier state is let go, even if the
    request was opened again meanwhile, or the news that it was over comes late. facts: theme first.
    """
    if lead:
        outlived = ended is not None and lead.order < ended
        other_theme = lead.status == "offered" and lead.theme != facts[0]
        return "release" if outlived or status in OVER or other_theme else None
    if status in OVER:
        return None
    if stuck and stuck.facts == facts and (ended is None or ended < stuck.order):
        return "coordinator" if stuck.refused else "stuck"
    return "ready"


def precedence(received_at: datetime, urgent: bool, head_start: timedelta) -> datetime:
    """Who is served first: the oldest; an urgent request counts as older by the head start, so none ever starves."""
    return received_at - head_start if urgent else received_at


@dataclass(frozen=True)
class Case:
    """A waiting request, as matching sees it. `further_themes` want co-experts."""

    id: str
    theme: str | None
    procedure: str | None
    kind: str
    province: str
    precedence: datetime
    declined_by: frozenset[str] = frozenset()
    former: str | None = None
    body: str | None = None
    companies: tuple[str, ...] = ()
    further_themes: tuple[str, ...] = ()
    urgent: bool = False
    received_at: datetime | None = None
    pinned_to: str | None = None
    """The only expert who may be asked: a coordinator said so."""


@dataclass
class Expert:
    """An expert, as matching sees one at a moment; `held` grows as a wave is decided. No provinces: all of them."""

    id: str
    levels: dict[str, int]
    kinds: frozenset[str]
    capacity: int
    held: int = 0
    provinces: frozenset[str] = frozenset()
    home: str | None = None
    procedures: dict[str, int] = field(default_factory=dict)
    active: bool = True
    in_contract: bool = True
    present: bool = True
    hours: float | None = None
    """Hours a week agreed, and how many of them an open request takes: both bound the places."""
    hours_of_one: float = 1.0
    recent: int = 0
    """Requests received in the last 30 days."""
    conflicts: frozenset[str] = frozenset()
    worked: frozenset[str] = frozenset()
    back: datetime | None = None
    """When an absence ends, or the contract begins."""

    @property
    def places(self) -> int:
        """How many requests this expert may hold at once."""
        return self.capacity if self.hours is None else min(self.capacity, int(self.hours / self.hours_of_one + 1e-9))

    @property
    def free(self) -> int:
        """How many more requests this expert may hold."""
        return max(self.places - self.held, 0)

    @property
    def there(self) -> bool:
        """Whether an offer that is not answered may stay with this expert."""
        return self.active and self.in_contract and self.present


def days_off(first: date, last: date) -> tuple[datetime, datetime]:
    """The instants between which somebody is away who is off from the first to the last day, both included."""
    midnight = [datetime.combine(day, time(), ROME) for day in (first, last + timedelta(days=1))]
    return midnight[0], midnight[1]


def working_hours_after(start: datetime, sigla: str | None, hours: float) -> datetime:
    """The moment when the offices of a province will have been open for so long."""
    calendar = office_calendar(sigla if sigla and province(sigla) else None)
    return add_working_time(calendar, start, timedelta(hours=hours)).replace(microsecond=0)
