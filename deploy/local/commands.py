"""`up`, `down`, `environment`: the commands behind the Makefile, on the standard library alone.

`up` prepares (old Python, ports, disk, packages), then becomes the stack itself, run by .venv's Python; with
`--detach` it starts the stack in the background and returns once it is ready.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from deploy.local.assets import install_assets
from deploy.local.environment import Environment
from deploy.local.installing import step
from deploy.local.places import LOCAL, ROOT, Ports, check_space, child_environment
from deploy.local.problems import Problem, explain_os_error
from deploy.local.running import Lock, stop_leftovers, stop_running

_NEEDED_MB = 700
_FREED_WITHIN = 5.0
_READY_SECONDS = 600.0
"""Generous: the first start loads demo data, and other programs may keep the machine busy."""
STACK_LOG = LOCAL / "logs" / "stack.log"
ACCESS = LOCAL / "access.json"


def run(arguments: Sequence[str]) -> int:
    """Runs one command; its result is the exit code."""
    options = _parser().parse_args(arguments)
    commands = {"up": _up, "down": _down, "environment": _environment}
    try:
        return commands[options.command](options)
    except Problem as problem:
        print(f"\n{problem}", file=sys.stderr)
    except KeyboardInterrupt:
        print("\nStopped. What was installed so far is completed by the next start.", file=sys.stderr)
        return 130
    except OSError as error:
        known = explain_os_error(error, LOCAL)
        if known is None:
            raise
        print(f"\n{known}", file=sys.stderr)
    return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="deploy.local", description="The embedded local stack.")
    commands = parser.add_subparsers(dest="command", required=True)
    up = commands.add_parser("up", help="start everything and show where it is")
    up.add_argument("--detach", action="store_true", help="return once it is ready; `make down` stops it")
    up.add_argument("--port-base", type=int, metavar="N", help="use the ports N, N+1, ... instead of the usual ones")
    commands.add_parser("down", help="stop what `up` started")
    environment = commands.add_parser("environment", help="make .venv complete, and nothing else")
    environment.add_argument("--develop", action="store_true", help="with what the tests and checks need")
    return parser


def _up(options: argparse.Namespace) -> int:
    ports = Ports.choose(options.port_base, os.environ)
    lock = Lock()
    if lock.holder() is not None:
        return _already(lock)
    LOCAL.mkdir(exist_ok=True)
    stop_leftovers()
    ports.check_free(_FREED_WITHIN)
    check_space(_NEEDED_MB)
    print("Affianca, local stack", flush=True)
    environment = Environment()
    environment.make()
    install_assets(environment.python)
    ACCESS.unlink(missing_ok=True)
    command = [str(environment.python), "-m", "deploy.local.run", json.dumps(asdict(ports))]
    os.chdir(ROOT)
    if not options.detach:
        os.execve(command[0], command, child_environment())  # noqa: S606
    return _detach(command, lock)


def _already(lock: Lock) -> int:
    """Says where the running stack is, waiting for one that is still starting."""
    limit = time.monotonic() + _READY_SECONDS
    while not ACCESS.exists() and lock.holder() is not None and time.monotonic() < limit:
        time.sleep(0.1)
    if not ACCESS.exists():
        raise Problem(f"A stack is being started and is not ready. Its log is {STACK_LOG}. To stop it: make down.")
    access = json.loads(ACCESS.read_text())
    print(f"Affianca is already running: {access['url']} (mails: {access['mail_url']}). To stop it: make down")
    return 0


def _detach(command: Sequence[str], lock: Lock) -> int:
    STACK_LOG.parent.mkdir(parents=True, exist_ok=True)
    STACK_LOG.write_bytes(b"")
    with STACK_LOG.open("ab") as out:
        process = subprocess.Popen(
            list(command), env=child_environment(), stdin=subprocess.DEVNULL, stdout=out, stderr=out,
            start_new_session=True,
        )  # fmt: skip
    limit = time.monotonic() + _READY_SECONDS
    shown = 0
    while True:
        ended, ready = process.poll() is not None, ACCESS.exists()
        shown = _show(STACK_LOG, shown)
        if ended:
            raise Problem(f"The stack ended with code {process.returncode}; its log is {STACK_LOG}.")
        if ready:
            process.returncode = 0  # it goes on without us: nothing to wait for, nothing to warn of
            return 0
        if time.monotonic() > limit:
            stop_running(lock)
            raise Problem(f"The stack did not become ready in {_READY_SECONDS:.0f} s; its log is {STACK_LOG}.")
        time.sleep(0.05)


def _show(log: Path, begin: int) -> int:
    with log.open("rb") as written:
        written.seek(begin)
        text = written.read()
    sys.stdout.write(text.decode(errors="replace"))
    sys.stdout.flush()
    return begin + len(text)


def _down(options: argparse.Namespace) -> int:
    lock = Lock()
    if lock.holder() is None:
        left = stop_leftovers()
        print("Stopped what an earlier run had left behind." if left else "Affianca is not running.")
        return 0
    with step("Stopping"):
        stop_running(lock)
    ACCESS.unlink(missing_ok=True)
    return 0


def _environment(options: argparse.Namespace) -> int:
    environment = Environment()
    environment.make(options.develop)
    if options.develop:
        install_assets(environment.python)
    return 0
