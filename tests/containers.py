"""Servers in Docker, taken only when an engine answers and already has the images: nothing is downloaded here."""

import os
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass

import docker
from docker.errors import DockerException
from pymongo import MongoClient
from pymongo.errors import OperationFailure, PyMongoError

from deploy.local.processes import free_port

MONGO_IMAGE = os.environ.get("AFFIANCA_TEST_MONGO_IMAGE", "mongo:7.0")
KAFKA_IMAGE = os.environ.get("AFFIANCA_TEST_KAFKA_IMAGE", "apache/kafka:4.1.0")
_ALREADY_INITIATED = 23
_PATIENCE = "--setParameter transactionLifetimeLimitSeconds=5"
"""As deployed: the transaction of a process that was killed blocks others no longer."""


@dataclass(frozen=True)
class Container:
    """A running container: where it is reached from here, and how it ends."""

    address: str
    stop: Callable[[], None]


def start_mongo_container() -> Container | None:
    """A single-node replica set, or None without the image. Its port is the same inside and outside."""
    if not _has(MONGO_IMAGE):
        return None
    port = free_port()
    stop = _run(MONGO_IMAGE, port, {}, f"mongod --replSet rs0 --bind_ip_all --port {port} {_PATIENCE}")
    _wait(lambda: _primary(port), stop)
    return Container(f"mongodb://127.0.0.1:{port}/?replicaSet=rs0", stop)


def start_kafka_container() -> Container | None:
    """One Apache Kafka node, broker and controller at once, or None without the image."""
    if not _has(KAFKA_IMAGE):
        return None
    port = free_port()
    environment = {
        "KAFKA_NODE_ID": "1",
        "KAFKA_PROCESS_ROLES": "broker,controller",
        "KAFKA_LISTENERS": f"PLAINTEXT://:{port},CONTROLLER://:9093",
        "KAFKA_ADVERTISED_LISTENERS": f"PLAINTEXT://127.0.0.1:{port}",
        "KAFKA_CONTROLLER_LISTENER_NAMES": "CONTROLLER",
        "KAFKA_LISTENER_SECURITY_PROTOCOL_MAP": "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT",
        "KAFKA_CONTROLLER_QUORUM_VOTERS": "1@localhost:9093",
        "KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR": "1",
        "KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR": "1",
        "KAFKA_TRANSACTION_STATE_LOG_MIN_ISR": "1",
        "KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS": "0",
        "KAFKA_AUTO_CREATE_TOPICS_ENABLE": "false",
    }
    stop = _run(KAFKA_IMAGE, port, environment, None)
    _wait(lambda: _listens(port), stop)
    return Container(f"127.0.0.1:{port}", stop)


def _has(image: str) -> bool:
    if not (os.environ.get("DOCKER_HOST") or _engine_listens()):
        return False
    try:
        client = docker.from_env(timeout=5)
    except DockerException:
        return False
    try:
        client.images.get(image)
    except (DockerException, OSError):
        return False
    finally:
        client.close()
    return True


def _engine_listens() -> bool:
    # Asked first because the library leaves its socket open when nobody listens.
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect("/var/run/docker.sock")
        except OSError:
            return False
    return True


def _run(image: str, port: int, environment: dict[str, str], command: str | None) -> Callable[[], None]:
    # Both must be known before the library is loaded: the address of a container is this machine's loopback
    # interface also where the tests themselves run in a container, and no reaper image is fetched.
    os.environ.setdefault("TESTCONTAINERS_CONNECTION_MODE", "docker_host")
    os.environ.setdefault("TESTCONTAINERS_RYUK_DISABLED", "true")
    from testcontainers.core.container import DockerContainer

    container = DockerContainer(image)
    container.ports = {f"{port}/tcp": ("127.0.0.1", port)}
    for name, value in environment.items():
        container.with_env(name, value)
    if command:
        container.with_command(command)
    container.start()
    return container.stop


def _wait(ready: Callable[[], bool], stop: Callable[[], None], seconds: float = 60.0) -> None:
    limit = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > limit:
            stop()
            raise TimeoutError("a container did not become ready")
        time.sleep(0.05)


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 0.5).close()
    except OSError:
        return False
    return True


def _primary(port: int) -> bool:
    with MongoClient("127.0.0.1", port, directConnection=True, serverSelectionTimeoutMS=500) as client:
        try:
            if client.admin.command("hello").get("isWritablePrimary"):
                return True
            members = [{"_id": 0, "host": f"127.0.0.1:{port}"}]
            client.admin.command("replSetInitiate", {"_id": "rs0", "members": members})
        except OperationFailure as error:
            if error.code != _ALREADY_INITIATED:
                return False
        except PyMongoError:
            return False
    return False
