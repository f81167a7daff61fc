"""`python -m deploy.local.run '<ports as JSON>'`: the process that `make up` becomes.

It holds the lock for its whole life, says progress on standard output, and writes everything else (the services' logs,
tracebacks) to `.local/logs/services.log`. Ctrl-C, SIGTERM and a closed terminal stop all of it; a second Ctrl-C at
once.
"""

import asyncio
import json
import os
import signal
import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING

from deploy.local.places import LOCAL, Ports
from deploy.local.problems import Problem, explain_os_error
from deploy.local.processes import bound_log
from deploy.local.running import Lock

if TYPE_CHECKING:
    from deploy.local.stack import Stack

SERVICES_LOG = LOCAL / "logs" / "services.log"
_TAIL = 12


def main(arguments: list[str]) -> int:
    """Runs the stack until it is stopped."""
    ports = Ports(**json.loads(arguments[0]))
    lock = Lock()
    if not lock.take():
        say("Affianca is already running, or being started by somebody else. See: make up")
        return 0
    _send_errors_to(SERVICES_LOG)
    try:
        # Imported late: what these packages warn of goes to the log too.
        import uvloop

        from deploy.local.stack import Stack

        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(until_stopped(Stack(ports, say)))
    except Problem as problem:
        say(f"\n{problem}")
    except Exception as error:
        traceback.print_exc()
        known = explain_os_error(error, LOCAL) if isinstance(error, OSError) else None
        say(f"\n{known or _unexpected(error)}")
    else:
        say("Stopped. Everything stored is kept; make up starts it again.")
        return 0
    finally:
        lock.release()
    return 1


async def until_stopped(stack: "Stack") -> None:
    """Runs the stack until a signal asks it to end."""
    loop = asyncio.get_running_loop()
    task = asyncio.create_task(stack.run(), name="stack")
    asked = False

    def stop() -> None:
        nonlocal asked
        if asked:
            # The children end with this process.
            os._exit(130)
        asked = True
        say("\nStopping (press Ctrl-C again to stop at once) ...")
        task.cancel()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, stop)
    try:
        await task
    except asyncio.CancelledError:
        if not asked:
            raise


def say(line: str) -> None:
    """Tells the person at the keyboard; one that has gone away is no reason to end."""
    try:
        print(line, flush=True)
    except OSError:
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115


def _send_errors_to(log: Path) -> None:
    log.parent.mkdir(parents=True, exist_ok=True)
    bound_log(log)
    file = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    sys.stderr.flush()
    os.dup2(file, 2)
    os.close(file)


def _unexpected(error: Exception) -> str:
    with SERVICES_LOG.open("rb") as log:
        log.seek(max(0, log.seek(0, os.SEEK_END) - 8_192))
        tail = log.read().decode(errors="replace").splitlines()[-_TAIL:]
    lines = "\n".join(tail)
    return f"The stack stopped: {type(error).__name__}. Its log is {SERVICES_LOG}; the last lines are:\n{lines}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
