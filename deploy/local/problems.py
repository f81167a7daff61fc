"""What can go wrong on somebody's machine, in words that say what to do.

Raise `Problem` with a sentence for the person at the keyboard; the entry points print it without a traceback.
A new known failure of a child process is one line in `_SIGNS` or `_LIBRARIES`.
"""

import errno
import re
from pathlib import Path


class Problem(Exception):
    """A failure that the person at the keyboard can do something about; its text says what."""


_LIBRARIES = {
    "libcurl.so.4": "libcurl4",
    "libldap-2.5.so.0": "libldap-2.5-0",
    "liblber-2.5.so.0": "libldap-2.5-0",
    "libsasl2.so.2": "libsasl2-2",
    "libgssapi_krb5.so.2": "libgssapi-krb5-2",
    "libssl.so.3": "libssl3",
    "libcrypto.so.3": "libssl3",
}
"""Shared library -> the Debian and Ubuntu package that brings it."""

_FULL = (
    "The disk is full ({where}). Free some space, then start again: nothing that was stored before is lost. "
    "The local stack keeps its data in .local/ and its packages in .venv/."
)
_SIGNS = (
    (re.compile(r"No space left on device|DiskFull|OutOfDiskSpace", re.I), _FULL),
    (
        re.compile(r"Address (already )?in use|AddrInUse|SocketException|error in bind", re.I),
        "{name} could not take its port: another program uses it. Stop that program or choose other ports, "
        'for instance: make up ARGS="--port-base 18000".',
    ),
    (
        re.compile(r"DBPathInUse|Unable to lock the lock file", re.I),
        "Another mongod uses the same data folder ({where}). Stop it with: make down.",
    ),
    (
        re.compile(r"Operation not supported|Illegal instruction|SIGILL", re.I),
        "{name} does not run on this processor. Put another build on PATH (MongoDB needs AVX from version 5 on).",
    ),
)


def missing_library(output: str) -> str | None:
    """The message for a dynamic loader's complaint in `output`, if there is one."""
    found = re.search(r"error while loading shared libraries: ([^:\s]+)", output)
    if not found:
        return None
    library = found.group(1)
    package = _LIBRARIES.get(library)
    install = f"On Debian or Ubuntu: sudo apt-get install {package}. " if package else ""
    return (
        f"The system library {library} is missing. {install}Elsewhere install the package that brings it, "
        "or put a mongod of version 6 or newer on PATH: it is then used instead."
    )


def explain(name: str, output: str, code: int | None, where: Path) -> Problem:
    """What to tell about the child process `name` that ended or did not become ready."""
    library = missing_library(output)
    if library:
        return Problem(f"{name} cannot start. {library}")
    for sign, text in _SIGNS:
        if sign.search(output):
            return Problem(text.format(name=name, where=where))
    state = "did not become ready in time" if code is None else f"ended with code {code}"
    tail = "\n".join(output.splitlines()[-8:])
    return Problem(f"{name} {state}. Its log is {where}; the last lines are:\n{tail}")


def explain_os_error(error: OSError, folder: Path) -> Problem | None:
    """The message for a full or read-only disk; None for any other error."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return Problem(_FULL.format(where=error.filename or folder))
    if error.errno in (errno.EACCES, errno.EROFS, errno.EPERM):
        return Problem(
            f"{error.filename or folder} cannot be written. Give your user the right to write in the project's "
            "folder, or copy the project to a folder of your own. Do not run it as another user than before."
        )
    return None
