"""Lengths of time taken apart into units that people read, largest first; zero amounts are left out."""

import re
from collections.abc import Mapping
from datetime import timedelta

WORKING_DAY_MINUTES = 8 * 60

_ISO_8601 = re.compile(
    r"P(?=\d|T\d)(?:(?P<year>\d+)Y)?(?:(?P<month>\d+)M)?(?:(?P<week>\d+)W)?(?:(?P<day>\d+)D)?"
    r"(?:T(?=\d)(?:(?P<hour>\d+)H)?(?:(?P<minute>\d+)M)?(?:(?P<second>\d+)S)?)?"
)


def working_units(minutes: int) -> dict[str, int]:
    """Working minutes as working days, hours and minutes; the two largest say enough."""
    days, rest = divmod(minutes, WORKING_DAY_MINUTES)
    units = _without_zeros({"working day": days, "hour": rest // 60, "minute": rest % 60}, "minute")
    return dict(list(units.items())[:2])


def calendar_units(value: str | timedelta) -> dict[str, int]:
    """An ISO 8601 duration with the units it was written in (months are not days), or a span of calendar time."""
    if isinstance(value, timedelta):
        minutes = int(value.total_seconds()) // 60
        return _without_zeros({"day": minutes // 1440, "hour": minutes // 60 % 24, "minute": minutes % 60}, "minute")
    match = _ISO_8601.fullmatch(value)
    if not match:
        raise ValueError(f"not an ISO 8601 duration: {value!r}")
    units = {unit: int(amount) for unit, amount in match.groupdict().items() if amount is not None}
    return _without_zeros(units, next(iter(units)))


def _without_zeros(units: Mapping[str, int], last: str) -> dict[str, int]:
    return {unit: amount for unit, amount in units.items() if amount} or {last: 0}
