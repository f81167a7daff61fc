"""Apache Kafka 4 in KRaft mode as processes of our own: jars by Maven, one JVM per broker, no Docker.

`install()` fetches the jars once into .local/kafka; `Cluster(folder, brokers)` formats, starts, kills and restarts.
"""

import asyncio
import ctypes
import os
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from deploy.local.processes import free_port

ROOT = Path(__file__).parents[2]
LIB = ROOT / ".local" / "kafka" / "lib"
_POM = Path(__file__).with_name("pom.xml")
_HEAP = "-Xmx256m"
_ID = "YWZmaWFuY2EtdGVzdHMtMQ"


def missing() -> str | None:
    """Why Apache Kafka cannot be run here; None when it can."""
    lacking = [name for name in ("java", "mvn") if not shutil.which(name)]
    return f"Apache Kafka needs {' and '.join(lacking)} (Java 17, Maven)" if lacking and not _installed() else None


def _installed() -> bool:
    stamp = LIB / "complete"
    return bool(shutil.which("java")) and stamp.exists() and stamp.read_text() == _POM.read_text()


def install() -> Path:
    """The folder with the broker's jars; fetched when they are not there or the version changed."""
    if not _installed():
        shutil.rmtree(LIB, ignore_errors=True)
        LIB.mkdir(parents=True)
        command = ["mvn", "-q", "-B", "-f", str(_POM), "dependency:copy-dependencies", f"-DoutputDirectory={LIB}"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
        if done.returncode:
            raise RuntimeError(f"Maven could not fetch Apache Kafka: {done.stdout[-1500:]}")
        (LIB / "complete").write_text(_POM.read_text())
    return LIB


_libc = ctypes.CDLL(None)
_PR_SET_PDEATHSIG = 1


def die_with_parent() -> None:
    """For `preexec_fn`: a run that is cut off leaves no process behind (Linux)."""
    if hasattr(_libc, "prctl"):
        _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


class Node:
    """One JVM that is broker and controller."""

    def __init__(self, number: int, folder: Path) -> None:
        self.number = number
        self.folder = folder
        self.port, self.controller = free_port(), free_port()
        self.process: subprocess.Popen[bytes] | None = None

    def format(self, voters: str, replication: int) -> None:
        """Writes the configuration and an empty log folder."""
        self.folder.mkdir(parents=True)
        path = self.folder / "server.properties"
        path.write_text(_properties(self, voters, replication))
        self._java("kafka.tools.StorageTool", "format", "-t", _ID, "-c", str(path)).wait(60)

    def start(self) -> None:
        """Starts the broker; it answers a few seconds later."""
        self.process = self._java("kafka.Kafka", str(self.folder / "server.properties"))

    def kill(self) -> None:
        """SIGKILL: nothing is flushed, nobody is told."""
        if self.process:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait(10)
            self.process = None

    def stop(self) -> None:
        """SIGTERM, then SIGKILL after ten seconds."""
        if self.process:
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.kill()
            self.process = None

    def _java(self, *arguments: str) -> subprocess.Popen[bytes]:
        command = ["java", _HEAP, "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp", f"{LIB}/*", *arguments]
        environment = {"PATH": os.environ["PATH"], "HOME": str(self.folder), "LANG": "C.UTF-8"}
        with (self.folder / "broker.log").open("ab") as log:
            return subprocess.Popen(
                command, stdout=log, stderr=log, cwd=self.folder, env=environment, preexec_fn=die_with_parent
            )


class Cluster:
    """Brokers that form one cluster; with three, replication is 3 and two replicas must have a write."""

    def __init__(self, folder: Path, brokers: int = 1) -> None:
        install()
        self.nodes = [Node(number + 1, folder / f"node{number + 1}") for number in range(brokers)]
        voters = ",".join(f"{node.number}@127.0.0.1:{node.controller}" for node in self.nodes)
        for node in self.nodes:
            node.format(voters, brokers)
            node.start()

    @property
    def bootstrap(self) -> str:
        """Addresses of all brokers."""
        return ",".join(f"127.0.0.1:{node.port}" for node in self.nodes)

    async def ready(self, seconds: float = 150.0) -> None:
        """Returns when every living broker is in the cluster."""
        alive = [f"127.0.0.1:{node.port}" for node in self.nodes if node.process]
        await answering(",".join(alive), seconds)

    def stop(self) -> None:
        """Ends all brokers."""
        for node in self.nodes:
            node.stop()


async def answering(bootstrap: str, seconds: float = 150.0) -> None:
    """Returns when all these brokers listen and know of one another."""
    addresses = bootstrap.split(",")
    limit = time.monotonic() + seconds
    while time.monotonic() < limit:
        if all(map(_open, addresses)) and await _brokers(bootstrap) >= len(addresses):
            return
        await asyncio.sleep(0.1)
    raise TimeoutError(f"Apache Kafka does not answer at {bootstrap}")


def _open(address: str) -> bool:
    host, _, port = address.rpartition(":")
    with socket.socket() as probe:
        return probe.connect_ex((host, int(port))) == 0


async def _brokers(bootstrap: str) -> int:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap, request_timeout_ms=3_000)
    try:
        await admin.start()
        return len((await admin.describe_cluster())["brokers"])
    except (KafkaError, OSError, TimeoutError):
        return 0
    finally:
        await admin.close()


def _properties(node: Node, voters: str, replication: int) -> str:
    return f"""node.id={node.number}
process.roles=broker,controller
listeners=PLAINTEXT://127.0.0.1:{node.port},CONTROLLER://127.0.0.1:{node.controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{node.port}
controller.listener.names=CONTROLLER
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT
controller.quorum.voters={voters}
log.dirs={node.folder}/data
num.partitions=1
auto.create.topics.enable=false
offsets.topic.num.partitions=4
offsets.topic.replication.factor={replication}
transaction.state.log.replication.factor={replication}
transaction.state.log.min.isr={max(1, replication - 1)}
min.insync.replicas={max(1, replication - 1)}
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
"""
