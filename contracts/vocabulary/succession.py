"""What became of bodies that ended: who carries on for them, and whose history a body carries on.

A merger is data (`valid_to`, `successor` in bodies.csv). It takes effect on the day after the last one in force.
"""

from datetime import date
from functools import cache

from contracts.vocabulary.territory import Body, bodies, body


def successor(ended: Body, day: date) -> Body | None:
    """The body in force on that day that carries on for one that has ended; None if there is, or is known, none."""
    seen: set[str] = set()
    following: Body | None = ended
    while following and following.code not in seen:
        if following.valid_on(day):
            return None if following is ended else following
        seen.add(following.code)
        following = body(following.successor) if following.successor else None
    return None


def predecessors(code: str) -> tuple[Body, ...]:
    """The bodies that merge into this one, at once or through others, by code."""
    found: dict[str, Body] = {}
    waiting = [code]
    while waiting:
        for earlier in _merging_into().get(waiting.pop(), ()):
            if earlier.code not in found and earlier.code != code:
                found[earlier.code] = earlier
                waiting.append(earlier.code)
    return tuple(found[key] for key in sorted(found))


def ended_into(code: str, day: date) -> tuple[Body, ...]:
    """The predecessors that have ended before that day: whoever acts for this body now acts for them."""
    return tuple(earlier for earlier in predecessors(code) if earlier.valid_to is not None and earlier.valid_to < day)


@cache
def _merging_into() -> dict[str, tuple[Body, ...]]:
    found: dict[str, tuple[Body, ...]] = {}
    for item in bodies():
        if item.successor:
            found[item.successor] = (*found.get(item.successor, ()), item)
    return found
