"""What the floor is made of: one consumer, one producer, one transaction a batch; nothing else.

Same durability as the services: majority and journal, acks=all, offsets after the write, every published row unmarked.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

import bson
import orjson
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from bson.codec_options import CodecOptions
from motor.motor_asyncio import AsyncIOMotorClient
from pymongo import UpdateOne, WriteConcern
from pymongo.read_concern import ReadConcern

from contracts.envelope import new_id

Document = dict[str, Any]
BATCH = 500
_DURABLE = WriteConcern(w="majority", j=True)


class Wire:
    """One floor process's connections. `facts`: what `run.py` wrote down for it."""

    def __init__(self, facts: Document, name: str) -> None:
        self.facts = facts
        self.samples: Document = facts["samples"]
        self._client: AsyncIOMotorClient[Document] = AsyncIOMotorClient(facts["mongo_url"])
        database = self._client.get_database(
            facts["prefix"] + "_" + name,
            codec_options=CodecOptions(tz_aware=True), write_concern=_DURABLE, read_concern=ReadConcern("majority"),
        )  # fmt: skip
        self.database = database
        self._name = name
        self._relays: set[asyncio.Task[None]] = set()
        self.producer: AIOKafkaProducer

    async def start(self) -> None:
        self.producer = AIOKafkaProducer(
            bootstrap_servers=self.facts["kafka"], acks="all", enable_idempotence=self.facts["idempotent"], linger_ms=2,
        )  # fmt: skip
        await self.producer.start()

    async def batches(self, *streams: str) -> AsyncIterator[list[Document]]:
        """Decoded messages, up to 500; the next batch is fetched while the last one is written."""
        consumer = AIOKafkaConsumer(
            *(f"{self.facts['prefix']}.{stream}.v1" for stream in streams),
            bootstrap_servers=self.facts["kafka"], group_id=f"{self.facts['prefix']}.{self._name}",
            enable_auto_commit=False, auto_offset_reset="earliest", fetch_max_wait_ms=10,
            session_timeout_ms=self.facts["session_ms"], heartbeat_interval_ms=self.facts["session_ms"] // 4,
        )  # fmt: skip
        await consumer.start()
        try:
            while True:
                fetched = await consumer.getmany(max_records=BATCH, timeout_ms=50)
                records = [record for some in fetched.values() for record in some]
                if records:
                    yield [orjson.loads(record.value) for record in records]
                    await consumer.commit()
        finally:
            with suppress(Exception):
                await consumer.stop()

    async def found(self, collection: str, ids: list[str]) -> dict[str, Document]:
        """These documents, by one query."""
        return {row["_id"]: row async for row in self.database[collection].find({"_id": {"$in": ids}})}

    async def store(
        self,
        new: dict[str, list[Document]],
        changed: dict[str, list[UpdateOne]] | None = None,
        outbox: list[Document] | None = None,
    ) -> None:
        """One transaction: inserts, changes guarded by version, outbox rows; these are then published."""
        async with await self._client.start_session() as session:
            session.start_transaction(ReadConcern("snapshot"), _DURABLE)
            for collection, rows in new.items():
                if rows:
                    await self.database[collection].insert_many(rows, ordered=True, session=session)
            for collection, changes in (changed or {}).items():
                if changes:
                    await self.database[collection].bulk_write(changes, session=session)
            if outbox:
                await self.database["outbox"].insert_many(outbox, session=session)
            await session.commit_transaction()
        if outbox:
            relay = asyncio.create_task(self._publish(outbox))
            self._relays.add(relay)
            relay.add_done_callback(self._relays.discard)

    async def _publish(self, rows: list[Document]) -> None:
        sent = [await self.producer.send(**self._message(row)) for row in rows]
        await asyncio.gather(*sent)
        marked = {"_id": {"$in": [row["_id"] for row in rows]}}
        await self.database["outbox"].update_many(marked, {"$unset": {"unpublished": 1}})

    def _message(self, row: Document) -> Document:
        headers = [("content-type", b"application/cloudevents+json")]
        topic = f"{self.facts['prefix']}.{row['stream']}.v1"
        return {"topic": topic, "key": row["key"].encode(), "value": row["body"], "headers": headers}

    def outbox_row(self, sample: str, key: str) -> Document:
        """A row as the service writes it, with an event of its own inside."""
        row: Document = self.samples["outbox"][sample]
        event = orjson.loads(row["body"])
        state = event["data"].get("state")
        if state:
            # An assignment names its request; a request is its own.
            event["data"]["state"] = {**state, ("request" if "request" in state else "id"): key}
        event |= {"id": new_id(), "subject": key}
        return {
            **row, "_id": event["id"], "position": new_id(), "unpublished": True, "key": key,
            "body": orjson.dumps(event),
        }  # fmt: skip


def change(row: Document, **fields: Any) -> UpdateOne:
    """Some fields of a document, if nobody has changed it meanwhile."""
    version = row.get("version", 1)
    return UpdateOne({"_id": row["_id"], "version": version}, {"$set": {**fields, "version": version + 1}})


def claims(events: list[Document], sample: Document) -> list[Document]:
    """An inbox claim for each event."""
    return [{**sample, "_id": event["id"]} for event in events]


def read_facts(path: str) -> Document:
    with open(path, "rb") as file:
        return bson.decode(file.read(), CodecOptions(tz_aware=True))
