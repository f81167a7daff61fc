"""The order of service: who is served first. Urgency and age alone decide, so the oldest eligible never starves."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import numpy as np

from services.routing.criteria.tables import Floats
from services.routing.domain import Case

_DAY = timedelta(days=1)


def ageing(cases: Sequence[Case], now: datetime, head_start: timedelta) -> Floats:
    """Days since the request came."""
    return np.array([(now - (case.received_at or case.precedence)) / _DAY for case in cases])


def urgency(cases: Sequence[Case], now: datetime, head_start: timedelta) -> Floats:
    """Days that an urgent request counts as older."""
    return np.array([head_start / _DAY if case.urgent else 0.0 for case in cases])


ORDER: dict[str, Callable[[Sequence[Case], datetime, timedelta], Floats]] = {"ageing": ageing, "urgency": urgency}
"""Their sum, in days, is what `domain.precedence` keeps as an instant: a test compares the two."""


def days_ahead(case: Case, now: datetime, head_start: timedelta) -> dict[str, float]:
    """What each gave to the place of one request in the order of service."""
    return {name: round(float(count([case], now, head_start)[0]), 3) for name, count in ORDER.items()}
