"""What reporting keeps: facts (derived from events), told deadlines and measurements (its own).

Queries project only what they need and let the server group, so that a report reads each fact once and returns
rows as few as its groups times the distinct minutes in them.
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from contracts.vocabulary import provinces
from contracts.working_time import NEVER
from services.chassis.mongo import Database, Document, Index

FACTS = "facts"
DEADLINES = "deadlines"
MEASUREMENTS = "measurements"

INDEXES: tuple[Index, ...] = (
    Index(FACTS, (("number", 1),)),
    Index(FACTS, (("received_at", 1),)),
    Index(FACTS, (("open_until", 1), ("received_at", 1))),
    Index(FACTS, (("next_due", 1),), partial={"next_due": {"$exists": True}}),
    Index(FACTS, (("open_until", 1), ("clocks.state", 1), ("clocks.warn_at", 1))),
    Index(MEASUREMENTS, (("half_year", 1), ("body", 1), ("procedure", 1))),
)
DERIVED = (FACTS,)

GROUPS = ("theme", "procedure", "province", "kind", "channel", "month")
"""Fields of a fact by which service levels are grouped."""
WORKLOAD_GROUPS = {"task_force": "assignment.task_force", "province": "province", "theme": "theme"}
_DAY_MS = 86_400_000
AT_RISK_SHOWN = 30


@dataclass(frozen=True)
class Territory:
    """Where the bodies lie whose requests count: siglas, None for everywhere, none of them for nowhere.

    comuni_only: the requests of the provincia or Città metropolitana itself do not count.
    """

    provinces: tuple[str, ...] | None = None
    comuni_only: bool = False

    def where(self) -> Document:
        """What narrows a query to it."""
        within: Document = {} if self.provinces is None else {"province": {"$in": list(self.provinces)}}
        return within | ({"body": {"$nin": [known.code for known in provinces()]}} if self.comuni_only else {})


EVERYWHERE = Territory()


class Store:
    """The queries of reporting."""

    def __init__(self, database: Database) -> None:
        self._facts = database[FACTS]
        self._measurements = database[MEASUREMENTS]

    async def fact_of(self, number: str) -> Document | None:
        """The fact of the request with this number."""
        return await self._facts.find_one({"number": number}, {"timeline": 0, "spans": 0})

    async def due(self, now: datetime, limit: int) -> list[str]:
        """Requests whose next warning or deadline has come, those waiting longest first."""
        found = self._facts.find(_due(now), {"_id": 1}, sort=[("next_due", 1)], limit=limit)
        return [row["_id"] async for row in found]

    async def at_risk(self, now: datetime, themes: Sequence[str] | None, province: str | None) -> list[Document]:
        """Open requests of which a deadline is near or past, with the clocks in question, the soonest ahead."""
        pipeline = at_risk_pipeline(now, themes, province)
        return [row async for row in self._facts.aggregate(pipeline)]

    async def clocks(
        self,
        start: datetime,
        end: datetime,
        group_by: str,
        metrics: Sequence[str],
        synthetic: bool,
        territory: Territory,
    ) -> AsyncIterator[Document]:
        """Clocks of requests received in a period, equal ones counted together: `_id` and `n`."""
        pipeline = clocks_pipeline(start, end, group_by, metrics, synthetic, territory)
        async for row in self._facts.aggregate(pipeline, allowDiskUse=True):
            yield row

    async def backlog(self, at: datetime, synthetic: bool, territory: Territory) -> list[Document]:
        """Requests that were open at an instant, counted by whole days since they were received."""
        return [row async for row in self._facts.aggregate(backlog_pipeline(at, synthetic, territory))]

    async def workload(self, group_by: str, synthetic: bool) -> list[Document]:
        """Requests that are open now, counted by group and status."""
        return [row async for row in self._facts.aggregate(workload_pipeline(group_by, synthetic))]

    async def measurements(self, half_year: str, bodies: Sequence[str] | None) -> list[Document]:
        """The newest versions for a half-year; bodies: None for all."""
        query: Document = {"half_year": half_year} | ({} if bodies is None else {"body": {"$in": list(bodies)}})
        found = self._measurements.find(query, {"earlier": 0}, sort=[("body", 1), ("procedure", 1)])
        return [row async for row in found]


def clocks_pipeline(
    start: datetime,
    end: datetime,
    group_by: str,
    metrics: Sequence[str],
    synthetic: bool,
    territory: Territory = EVERYWHERE,
) -> list[dict[str, Any]]:
    """The one pass of the service levels. Only clocks that run need their instants: they are judged at reading."""
    running = {"$in": ["$clocks.state", ["running", "paused"]]}
    fields = ("metric", "state", "minutes", "due_at", "warn_at")
    return [
        {"$match": {"received_at": {"$gte": start, "$lt": end}} | _synthetic(synthetic) | territory.where()},
        {"$project": {"key": f"${group_by}", "left": 1, "synthetic": 1, **{f"clocks.{name}": 1 for name in fields}}},
        {"$unwind": "$clocks"},
        {"$match": {"clocks.metric": {"$in": list(metrics)}}},
        {
            "$group": {
                "_id": {
                    "key": "$key",
                    "left": "$left",
                    "synthetic": "$synthetic",
                    "metric": "$clocks.metric",
                    "state": "$clocks.state",
                    "minutes": "$clocks.minutes",
                    "due_at": {"$cond": [running, "$clocks.due_at", None]},
                    "warn_at": {"$cond": [running, "$clocks.warn_at", None]},
                },
                "n": {"$sum": 1},
            }
        },
    ]


def backlog_pipeline(at: datetime, synthetic: bool, territory: Territory = EVERYWHERE) -> list[dict[str, Any]]:
    """Of those not yet over and already received, the ones that lay open just then and not between two spans."""
    age = {"$floor": {"$divide": [{"$subtract": [at, "$received_at"]}, _DAY_MS]}}
    open_then = {"spans": {"$elemMatch": {"start": {"$lte": at}, "end": {"$gt": at}}}}
    where: Document = {"open_until": {"$gt": at}, "received_at": {"$lte": at}} | open_then
    return [
        {"$match": where | _synthetic(synthetic) | territory.where()},
        {"$group": {"_id": {"days": age, "synthetic": "$synthetic"}, "n": {"$sum": 1}}},
    ]


def at_risk_pipeline(now: datetime, themes: Sequence[str] | None, province: str | None) -> list[dict[str, Any]]:
    """Clocks that run and whose warning is due; those still in time first, then the ones that are past."""
    warned = {"state": "running", "warn_at": {"$lte": now}}
    where: Document = {"open_until": NEVER, "clocks": {"$elemMatch": warned}}
    where |= {} if themes is None else {"theme": {"$in": list(themes)}}
    where |= {"province": province} if province else {}
    return [
        {"$match": where},
        {"$project": {"number": 1, "theme": 1, "province": 1, "clocks": 1}},
        {"$unwind": "$clocks"},
        {"$match": {f"clocks.{name}": value for name, value in warned.items()}},
        {"$set": {"overdue": {"$lt": ["$clocks.due_at", now]}}},
        {
            "$facet": {
                "counts": [{"$group": {"_id": "$overdue", "n": {"$sum": 1}}}],
                "rows": [{"$sort": {"overdue": 1, "clocks.due_at": 1, "_id": 1}}, {"$limit": AT_RISK_SHOWN}],
            }
        },
    ]


def workload_pipeline(group_by: str, synthetic: bool) -> list[dict[str, Any]]:
    """Open requests by group and status; no person appears in it."""
    group = {"key": f"${WORKLOAD_GROUPS[group_by]}", "status": "$status", "synthetic": "$synthetic"}
    return [
        {"$match": {"open_until": NEVER} | _synthetic(synthetic)},
        {"$group": {"_id": group, "n": {"$sum": 1}}},
    ]


def _due(now: datetime) -> Document:
    return {"next_due": {"$lte": now}}


def _synthetic(included: bool) -> Document:
    return {} if included else {"synthetic": False}
