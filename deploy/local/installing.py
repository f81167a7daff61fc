"""Runs the installers (venv, pip, npm): their output goes to a log, their failures become sentences."""

import re
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from deploy.local.places import LOCAL, child_environment
from deploy.local.problems import Problem, explain

SETUP_LOG = LOCAL / "logs" / "setup.log"

_NETWORK = re.compile(
    r"name resolution|NewConnectionError|Failed to establish a new connection|Network is unreachable|ConnectTimeout"
    r"|ReadTimeout|ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|ProxyError|Max retries exceeded",
    re.I,
)
_SIGNS = (
    (
        re.compile(r"ensurepip is not available|No module named '?(venv|ensurepip)", re.I),
        "This Python comes without `venv`. On Debian or Ubuntu: sudo apt-get install python3-venv. Then start again.",
    ),
    (
        _NETWORK,
        "The packages cannot be downloaded: the package index does not answer. Check the network connection (behind "
        "a proxy: set HTTPS_PROXY; with an index of your own: PIP_INDEX_URL and npm_config_registry), then start "
        "again. Later starts need no network.",
    ),
    (
        re.compile(r"DO NOT MATCH THE HASHES|EINTEGRITY", re.I),
        "A downloaded package is not the one that was recorded (its hash differs). The download was damaged, or the "
        "index serves something else: start again, and if it stays, use another index.",
    ),
    (
        re.compile(r"No matching distribution found|Could not find a version", re.I),
        "The package index has no build of a needed package for this Python and system. Use Python 3.11, 3.12 or "
        "3.13 on Linux x86-64, Linux arm64 or macOS: make up PYTHON=python3.12",
    ),
)


def install(name: str, command: Sequence[str], cwd: Path, log: Path = SETUP_LOG) -> None:
    """Runs one installer to its end; a `Problem` says what to do when it fails."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("a+b") as out:
        begin = out.seek(0, 2)
        try:
            done = subprocess.run(
                list(command), cwd=cwd, env=child_environment(), stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                check=False,
            )  # fmt: skip
        except FileNotFoundError as error:
            raise Problem(f"{name}: the program {error.filename} is not there.") from error
        out.seek(begin)
        output = out.read().decode(errors="replace")
    if done.returncode:
        raise explain_installer(name, output, done.returncode, log)


def explain_installer(name: str, output: str, code: int, log: Path) -> Problem:
    """What to tell when an installer ended with `code` after `output`."""
    if "No space left on device" not in output:
        for sign, text in _SIGNS:
            if sign.search(output):
                return Problem(f"{text} (What was tried is in {log}.)")
    return explain(name, output, code, log)


@contextmanager
def step(name: str) -> Iterator[None]:
    """Shows one line with the seconds that a step took."""
    began = time.monotonic()
    print(f"  {name:<44}", end="", flush=True)
    try:
        yield
    except BaseException:
        print(" failed", flush=True)
        raise
    print(f"{time.monotonic() - began:6.1f} s", flush=True)
