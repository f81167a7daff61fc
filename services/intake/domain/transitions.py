"""What may be done with a request: one table of action, statuses, outcome and who may do it.

What intake itself decides is the `base` of a request; its `status` follows from the base and from the newest state
of the assignment (`status_of`), so that events may come in any order. To add an action: one line in `TRANSITIONS`.
"""

from dataclasses import dataclass
from typing import Literal, get_args

Base = Literal["open", "waiting", "resolved", "closed", "withdrawn", "merged"]
Status = Literal[
    "submitted", "triage", "assigned", "in_progress", "waiting", "resolved", "closed", "withdrawn", "merged"
]
Party = Literal["requester", "lead", "helper", "coordination"]
"""`helper`: an expert who works beside the lead."""
Action = Literal[
    "message", "provide", "ask", "resolve", "reopen", "close", "withdraw", "reclassify", "merge", "edit", "register",
    "link",
]  # fmt: skip
Verdict = Literal["yes", "not_you", "not_now"]

STATUSES: tuple[Status, ...] = get_args(Status)
UNDER_WAY: tuple[Status, ...] = ("submitted", "triage", "assigned", "in_progress", "waiting")
"""A request in one of these still needs work."""
ENDED: tuple[Status, ...] = ("resolved", "closed", "withdrawn")
"""A request in one of these is over, and still itself: what was merged goes on as another one."""


@dataclass(frozen=True)
class Transition:
    """From which statuses an action is possible, the base it leads to (None: unchanged), and who may do it."""

    action: Action
    statuses: tuple[Status, ...]
    leads_to: Base | None
    by: tuple[Party, ...]


TRANSITIONS: tuple[Transition, ...] = (
    Transition("message", (*UNDER_WAY, *ENDED), None, ("requester", "lead", "helper", "coordination")),
    Transition("provide", ("waiting",), "open", ("requester",)),
    Transition("ask", ("submitted", "triage", "assigned", "in_progress"), "waiting", ("lead", "coordination")),
    Transition("resolve", UNDER_WAY, "resolved", ("lead", "coordination")),
    Transition("reopen", ("resolved", "closed"), "open", ("requester", "coordination")),
    Transition("close", ("resolved",), "closed", ("requester", "coordination")),
    Transition("withdraw", UNDER_WAY, "withdrawn", ("requester", "coordination")),
    Transition("reclassify", UNDER_WAY, None, ("lead", "coordination")),
    Transition("merge", UNDER_WAY, "merged", ("coordination",)),
    # Its title, tags and urgency; the body's own protocol number, which may come later; links to other requests.
    Transition("edit", (*UNDER_WAY, "resolved"), None, ("lead", "coordination")),
    Transition("register", (*UNDER_WAY, *ENDED), None, ("requester", "coordination")),
    Transition("link", (*UNDER_WAY, *ENDED), None, ("requester", "lead", "helper", "coordination")),
)
_BY_ACTION = {transition.action: transition for transition in TRANSITIONS}
_IMPLIED: tuple[Action, ...] = ("provide",)
"""Nobody asks for these: they follow from a message."""


def judge(action: Action, status: Status, parties: frozenset[Party]) -> Verdict:
    """Whether these parties may do it now; `not_you` if they never may."""
    transition = _BY_ACTION[action]
    if parties.isdisjoint(transition.by):
        return "not_you"
    return "yes" if status in transition.statuses else "not_now"


def allowed(status: Status, parties: frozenset[Party]) -> tuple[Action, ...]:
    """What these parties can ask for in this status."""
    return tuple(
        transition.action
        for transition in TRANSITIONS
        if transition.action not in _IMPLIED and judge(transition.action, status, parties) == "yes"
    )


def leads_to(action: Action) -> Base | None:
    """The base that an action leads to whatever it was; None for one that leaves it as it is."""
    return _BY_ACTION[action].leads_to


def base_after(action: Action, base: Base) -> Base:
    """The base that a possible action leads to."""
    return _BY_ACTION[action].leads_to or base


@dataclass(frozen=True)
class Assignment:
    """The newest known state of a request's assignment, as far as the status follows from it."""

    status: str
    round: int
    expert: str | None
    co_experts: tuple[str, ...] = ()


def status_of(base: Base, assignment: Assignment | None, freed_round: int, theme: str | None) -> Status:
    """The one status that people see.

    freed_round: the last round that a resolution has ended; its late events change nothing any more.
    """
    if base != "open":
        return base
    if assignment and assignment.round > freed_round:
        if assignment.status == "accepted":
            return "in_progress"
        if assignment.status == "offered":
            return "assigned"
    return "submitted" if theme else "triage"


def lead_of(assignment: Assignment | None, freed_round: int, last_lead: str | None) -> str | None:
    """Who works on the request, from the offer on; after a resolution, who did, until somebody else is asked."""
    if assignment is None:
        return None
    if assignment.round <= freed_round:
        return last_lead
    return assignment.expert if assignment.status in ("offered", "accepted") else None


def helpers_of(assignment: Assignment | None, freed_round: int, last: tuple[str, ...]) -> tuple[str, ...]:
    """Who works beside the lead; after a resolution, who did, until somebody else is asked."""
    if assignment is None:
        return ()
    if assignment.round <= freed_round:
        return last
    return assignment.co_experts if assignment.status in ("offered", "accepted") else ()
