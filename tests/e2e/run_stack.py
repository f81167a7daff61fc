"""The local stack as `make up` runs it, in a folder and on ports of its own: `python -m tests.e2e.run_stack FOLDER`."""

import asyncio
import signal
import sys
from contextlib import suppress
from dataclasses import fields
from pathlib import Path

import uvloop

from deploy.local.places import ROOT, Ports
from deploy.local.processes import free_ports
from deploy.local.stack import Stack


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


async def run(folder: Path) -> None:
    """Runs until SIGTERM."""
    stack = Stack(Ports(*free_ports(len(fields(Ports)))), _say, folder, demo="tests.e2e.people")
    task = asyncio.create_task(stack.run())
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    with suppress(asyncio.CancelledError):
        await task


if __name__ == "__main__":
    home = Path(sys.argv[1])
    (home / "logs").mkdir(parents=True, exist_ok=True)
    (home / "assets").symlink_to(ROOT / ".local" / "assets")
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(run(home))
