"""A MongoDB replica set of three processes with small caches, of which the primary can be killed."""

import asyncio
import time
from pathlib import Path
from typing import Any

from pymongo import MongoClient
from pymongo.errors import PyMongoError

from deploy.local.mongod import Mongod
from tests.chaos.ports import lasting_port

_SET = "rs0"
_ELECTION_MS = 2_000


class ReplicaSet:
    """`url`; as a victim, its primary is the one that is killed."""

    name = "primary"

    def __init__(self, folder: Path) -> None:
        self._members = [Mongod(folder / f"node{number}", lasting_port()) for number in (1, 2, 3)]
        addresses = [f"127.0.0.1:{member.port}" for member in self._members]
        self.url = f"mongodb://{','.join(addresses)}/?replicaSet={_SET}"
        self._victim = self._members[0]
        self.elections: list[float] = []
        """Seconds from each kill to the next primary."""
        for member in self._members:
            _until(lambda member=member: bool(_asked(member, "ping")), 60)
        nodes = [{"_id": number, "host": address} for number, address in enumerate(addresses)]
        settings = {"electionTimeoutMillis": _ELECTION_MS}
        _command(self._members[0], "replSetInitiate", {"_id": _SET, "members": nodes, "settings": settings})
        _until(lambda: self._healthy() == len(self._members), 60)

    def stop(self) -> None:
        for member in self._members:
            member.kill()

    async def kill(self) -> str:
        self._victim = await asyncio.to_thread(self._primary)
        self._victim.kill()
        return f"{self.name} (node {self._members.index(self._victim) + 1})"

    async def revive(self, down: float) -> None:
        """Returns when there is another primary and the old one has caught up."""
        victim, killed = self._victim, time.monotonic()
        await asyncio.to_thread(_until, lambda: any(map(_is_primary, self._others(victim))), 60)
        self.elections.append(time.monotonic() - killed)
        await asyncio.sleep(down)
        victim.spawn()
        await asyncio.to_thread(_until, lambda: self._healthy() == len(self._members), 120)

    def _others(self, victim: Mongod) -> list[Mongod]:
        return [member for member in self._members if member is not victim]

    def _primary(self) -> Mongod:
        return _until(lambda: next((member for member in self._members if _is_primary(member)), None), 60)

    def _healthy(self) -> int:
        """Members that are primary or secondary, in the eyes of the primary; 0 without one."""
        primary = next((member for member in self._members if _is_primary(member)), None)
        status = _asked(primary, "replSetGetStatus") if primary else {}
        return sum(member["stateStr"] in ("PRIMARY", "SECONDARY") for member in status.get("members", ()))


def _is_primary(member: Mongod) -> bool:
    return bool(_asked(member, "hello").get("isWritablePrimary"))


def _asked(member: Mongod, command: str) -> dict[str, Any]:
    """The answer of one member; empty when it gives none."""
    try:
        return _command(member, command)
    except PyMongoError:
        return {}


def _command(member: Mongod, command: str, value: Any = 1) -> dict[str, Any]:
    client: MongoClient[dict[str, Any]] = MongoClient(
        "127.0.0.1", member.port, directConnection=True, serverSelectionTimeoutMS=500, socketTimeoutMS=10_000
    )
    with client:
        return dict(client.admin.command(command, value))


def _until(probe: Any, seconds: float) -> Any:
    limit = time.monotonic() + seconds
    while not (found := probe()):
        if time.monotonic() > limit:
            raise TimeoutError("the replica set is not as it should be")
        time.sleep(0.05)
    return found
