"""Runs the floor: samples from a pipeline that has just run, the same indexes on empty collections, four processes."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import bson
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from contracts.catalogue import STREAMS
from contracts.envelope import new_id
from services.chassis.mongo import Database
from tests.bench.installation import Installation
from tests.bench.processes import Process
from tests.bench.progress import SERVICES, Progress

Document = dict[str, Any]
_PARTITIONS = 12
_OPTIONS = ("unique", "partialFilterExpression", "expireAfterSeconds")
_COLLECTIONS = {
    "intake": ("requests", "timeline", "inbox", "outbox"),
    "routing": ("cases", "assignments", "decisions", "loads", "inbox", "outbox"),
    "notify": ("requests", "notices", "notifications", "deliveries", "attempts", "inbox", "outbox"),
    "reporting": ("facts", "inbox"),
}


async def samples_of(installation: Installation, mail: bool) -> dict[str, Document]:
    """For each service, a document of each kind that the pipeline writes for a request."""
    intake, routing, notify, reporting = (installation.databases[name] for name in SERVICES)
    request = await _one(intake, "requests", {"assignment.status": "offered"})
    case = await _one(routing, "cases", {"lead": {"$ne": None}})
    notice = await _one(notify, "notices", {"status": "planned"})
    delivery = await _one(notify, "deliveries", {"status": "sent" if mail else "unwanted"})
    submitted = await _one(intake, "outbox", {"stream": "requests"})
    offered = await _one(routing, "outbox", {"stream": "assignments", "key": request["_id"]})
    told = {"sent": await _one(notify, "outbox", {})} if mail else {}
    loads = [row async for row in routing["loads"].find({})]
    return {
        "intake": {
            "requests": request, "requests_new": {**request, "assignment": None, "lead": None, "version": 1},
            "timeline": await _one(intake, "timeline", {"action": "offered"}),
            "timeline_submitted": await _one(intake, "timeline", {"action": "submitted"}),
            "inbox": await _one(intake, "inbox", {}), "outbox": {"submitted": submitted},
        },
        "routing": {
            "cases": case, "cases_new": {**case, "lead": None, "version": 1}, "loads": loads,
            **{name: await _one(routing, name, {}) for name in ("assignments", "decisions", "inbox")},
            "outbox": {"offered": offered},
        },
        "notify": {
            "states": await _one(notify, "requests", {}), "notices_new": {**notice, "status": "waiting", "version": 1},
            "deliveries": delivery, "deliveries_new": {**delivery, "status": "due", "sent_at": None},
            **{name: await _one(notify, name, {}) for name in ("notifications", "inbox")},
            "attempts": await _one(notify, "attempts", {}) if mail else {}, "outbox": told,
        },
        "reporting": {
            "facts": await _one(reporting, "facts", {"assignment.status": "offered"}),
            "inbox": await _one(reporting, "inbox", {}),
        },
    }  # fmt: skip


async def _one(database: Database, collection: str, where: Document) -> Document:
    row = await database[collection].find_one(where)
    if row is None:
        raise LookupError(f"the pipeline has left no sample of {collection} {where}")
    return row


GROUP_COMMIT = 0.02
"""Seconds: see `services/chassis/group_commit.py`."""


class Floor:
    """`flood(count)` after `opened`; `pids` by service."""

    def __init__(self, installation: Installation, samples: dict[str, Document], mail: bool, folder: Path) -> None:
        self._servers = installation.servers
        self._prefix = f"f{new_id().replace('-', '')[4:20]}"
        self._real = installation.databases
        self._letters: Document = {}
        if mail:
            self._letters = {"port": installation.smtp_port, "content": installation.mail_sample.read_bytes()}
        self._samples, self._mail, self._folder = samples, mail, folder
        self._processes: dict[str, Process] = {}
        self.databases = {name: Database(self._servers.mongo_url, f"{self._prefix}_{name}") for name in SERVICES}

    @property
    def pids(self) -> dict[str, int]:
        return {name: process.pid for name, process in self._processes.items()} | self._servers.pids

    async def start(self) -> None:
        await self._prepare()
        for name in SERVICES:
            facts = self._folder / f"floor-{name}.bson"
            facts.write_bytes(bson.encode(self._facts(name)))
            log = self._folder / f"floor-{name}.log"
            talks = name == "intake"
            self._processes[name] = Process("tests.bench.floor", name, str(facts), environment={}, log=log, talks=talks)

    async def stop(self) -> None:
        await asyncio.gather(*(asyncio.to_thread(process.stop, 5) for process in self._processes.values()))
        for database in self.databases.values():
            await database.drop()
            database.close()

    async def flood(self, count: int, seconds: float) -> tuple[float, float]:
        """When it began and when the last request was done (monotonic)."""
        progress = await Progress(self.databases, self._mail).begin()
        began = time.monotonic()
        self._processes["intake"].say(str(count))
        return began, await progress.reached(count, seconds, self.check)

    async def steady(self, rate: float, seconds: float, patience: float) -> None:
        """So many requests a second, handed over as often as the group commit begins; returns when all are done."""
        count, handed_over = int(rate * seconds), 0
        progress = await Progress(self.databases, self._mail).begin()
        began = time.monotonic()
        while handed_over < count:
            await asyncio.sleep(GROUP_COMMIT)
            due = min(count, int((time.monotonic() - began) * rate)) - handed_over
            if due > 0:
                self._processes["intake"].say(str(due))
                handed_over += due
        await progress.reached(count, patience, self.check)

    def check(self) -> None:
        for process in self._processes.values():
            process.check()

    def _facts(self, name: str) -> Document:
        return {
            "mongo_url": self._servers.mongo_url, "kafka": self._servers.bootstrap, "prefix": self._prefix,
            "idempotent": self._servers.idempotent, "session_ms": self._servers.session_ms, "mail": self._mail,
            "samples": self._samples[name], "letters": self._letters,
        }  # fmt: skip

    async def _prepare(self) -> None:
        """The same collections with the same indexes as the services', and the same topics."""
        for name, collections in _COLLECTIONS.items():
            for collection in collections:
                for index in (await self._real[name][collection].index_information()).values():
                    options = {key: index[key] for key in _OPTIONS if key in index}
                    if index["key"] != [("_id", 1)]:
                        await self.databases[name][collection].create_index(index["key"], **options)
        admin = AIOKafkaAdminClient(bootstrap_servers=self._servers.bootstrap)
        await admin.start()
        try:
            await admin.create_topics([NewTopic(f"{self._prefix}.{stream}.v1", _PARTITIONS, 1) for stream in STREAMS])
        finally:
            await admin.close()


@asynccontextmanager
async def opened(installation: Installation, mail: bool, folder: Path) -> AsyncIterator[Floor]:
    """The floor between start and end; its consumers have joined their groups."""
    floor = Floor(installation, await samples_of(installation, mail), mail, folder)
    try:
        await floor.start()
        # A group forms as fast as its session lasts; nothing is told when it has.
        await asyncio.sleep(3 + installation.servers.session_ms / 1000)
        yield floor
    finally:
        await floor.stop()
