"""The outside ledger: what clients were promised, compared with what became of it. It asks no service for its view
of another, so a loss and a double show up wherever they arise.
"""

import asyncio
import json
import random
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx
from aiokafka import AIOKafkaConsumer, TopicPartition

from contracts.catalogue import STREAMS, topic_of
from services.chassis.mongo import Document
from tests.kafka.installation import BODY, OFFICIAL, OFFICIAL_KEY, SERVICES, THEME, Installation

RECEIVED, OFFERED = "La richiesta è stata ricevuta", "Le viene proposta una richiesta"
_HURRY_AFTER = 6.0


@dataclass
class Ledger:
    """Promises: number -> id of each request answered 201. `refused`: answers that were not 201."""

    installation: Installation
    random: random.Random
    promised: dict[str, str] = field(default_factory=dict)
    refused: Counter[int] = field(default_factory=Counter)
    slowest: str = ""
    """What the last convergence waited for longest."""
    repeated: int = 0
    """How often a client had to ask again because its connection was refused or cut."""

    async def load(self, requests: int, at_once: int = 20, url: str = "") -> None:
        """Submits requests, each with a key of its own; a client asks again when nobody answers."""
        keys = iter([f"{self.random.getrandbits(128):032x}" for _ in range(requests)])

        async def worker() -> None:
            async with self.installation.client("intake", OFFICIAL_KEY) as client:
                for key in keys:
                    await self._submit(client, url, key)

        await asyncio.gather(*(worker() for _ in range(at_once)))

    async def _submit(self, client: httpx.AsyncClient, url: str, key: str) -> None:
        form = {
            "body": BODY, "kind": "technical", "title": f"Pratica {key[:8]}", "theme": THEME,
            "description": "Le pratiche sono ferme da mesi.",
        }  # fmt: skip
        async with asyncio.timeout(60):
            while True:
                try:
                    answer = await client.post(f"{url}/api/requests", json=form, headers={"Idempotency-Key": key})
                except httpx.TransportError:
                    self.repeated += 1
                    await asyncio.sleep(0.02)
                    continue
                if answer.status_code == 201:
                    self.promised[answer.json()["number"]] = answer.json()["id"]
                    return
                self.refused[answer.status_code] += 1
                await asyncio.sleep(0.05)

    async def converged(self, seconds: float) -> float:
        """Seconds until every promise is kept and nothing is left to be done; fails with what is missing."""
        began, hurried = time.monotonic(), 0.0
        while True:
            missing = await self.missing()
            passed = time.monotonic() - began
            if not missing:
                return passed
            self.slowest = "+".join(missing)
            if passed > seconds:
                raise AssertionError(f"not within {seconds} s: {missing}")
            if passed > hurried + _HURRY_AFTER:
                await self._hurry()
                hurried = passed
            await asyncio.sleep(0.1)

    async def _hurry(self) -> None:
        """The minutes pass that a letter waits for its next try, or for the claim of a process that died."""
        now = datetime.now(UTC)
        waiting = {"status": {"$in": ["due", "sending"]}, "due_at": {"$gt": now}}
        await self.installation.databases["notify"]["deliveries"].update_many(waiting, {"$set": {"due_at": now}})

    async def missing(self) -> dict[str, int]:
        """Promises not kept yet, by kind."""
        requests, assignments, facts = await self._documents()
        mails = self.installation.post.messages()
        active = Counter(row["request"] for row in assignments if row["status"] in ("offered", "accepted"))
        found = {
            "request": len(self.promised.keys() - requests.keys()),
            "assignment": sum(active[id] == 0 for id in self.promised.values()),
            "lead": sum(not (number in requests and requests[number]["lead"]) for number in self.promised),
            "fact": len(set(self.promised.values()) - {row["_id"] for row in facts if row.get("assignment")}),
            "receipt": sum((number, f"{OFFICIAL}@prova.example", RECEIVED) not in mails for number in self.promised),
            "offer": len(self.promised.keys() - {step[0] for step in mails if step[2] == OFFERED}),
            "unpublished": await self._unpublished(),
        }
        return {name: count for name, count in found.items() if count}

    async def _documents(self) -> tuple[dict[str, Document], list[Document], list[Document]]:
        databases = self.installation.databases
        wanted = {"lead": 1, "number": 1}
        requests = {row["number"]: row async for row in databases["intake"]["requests"].find({}, wanted)}
        assignments = [
            row async for row in databases["routing"]["assignments"].find({}, {"request": 1, "expert": 1, "status": 1})
        ]
        facts = [row async for row in databases["reporting"]["facts"].find({}, {"number": 1, "assignment": 1})]
        return requests, assignments, facts

    async def _unpublished(self) -> int:
        query = {"unpublished": True}
        databases = self.installation.databases
        return sum([await databases[name]["outbox"].count_documents(query) for name in SERVICES])

    async def audit(self) -> dict[str, int]:
        """Asserts that nothing is doubled and that everybody says the same; returns the harmless repetitions."""
        requests, assignments, facts = await self._documents()
        numbers = {row["_id"]: number for number, row in requests.items()}
        post = self.installation.post

        assert set(self.promised.values()) == {row["_id"] for row in requests.values()}, "a request nobody was promised"
        per_request = Counter(row["request"] for row in assignments)
        assert {id: n for id, n in per_request.items() if n != 1} == {}, "a request was offered twice"
        leads = {numbers[row["request"]]: row["expert"] for row in assignments}
        assert leads == {number: row["lead"] for number, row in requests.items()}, "intake and routing differ"
        assert sorted(row["number"] for row in facts) == sorted(requests), "the report and intake differ"
        doubled = {step: ids for step, ids in post.messages().items() if len(ids) != 1}
        assert doubled == {}, "a step was told twice"
        wanted = {(number, f"{lead}@prova.example", OFFERED) for number, lead in leads.items()}
        wanted |= {(number, f"{OFFICIAL}@prova.example", RECEIVED) for number in requests}
        assert post.messages().keys() == wanted, "somebody was told what is not theirs"
        async with self.installation.client("reporting") as client:
            report = (await client.get("/api/reports/service-levels")).raise_for_status().json()
        assert report["totals"]["requests"] == len(self.promised)
        repeated = sum(count - 1 for count in post.arrived.values())
        return {"mails_sent_again": repeated, "messages_sent_again": await self._log_against_outboxes()}

    async def _log_against_outboxes(self) -> int:
        """Asserts that Kafka holds every event of every outbox; returns how many it holds more than once."""
        written = Counter(await read_log(self.installation))
        stored: set[str] = set()
        for name in SERVICES:
            stored |= {row["_id"] async for row in self.installation.databases[name]["outbox"].find({}, {"_id": 1})}
        assert stored == written.keys(), "the log and the outboxes differ"
        return written.total() - len(written)


async def read_log(installation: Installation) -> list[str]:
    """The ids of all events in all topics, from the very first offset on."""
    settings = installation.settings
    consumer: Any = AIOKafkaConsumer(bootstrap_servers=settings.kafka, auto_offset_reset="earliest")
    await consumer.start()
    try:
        topics = [topic_of(settings.prefix, stream) for stream in STREAMS]
        partitions = [TopicPartition(topic, number) for topic in topics for number in range(12)]
        consumer.assign(partitions)
        ends, starts = await consumer.end_offsets(partitions), await consumer.beginning_offsets(partitions)
        assert set(starts.values()) == {0}, "something was removed from a topic"
        ids: list[str] = []
        left = {partition: end for partition, end in ends.items() if end}
        async with asyncio.timeout(30):
            while left:
                for partition, records in (await consumer.getmany(timeout_ms=200)).items():
                    ids += [json.loads(record.value)["id"] for record in records]
                    if records and records[-1].offset + 1 >= left.get(partition, 0):
                        left.pop(partition, None)
    finally:
        with suppress(TimeoutError):
            await consumer.stop()
    return ids
