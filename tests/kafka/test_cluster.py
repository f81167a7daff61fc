"""Three brokers, replication 3, two of them needed for a write: one may die, the controller or a leader."""

import asyncio
import json
import random
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest
from aiokafka.admin import AIOKafkaAdminClient

from contracts.catalogue import topic_of
from contracts.envelope import new_id
from tests.kafka.apache import Cluster, Node
from tests.kafka.conftest import SEED, SESSION_MS
from tests.kafka.installation import Installation, opened
from tests.kafka.ledger import Ledger
from tests.kafka.sources import open_cluster


@pytest.fixture(scope="module")
async def cluster(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Cluster]:
    async with open_cluster(tmp_path_factory.mktemp("kafka") / "three", 3) as cluster:
        yield cluster


@pytest.fixture(scope="module")
async def large(cluster: Cluster, mongod, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Installation]:
    """One process of each service on three brokers."""
    more = {"AFFIANCA_KAFKA_REPLICATION": "3", "AFFIANCA_KAFKA_SESSION_TIMEOUT_MS": str(SESSION_MS)}
    prefix = f"k{new_id().replace('-', '')[4:20]}"
    installation = Installation(tmp_path_factory.mktemp("large"), prefix, mongod.url, cluster.bootstrap, **more)
    async with AsyncExitStack() as stack:
        yield await stack.enter_async_context(opened(installation, 1))


@pytest.fixture(scope="module")
def promises(large: Installation) -> Ledger:
    return Ledger(large, random.Random(SEED + 3))


def controller(cluster: Cluster) -> Node:
    """The leader of the quorum, as a living node remembers it (the protocol tells clients any broker)."""
    newest = max(
        (
            json.loads((node.folder / "data" / "__cluster_metadata-0" / "quorum-state").read_text())
            for node in cluster.nodes
        ),
        key=lambda state: state["leaderEpoch"],
    )
    return cluster.nodes[newest["leaderId"] - 1]


async def partitions(bootstrap: str, topics: list[str]) -> list[dict]:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        return [partition for topic in await admin.describe_topics(topics) for partition in topic["partitions"]]
    finally:
        await admin.close()


async def leader(cluster: Cluster, installation: Installation) -> Node:
    """The leader of the first partition of the requests."""
    topic = topic_of(installation.settings.prefix, "requests")
    found = await partitions(cluster.bootstrap, [topic])
    return cluster.nodes[next(row["leader"] for row in found if row["partition"] == 0) - 1]


async def in_sync(cluster: Cluster, installation: Installation, seconds: float = 60.0) -> float:
    """Seconds until every replica of every event topic is in sync again."""
    began, prefix = time.monotonic(), installation.settings.prefix
    topics = [topic_of(prefix, stream) for stream in ("requests", "assignments", "notifications", "access")]
    while any(len(row["isr"]) < 3 for row in await partitions(cluster.bootstrap, topics)):
        assert time.monotonic() - began < seconds, "the replicas did not catch up"
        await asyncio.sleep(0.2)
    return time.monotonic() - began


@pytest.mark.parametrize("role", ["controller", "leader"])
async def test_one_of_three_brokers_may_die(cluster, large, promises, eventually, measured, role) -> None:
    await in_sync(cluster, large)
    victim = controller(cluster) if role == "controller" else await leader(cluster, large)
    load, before = asyncio.create_task(promises.load(200)), len(promises.promised)
    await eventually(lambda: len(promises.promised) >= before + 60, 30)

    victim.kill()
    killed = time.monotonic()
    await load
    await promises.converged(45)
    with_two = time.monotonic() - killed
    victim.start()
    await cluster.ready()
    caught_up = await in_sync(cluster, large)

    assert promises.refused == {}
    again = await promises.audit()
    assert [process.said("events_sent_again") for process in large.all] == [0] * len(large.all)
    measured(f"three brokers, {role} killed", converged_with_two_after=with_two, in_sync_after=caught_up, **again)
