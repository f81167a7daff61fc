"""Parked messages: `python -m deploy.tools.dead_letters list|show ID|replay ID|drop ID` (ID may be `all`).

Replaying sends the message to its topic again; services that have handled it find it claimed. What was replayed or
dropped is remembered in the service's database and no longer listed; Kafka forgets it with its retention.
"""

import argparse
import asyncio
import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from services.chassis.mongo import Database
from services.chassis.settings import Settings

SETTLED = "dead_letters_settled"
SERVICES = ("intake", "routing", "notify", "reporting")
_READ_WITHIN = 30.0


@dataclass(frozen=True)
class Letter:
    """A parked message: which service parked it, why, and its bytes."""

    id: str
    service: str
    facts: dict[str, str]
    key: bytes | None
    value: bytes | None

    @property
    def topic(self) -> str:
        """Where the message came from."""
        return self.facts["origin"].rsplit("/", 2)[0]


class Office:
    """Reads and settles the letters of one installation."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._databases = {
            name: Database(settings.mongo_url, settings.database(name), settings.mongo_threads) for name in SERVICES
        }

    def close(self) -> None:
        """Closes the connections."""
        for database in self._databases.values():
            database.close()

    async def letters(self) -> list[Letter]:
        """Every letter that was neither replayed nor dropped, oldest first."""
        found = [letter for letter in await self._read() if letter.service in SERVICES]
        settled: set[str] = set()
        for database in self._databases.values():
            settled.update(row["_id"] for row in await database.by_ids(SETTLED, [letter.id for letter in found]))
        return sorted((x for x in found if x.id not in settled), key=lambda letter: letter.facts.get("parked-at", ""))

    async def replay(self, letters: Iterable[Letter]) -> int:
        """Sends the messages to their topics again; returns how many. One without bytes cannot be replayed."""
        sent = 0
        producer = AIOKafkaProducer(bootstrap_servers=self._settings.kafka, acks="all", max_request_size=6_000_000)
        await producer.start()
        try:
            for letter in letters:
                if "body-omitted" in letter.facts:
                    continue
                await producer.send_and_wait(letter.topic, value=letter.value, key=letter.key)
                await self._settle(letter, "replayed")
                sent += 1
        finally:
            await producer.stop()
        return sent

    async def drop(self, letters: Iterable[Letter]) -> int:
        """Marks the letters as dropped; returns how many."""
        dropped = 0
        for letter in letters:
            await self._settle(letter, "dropped")
            dropped += 1
        return dropped

    async def _settle(self, letter: Letter, how: str) -> None:
        settled = {"$set": {"how": how, "at": datetime.now(UTC), "facts": letter.facts}}
        await self._databases[letter.service][SETTLED].update_one({"_id": letter.id}, settled, upsert=True)

    async def _read(self) -> list[Letter]:
        consumer = AIOKafkaConsumer(bootstrap_servers=self._settings.kafka, fetch_max_wait_ms=50)
        await consumer.start()
        try:
            own = f"{self._settings.prefix}."
            topics = [t for t in await consumer.topics() if t.startswith(own) and ".dead-letters." in t]
            partitions = [TopicPartition(t, p) for t in topics for p in consumer.partitions_for_topic(t) or ()]
            if not partitions:
                return []
            consumer.assign(partitions)
            await consumer.seek_to_beginning(*partitions)
            ends = {p: end for p, end in (await consumer.end_offsets(partitions)).items() if end}
            return await asyncio.wait_for(self._until(consumer, ends), _READ_WITHIN)
        finally:
            await consumer.stop()

    async def _until(self, consumer: AIOKafkaConsumer, ends: dict[TopicPartition, int]) -> list[Letter]:
        letters = []
        while any([await consumer.position(partition) < end for partition, end in ends.items()]):
            for records in (await consumer.getmany(timeout_ms=500)).values():
                letters += [_letter(record) for record in records]
        return letters


def _letter(record: Any) -> Letter:
    facts = {name: value.decode(errors="replace") for name, value in record.headers}
    identity = f"{record.topic}|{facts.get('origin')}|{facts.get('parked-at')}"
    service = record.topic.rsplit(".", 1)[1]
    return Letter(hashlib.sha256(identity.encode()).hexdigest()[:12], service, facts, record.key, record.value)


def _chosen(letters: list[Letter], id: str) -> list[Letter]:
    chosen = [letter for letter in letters if id in ("all", letter.id)]
    if not chosen and id != "all":
        raise SystemExit(f"No parked message has the id {id}; `list` shows them.")
    return chosen


async def run(action: str, id: str, settings: Settings) -> str:
    """Carries out one command and returns what to print."""
    office = Office(settings)
    try:
        letters = await office.letters()
        if action == "list":
            lines = [f"{x.id}  {x.service:9}  {x.topic}  {x.facts.get('reason')}" for x in letters]
            return "\n".join([*lines, f"{len(letters)} parked messages"])
        chosen = _chosen(letters, id)
        if action == "show":
            shown = [{"id": x.id, **x.facts, "body": (x.value or b"").decode(errors="replace")} for x in chosen]
            return json.dumps(shown, indent=2, ensure_ascii=False)
        done = await (office.replay(chosen) if action == "replay" else office.drop(chosen))
        return f"{done} of {len(chosen)} messages {'replayed' if action == 'replay' else 'dropped'}"
    finally:
        office.close()


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description="List, show, replay or drop messages that services have parked.")
    parser.add_argument("action", choices=["list", "show", "replay", "drop"], nargs="?", default="list")
    parser.add_argument("id", nargs="?", default="all")
    arguments = parser.parse_args()
    print(asyncio.run(run(arguments.action, arguments.id, Settings())))


if __name__ == "__main__":
    main()
