"""`python3 -m deploy.local up|down|environment`: what the Makefile calls.

This file alone is written in the syntax of Python 3.6, so that an old Python gets an answer and not a SyntaxError.
"""

import os
import shutil
import sys
import typing  # noqa: F401

NEEDED = (3, 11)


def newer_python():
    # type: () -> str
    """A Python on PATH that is new enough; empty when there is none."""
    for name in ("python3.11", "python3.12", "python3.13", "python3.14"):
        found = shutil.which(name)
        if found:
            return found
    return ""


def too_old(version, executable):
    # type: (typing.Sequence[object], str) -> str
    """What to tell somebody whose Python is older than needed."""
    return (
        f"Affianca needs Python {NEEDED[0]}.{NEEDED[1]} or newer, and {executable} is {version[0]}.{version[1]}.\n"
        "Install a newer one (Debian 12, Ubuntu 24.04 and Fedora have it in their package `python3`; others: "
        "python.org), then name it: make up PYTHON=python3.11"
    )


def main(arguments):
    # type: (typing.List[str]) -> int
    """Runs the command with a Python that is new enough."""
    if sys.version_info < NEEDED:
        python = newer_python()
        if not python:
            sys.stderr.write(too_old(sys.version_info, sys.executable) + "\n")
            return 1
        os.execv(python, [python, "-m", "deploy.local", *arguments])  # noqa: S606
    from deploy.local.commands import run

    return run(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
