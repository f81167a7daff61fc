"""Database and broker of a run, with the settings that the broker wants and the processes whose CPU time counts."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from deploy.local.broker import start_broker
from deploy.local.mongod import start_mongod
from tests.kafka import apache

BROKERS = ("embedded", "apache")


@dataclass(frozen=True)
class Servers:
    """environment: the AFFIANCA_ variables that reach them."""

    mongo_url: str
    bootstrap: str
    pids: dict[str, int]
    environment: dict[str, str]

    @property
    def session_ms(self) -> int:
        """How long a consumer may be silent."""
        return int(self.environment["AFFIANCA_KAFKA_SESSION_TIMEOUT_MS"])

    @property
    def idempotent(self) -> bool:
        """Whether the broker has an idempotent producer."""
        return "AFFIANCA_KAFKA_IDEMPOTENCE" not in self.environment


@asynccontextmanager
async def open_servers(folder: Path, broker: str) -> AsyncIterator[Servers]:
    """Both, ready; gone afterwards."""
    mongod = start_mongod(folder / "mongod", cache_gb=1.0)
    try:
        if broker == "apache":
            if reason := apache.missing():
                raise SystemExit(reason)
            cluster = apache.Cluster(folder / "kafka")
            try:
                await cluster.ready()
                process = cluster.nodes[0].process
                assert process
                # The shortest session that Apache Kafka accepts as it is delivered; only the start-up depends on it.
                own = {"AFFIANCA_KAFKA_SESSION_TIMEOUT_MS": "6000", "AFFIANCA_KAFKA_FETCH_WAIT_MS": "50"}
                yield _servers(mongod.url, mongod.pid, cluster.bootstrap, process.pid, own)
            finally:
                cluster.stop()
            return
        embedded = start_broker(folder / "broker")
        try:
            own = {
                "AFFIANCA_KAFKA_IDEMPOTENCE": "false", "AFFIANCA_KAFKA_SESSION_TIMEOUT_MS": "1000",
                "AFFIANCA_KAFKA_FETCH_WAIT_MS": "40",
            }  # fmt: skip
            yield _servers(mongod.url, mongod.pid, embedded.bootstrap, embedded.pid, own)
        finally:
            embedded.stop()
    finally:
        mongod.stop()


def _servers(url: str, mongod: int, bootstrap: str, broker: int, own: dict[str, str]) -> Servers:
    return Servers(
        url,
        bootstrap,
        {"mongod": mongod, "broker": broker},
        {"AFFIANCA_MONGO_URL": url, "AFFIANCA_KAFKA": bootstrap, **own},
    )
