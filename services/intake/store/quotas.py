"""Keys of front-ends and how much each has used: by day for a year, by minute for a day.

A process takes what it will use in small blocks, so counting costs nothing for most requests, a quota is never
exceeded by however many processes, and what a process had taken and not used when it ended is lost: at most a block
(a fiftieth of the quota, 100 at most) for each process and end.
"""

import asyncio
import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from async_lru import alru_cache
from pymongo import ReturnDocument
from pymongo.errors import DuplicateKeyError

from services.chassis.i18n import ROME
from services.chassis.mongo import Database, Document, Index

API_KEYS = "api_keys"
QUOTA_DAYS = "quota_days"
QUOTA_MINUTES = "quota_minutes"
INDEXES = (
    Index(API_KEYS, (("created_at", -1), ("_id", -1))),
    Index(QUOTA_DAYS, (("key", 1), ("day", -1))),
    Index(QUOTA_DAYS, (("at", 1),), ttl_days=400),
    Index(QUOTA_MINUTES, (("at", 1),), ttl_days=1),
)
_REMEMBERED_SECONDS = 5.0
_BLOCKS, _LARGEST_BLOCK = 50, 100


@dataclass(frozen=True)
class Window:
    """A span of time with a quota; `reset` is in seconds from now."""

    collection: str
    name: str
    limit: int
    reset: int


@dataclass
class Lease:
    """What this process may still use of a window, and what had been taken of it in all when it last looked."""

    name: str
    left: int = 0
    taken: int = 0


class UsedUp(Exception):
    """Nothing is left of a window."""

    def __init__(self, window: Window) -> None:
        super().__init__(window.collection)
        self.window = window


def windows_of(row: Document, now: datetime) -> tuple[Window, ...]:
    """The windows of a key: this minute, and this day in Rome."""
    here = now.astimezone(ROME)
    midnight = datetime.combine(here.date() + timedelta(days=1), time(), ROME)
    day = Window(QUOTA_DAYS, here.date().isoformat(), row["per_day"], math.ceil((midnight - here).total_seconds()))
    minute = Window(QUOTA_MINUTES, str(int(now.timestamp() // 60)), row["per_minute"], 60 - int(now.timestamp() % 60))
    return minute, day


def give_back(taken: Iterable[Lease]) -> None:
    """Undoes a `take` of which nothing came. What a window that has passed gets back is nobody's."""
    for lease in taken:
        lease.left += 1


class QuotaStore:
    """Reads keys and counts; keys are written by handlers through their Work."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._leases: dict[tuple[str, str], Lease] = {}
        self._locks: dict[str, asyncio.Lock] = {}
        self._remembered = alru_cache(maxsize=10_000, ttl=_REMEMBERED_SECONDS)(self._look_up)

    async def key(self, id: str) -> Document | None:
        """The key of this principal, at most five seconds old; None for who has no quota."""
        return await self._remembered(id)

    async def page(self, limit: int) -> list[Document]:
        """The newest keys."""
        return await self._database.find(API_KEYS, {}, sort=[("created_at", -1), ("_id", -1)], limit=limit)

    async def usage(self, keys: Iterable[str], since: str) -> dict[str, dict[str, int]]:
        """Key -> day -> requests created, from a day on."""
        wanted = list(keys)
        found: dict[str, dict[str, int]] = {key: {} for key in wanted}
        for row in await self._database.find(QUOTA_DAYS, {"key": {"$in": wanted}, "day": {"$gte": since}}):
            found[row["key"]][row["day"]] = row["used"] - self._unused(row["key"], row["day"])
        return found

    async def take(self, row: Document, now: datetime) -> list[Lease]:
        """Counts one request of a key; from where, for `give_back`. Raises UsedUp, and then counts nothing."""
        key = row["_id"]
        async with self._locks.setdefault(key, asyncio.Lock()):
            taken: list[Lease] = []
            for window in windows_of(row, now):
                lease = self._leases.get((key, window.collection))
                if lease is None or lease.name != window.name:
                    lease = self._leases[key, window.collection] = Lease(window.name)
                if lease.left <= 0:
                    await self._lease(key, window, lease, now)
                if lease.left <= 0:
                    give_back(taken)
                    raise UsedUp(window)
                lease.left -= 1
                taken.append(lease)
            return taken

    async def note_use(self, id: str, now: datetime) -> None:
        """Remembers when a key was last used."""
        await self._database[API_KEYS].update_one({"_id": id}, {"$max": {"last_used_at": now}})

    def _unused(self, key: str, day: str) -> int:
        lease = self._leases.get((key, QUOTA_DAYS))
        return lease.left if lease and lease.name == day else 0

    async def _lease(self, key: str, window: Window, lease: Lease, now: datetime) -> None:
        wanted = max(1, min(window.limit // _BLOCKS, _LARGEST_BLOCK))
        used = {"$min": [{"$add": [{"$ifNull": ["$used", 0]}, wanted]}, window.limit]}
        # A limit that was lowered meanwhile takes nothing back.
        used = {"$max": [used, {"$ifNull": ["$used", 0]}]}
        facts = {"used": used, "key": key, "day": window.name, "at": {"$ifNull": ["$at", now]}}
        before: Document | None = None
        for last in (False, True):
            try:
                before = await self._database[window.collection].find_one_and_update(
                    {"_id": f"{key}:{window.name}"}, [{"$set": facts}], upsert=True,
                    return_document=ReturnDocument.BEFORE,
                )  # fmt: skip
                break
            except DuplicateKeyError:
                # Two processes began the window at the same moment; now it has begun.
                if last:
                    raise
        earlier = before["used"] if before else 0
        lease.left = max(0, min(wanted, window.limit - earlier))
        if window.collection == QUOTA_DAYS:
            await self.note_use(key, now)

    async def _look_up(self, id: str) -> Document | None:
        return await self._database[API_KEYS].find_one({"_id": id})
