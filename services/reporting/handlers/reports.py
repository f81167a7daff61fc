"""Reports: what was asked is read in one pass and becomes one document that every form and page shows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from contracts.working_time import METRICS, NEVER, SERVICE_TARGETS
from services.chassis.i18n import ROME, Translator
from services.reporting import figures
from services.reporting.labels import label
from services.reporting.store import EVERYWHERE, Store, Territory

Report = dict[str, Any]
EARLIEST, LATEST = date(2000, 1, 1), date(2999, 12, 31)
"""Days that may be asked for: the clocks' arithmetic and the calendar hold on both sides of them."""
_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Period:
    """Days of Rome, both included; None is open-ended. A request belongs to the day on which it was received."""

    start: date | None = None
    end: date | None = None

    def instants(self) -> tuple[datetime, datetime]:
        """From the first midnight to the one behind the last day."""
        start = _midnight(self.start) if self.start else _BEGINNING
        return start, _midnight(self.end + timedelta(days=1)) if self.end and self.end < date.max else NEVER


async def service_levels(
    store: Store,
    period: Period,
    group_by: str,
    now: datetime,
    translator: Translator,
    metrics: Sequence[str] = tuple(METRICS),
    synthetic: bool = True,
    territory: Territory = EVERYWHERE,
) -> Report:
    """Working times, shares within target and open clocks of the requests received in a period."""
    counted = figures.ServiceLevels(metrics, now)
    async for row in store.clocks(*period.instants(), group_by, metrics, synthetic, territory):
        counted.add(row)
    totals = counted.totals()
    return {
        "report": "service-levels",
        "from": _day(period.start),
        "to": _day(period.end),
        "provinces": territory.provinces,
        "group_by": group_by,
        "generated_at": _instant(now),
        "synthetic": totals["synthetic"],
        "targets": {name: dict(SERVICE_TARGETS[name]) for name in metrics},
        "items": [_named(item, group_by, translator) for item in counted.items()],
        "totals": {"key": None, "label": translator.gettext("All requests")} | totals,
    }


async def backlog(
    store: Store, at: datetime, now: datetime, synthetic: bool = True, territory: Territory = EVERYWHERE
) -> Report:
    """Requests that were open at an instant, by the days since they were received."""
    items, totals = figures.backlog(await store.backlog(at, synthetic, territory))
    return {
        "report": "backlog",
        "at": _instant(at),
        "provinces": territory.provinces,
        "generated_at": _instant(now),
        "synthetic": totals["synthetic"],
        "items": items,
        "totals": {"from_days": 0, "to_days": None} | totals,
    }


async def workload(
    store: Store, group_by: str, now: datetime, translator: Translator, synthetic: bool = True
) -> Report:
    """Requests that are open now, by group and by what they wait for; nobody's personal figures."""
    items, totals = figures.workload(await store.workload(group_by, synthetic))
    return {
        "report": "workload",
        "group_by": group_by,
        "generated_at": _instant(now),
        "synthetic": totals["synthetic"],
        "items": [_named(item, group_by, translator) for item in items],
        "totals": {"key": None, "label": translator.gettext("All requests")} | totals,
    }


def _named(item: dict[str, Any], group_by: str, translator: Translator) -> dict[str, Any]:
    return {"key": item["key"], "label": label(group_by, item["key"], translator)} | item


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), ROME).astimezone(UTC)


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
