"""Where the real broker comes from: an address, else Docker, else jars by Maven. Never the embedded broker.

A broker of ours can be killed and started again; one that is given by address is only used.
Extend it by one more branch in `open_broker` and a class with the members of `Broker`.
"""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Protocol

import docker
import pytest

from tests.containers import start_kafka_container
from tests.kafka import apache


class Broker(Protocol):
    """A cluster of one broker."""

    bootstrap: str
    mortal: bool
    """Whether it may be killed."""

    async def kill(self) -> None: ...

    async def restart(self) -> None: ...


class Given:
    """A broker that somebody else runs."""

    mortal = False

    def __init__(self, bootstrap: str) -> None:
        self.bootstrap = bootstrap

    async def kill(self) -> None:
        raise RuntimeError("this broker is not ours")

    async def restart(self) -> None:
        raise RuntimeError("this broker is not ours")


class Contained:
    """A broker in Docker; its data live in the container, which is started again."""

    mortal = True

    def __init__(self, bootstrap: str) -> None:
        self.bootstrap = bootstrap
        self._container = _behind(int(bootstrap.rpartition(":")[2]))

    async def kill(self) -> None:
        await asyncio.to_thread(self._container.kill)

    async def restart(self) -> None:
        await asyncio.to_thread(self._container.start)
        await apache.answering(self.bootstrap)


class Local:
    """A JVM of our own."""

    mortal = True

    def __init__(self, cluster: apache.Cluster) -> None:
        self.bootstrap = cluster.bootstrap
        self._cluster = cluster

    async def kill(self) -> None:
        self._cluster.nodes[0].kill()

    async def restart(self) -> None:
        self._cluster.nodes[0].start()
        await self._cluster.ready()


def _behind(port: int) -> Any:
    """The container that publishes this port."""
    client = docker.from_env(timeout=20)
    for container in client.containers.list():
        bound = [binding["HostPort"] for some in container.ports.values() for binding in some or ()]
        if str(port) in bound:
            return container
    raise LookupError(port)


def unavailable(reason: str) -> Any:
    """Skips on a user's machine; a CI run that would skip these tests fails instead."""
    if os.environ.get("CI", "").lower() in ("true", "1"):
        pytest.fail(f"a CI run must not leave out Apache Kafka: {reason}")
    pytest.skip(reason)


@asynccontextmanager
async def open_broker(folder: Path) -> AsyncIterator[Broker]:
    """One broker, ready."""
    if address := os.environ.get("AFFIANCA_TEST_KAFKA"):
        yield Given(address)
        return
    if container := start_kafka_container():
        try:
            await apache.answering(container.address)
            yield Contained(container.address)
        finally:
            container.stop()
        return
    async with open_cluster(folder, 1) as cluster:
        yield Local(cluster)


@asynccontextmanager
async def open_cluster(folder: Path, brokers: int) -> AsyncIterator[apache.Cluster]:
    """Several brokers, ready; always from jars."""
    if reason := apache.missing():
        unavailable(reason)
    cluster = apache.Cluster(folder, brokers)
    try:
        await cluster.ready()
        yield cluster
    finally:
        cluster.stop()
