"""The life of a good practice: one table of action, states, state afterwards and who may do it.

A published practice that is edited becomes a draft again; readers keep its last edition until the next one is
published. To add an action: one line in `TRANSITIONS`.
"""

import re
from dataclasses import dataclass
from typing import Literal, get_args

from services.intake.domain.texts import folded, is_small_word

State = Literal["draft", "review", "published", "withdrawn"]
Party = Literal["author", "reviewer"]
"""A reviewer coordinates one of its themes, or is of the secretariat, and has not written it."""
Action = Literal["edit", "review", "publish", "return", "withdraw"]
STATES: tuple[State, ...] = get_args(State)


@dataclass(frozen=True)
class Transition:
    """In which states an action is possible, the state it leads to, and who may do it."""

    action: Action
    states: tuple[State, ...]
    leads_to: State
    by: tuple[Party, ...]


TRANSITIONS: tuple[Transition, ...] = (
    Transition("edit", ("draft", "published", "withdrawn"), "draft", ("author",)),
    Transition("review", ("draft",), "review", ("author",)),
    Transition("publish", ("review",), "published", ("reviewer",)),
    Transition("return", ("review",), "draft", ("reviewer",)),
    Transition("withdraw", ("draft", "review", "published"), "withdrawn", ("author", "reviewer")),
)
_BY_ACTION = {transition.action: transition for transition in TRANSITIONS}
_WORD = re.compile(r"[a-z0-9]+")
_LONGEST_SLUG = 60


def judge(action: Action, state: State, parties: frozenset[Party]) -> Literal["yes", "not_you", "not_now"]:
    """Whether these parties may do it now; `not_you` if they never may."""
    transition = _BY_ACTION[action]
    if parties.isdisjoint(transition.by):
        return "not_you"
    return "yes" if state in transition.states else "not_now"


def allowed(state: State, parties: frozenset[Party]) -> tuple[Action, ...]:
    """What these parties can do in this state."""
    return tuple(action for action in _BY_ACTION if judge(action, state, parties) == "yes")


def state_after(action: Action) -> State:
    """The state that a possible action leads to."""
    return _BY_ACTION[action].leads_to


def slug(title: str, id: str) -> str:
    """The last part of a practice's address: words of the title, and what makes it unlike any other."""
    words = [word for word in _WORD.findall(folded(title)) if not is_small_word(word)]
    name = "-".join(words)[:_LONGEST_SLUG].strip("-") or "pratica"
    return f"{name}-{id.replace('-', '')[-8:]}"
