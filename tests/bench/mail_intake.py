"""`make bench-mail`: mails a second through the SMTP door, each answered 250 after its commit, over eight connections.

    make bench-mail                              4,000 mails
    make bench-mail ARGS="mails=20000"
    make bench-mail ARGS="beside=FOLDER"         the same beside another version of the project, in turns

Everything shares the machine: the sender, intake with its relay, MongoDB, the broker. Ends with 1 when the bar is
missed. With `beside` each version has a database of its own and the turns alternate, so that a machine that others use
troubles both alike.
"""

import asyncio
import sys
import tempfile
import time
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import httpx

from contracts.envelope import new_id
from deploy.local.processes import free_port
from services.chassis.mongo import Database
from tests.bench.mail_material import SENDERS_OF_A_BODY, person, sender
from tests.bench.mail_turns import Turn, turn
from tests.bench.material import ADMIN_KEY, BODIES
from tests.bench.processes import ROOT, Process
from tests.bench.servers import Servers, open_servers

CONNECTIONS = 8
BAR = 400.0
_SIGNED = ("p.pdf", b"%PDF-1.4\n% Protocollo, di prova\n%%EOF\n", "application/pdf")


class Door:
    """Intake as a process of its own, from the project in `root`."""

    def __init__(self, name: str, root: Path, servers: Servers, folder: Path) -> None:
        self.name = name
        prefix = f"m{new_id().replace('-', '')[4:20]}"
        self.database = Database(servers.mongo_url, f"{prefix}_intake")
        self.port = free_port()
        self._url = f"http://127.0.0.1:{free_port()}"
        unlimited = "100000000/minute"
        environment = {
            "AFFIANCA_PREFIX": prefix, "AFFIANCA_SOURCE": f"urn:affianca:{prefix}", **servers.environment,
            "AFFIANCA_ADMIN_KEY": ADMIN_KEY, "AFFIANCA_SERVICE_KEY": new_id(), "AFFIANCA_SECRET_KEY": new_id(),
            "AFFIANCA_RATE_LIMIT": unlimited, "AFFIANCA_RATE_LIMIT_FRONT_END": unlimited,
            "AFFIANCA_MAIL_LISTEN_PORT": str(self.port), "AFFIANCA_LISTEN_PORT": self._url.rpartition(":")[2],
        }  # fmt: skip
        self.process = Process("services.intake", environment=environment, log=folder / f"{name}.log", root=root)
        self.sender = Process(
            "tests.bench.mail_sender", str(self.port), str(len(BODIES)), environment={}, log=folder / "sender.log",
            talks=True,
        )  # fmt: skip
        self.pids = {"intake": self.process.pid, "sender": self.sender.pid, **servers.pids}
        self.sent = 0

    async def start(self) -> None:
        """Waits until it takes mail, then makes bodies and people."""
        async with httpx.AsyncClient(base_url=self._url, headers={"X-API-Key": ADMIN_KEY}, timeout=30) as client:
            async with asyncio.timeout(120):
                while not await _is_ready(client):
                    self.process.check()
                    await asyncio.sleep(0.05)
            for number, body in enumerate(BODIES):
                await client.post(f"/api/bodies/{body}/registration", files={"protocol": _SIGNED})
                answer = await client.post(f"/api/bodies/{body}/approval", json={"approved": True})
                answer.raise_for_status()
                for each in range(SENDERS_OF_A_BODY):
                    official = _official(number, each, body)
                    answer = await client.put(f"/api/persons/{person(number, each)}", json=official)
                    answer.raise_for_status()

    async def stop(self) -> None:
        await asyncio.to_thread(self.sender.stop)
        await asyncio.to_thread(self.process.stop)
        await self.database.drop()
        self.database.close()


async def _is_ready(client: httpx.AsyncClient) -> bool:
    try:
        return (await client.get("/ready")).status_code == 200
    except httpx.TransportError:
        return False


def _official(number: int, each: int, body: str) -> dict[str, Any]:
    grant = {"role": "official", "scope_kind": "body", "scope": body, "start": "2026-01-01T00:00:00Z"}
    return {"name": f"Persona {number}-{each}", "email": sender(number, each), "grants": [grant]}


async def measure(mails: int, beside: Path | None, folder: Path) -> list[Turn]:
    """All turns, those of the other version between ours."""
    roots = {"this": ROOT} | ({"beside": beside} if beside else {})
    turns: list[Turn] = []
    async with AsyncExitStack() as stack:
        servers = await stack.enter_async_context(open_servers(folder, "embedded"))
        doors = [Door(name, root, servers, folder) for name, root in roots.items()]
        for door in doors:
            stack.push_async_callback(door.stop)
            await door.start()
        for door in doors:
            await turn(door, mails // 4, CONNECTIONS)  # warm
        for _ in range(3 if beside else 1):
            for door in doors:
                turns.append(await turn(door, mails if not beside else mails // 2, CONNECTIONS))
                sys.stdout.write(f"{turns[-1].line()}\n")
                sys.stdout.flush()
    return turns


def _best(turns: list[Turn], name: str) -> float:
    return max(each.per_second for each in turns if each.name == name)


def main(arguments: list[str]) -> int:
    """Returns the exit code."""
    named = dict(argument.partition("=")[::2] for argument in arguments)
    if set(named) - {"mails", "beside"}:
        sys.stderr.write(__doc__ or "")
        return 2
    beside = Path(named["beside"]) if "beside" in named else None
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="affianca-bench-") as folder:
        turns = asyncio.run(measure(int(named.get("mails", 4_000)), beside, Path(folder)))
    mine = _best(turns, "this")
    sys.stdout.write(f"mail.per_second {mine:,.0f}   >= {BAR:g} {'' if mine >= BAR else 'MISSED'}\n")
    if beside:
        ratios = [one.per_second / other.per_second for one, other in zip(turns[::2], turns[1::2], strict=True)]
        sys.stdout.write(f"mail.of_beside {' '.join(f'{ratio:.2f}' for ratio in ratios)}\n")
    sys.stdout.write(f"{time.monotonic() - began:.0f} s in all\n")
    return 0 if mine >= BAR else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
