"""Where the local stack keeps things, and on which ports it answers. Standard library only.

Ports come from AFFIANCA_PORT_<NAME>, else from `--port-base N` (N, N+1, ...), else from the defaults.
"""

import os
import shutil
import socket
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from deploy.local.problems import Problem

ROOT = Path(__file__).resolve().parents[2]
LOCAL = ROOT / ".local"
HOST = "127.0.0.1"


@dataclass(frozen=True)
class Ports:
    """The TCP ports of the stack, all on the loopback interface."""

    app: int = 8000
    mail: int = 8025
    oidc: int = 8026
    smtp_in: int = 1025
    smtp_out: int = 1026
    mongodb: int = 27117
    kafka: int = 9192

    @classmethod
    def choose(cls, base: int | None, environ: Mapping[str, str]) -> "Ports":
        """The ports for this start; a `Problem` for a value that is no port."""
        chosen = {field.name: field.default for field in fields(cls)}
        if base is not None:
            chosen = {name: base + step for step, name in enumerate(chosen)}
        for name in chosen:
            given = environ.get(_variable(name))
            if given:
                chosen[name] = given
        numbers = {name: _port(name, value) for name, value in chosen.items()}
        if len(set(numbers.values())) < len(numbers):
            raise Problem(f"Two parts of the stack were given the same port: {numbers}.")
        return cls(**numbers)

    def check_free(self, seconds: float = 0.0) -> None:
        """A `Problem` that names the first port that another program uses.

        seconds: how long to wait for one that is about to be free: what was killed hard holds its ports a moment more.
        """
        limit = time.monotonic() + seconds
        for name, port in asdict(self).items():
            while not _is_free(name, port):
                if time.monotonic() >= limit:
                    raise Problem(
                        f"Port {port} ({_LABELS[name]}) is used by another program. Stop that program, or choose "
                        f"another port. {_other(name)}"
                    )
                time.sleep(0.1)


def _is_free(name: str, port: int) -> bool:
    with socket.socket() as probe:
        # As servers do: a port that was closed a moment ago counts as free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except PermissionError:
            raise Problem(f"Port {port} ({_LABELS[name]}) needs special rights. {_other(name)}") from None
        except OSError:
            return False
    return True


_LABELS = {
    "app": "the application",
    "mail": "the page of caught mails",
    "oidc": "the login provider",
    "smtp_in": "mail to Affianca",
    "smtp_out": "mail from Affianca",
    "mongodb": "MongoDB",
    "kafka": "the broker",
}


def _variable(name: str) -> str:
    return f"AFFIANCA_PORT_{name.upper()}"


def _other(name: str) -> str:
    return f'All ports at once: make up ARGS="--port-base 18000". This one alone: {_variable(name)}=18000 make up.'


def _port(name: str, value: object) -> int:
    text = str(value)
    if not text.isdecimal() or not 0 < int(text) < 65_536:
        raise Problem(f"{text!r} is no port number ({_LABELS[name]}): it must be between 1 and 65535.")
    return int(text)


def check_space(needed_mb: int, folder: Path = ROOT) -> None:
    """A `Problem` when the disk has less room than this start needs."""
    free_mb = shutil.disk_usage(folder).free // 1_000_000
    if free_mb < needed_mb:
        raise Problem(
            f"The disk that holds {folder} has {free_mb} MB free, and {needed_mb} MB are needed. Free some space, "
            "then start again."
        )


def child_environment() -> dict[str, str]:
    """The environment for Python processes of the stack: theirs is .venv, whatever the caller's shell says."""
    return {name: value for name, value in os.environ.items() if name not in ("PYTHONHOME", "PYTHONPATH")}
