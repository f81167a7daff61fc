"""The Python environment `.venv`: made from the pinned requirements, complete or made anew.

A stamp in `.venv` says from which requirements it was made. It is written last: without it the environment is half
made and is removed. When only the requirements changed, the difference is installed.
"""

import hashlib
import json
import subprocess
import sys
from pathlib import Path

from deploy.local.installing import install, step
from deploy.local.places import ROOT, check_space, child_environment

_RUN = ("requirements.txt", "requirements-local.txt")
_DEVELOP = (*_RUN, "requirements-dev.txt")
_STAMP = "affianca-stamp.json"
_NEEDED_MB = 2_000


class Environment:
    """The environment in `root/.venv`: `python` is its interpreter, `make()` makes it complete."""

    def __init__(self, root: Path = ROOT) -> None:
        self.root = root
        self.folder = root / ".venv"
        self.python = self.folder / "bin" / "python"

    def wanted(self, develop: bool) -> dict[str, str]:
        """File name -> SHA-256 of the requirements."""
        names = _DEVELOP if develop else _RUN
        return {name: hashlib.sha256((self.root / name).read_bytes()).hexdigest() for name in names}

    def stamp(self) -> dict[str, str] | None:
        """What the environment was made from; None when it is half made or not there."""
        try:
            stamp = json.loads((self.folder / _STAMP).read_text())
        except (OSError, ValueError):
            return None
        return stamp if isinstance(stamp, dict) and self._runs() else None

    def complete(self, develop: bool) -> bool:
        """Whether nothing needs to be done."""
        stamp = self.stamp()
        return stamp is not None and self.wanted(develop).items() <= stamp.items()

    def make(self, develop: bool = False) -> bool:
        """Makes the environment complete. Says whether it had to do anything."""
        if self.complete(develop):
            return False
        stamp = self.stamp()
        # What developers added once stays in step with the rest.
        develop = develop or _DEVELOP[-1] in (stamp or {})
        check_space(_NEEDED_MB, self.root)
        wanted = self.wanted(develop)
        if stamp is None:
            half = " (made anew: it was incomplete)" if self.folder.exists() else ""
            with step(f"Python environment{half}"):
                install("venv", [sys.executable, "-m", "venv", "--clear", str(self.folder)], self.root)
        (self.folder / _STAMP).unlink(missing_ok=True)
        with step("Python packages"):
            self._install(wanted)
        self.write_stamp(wanted)
        return True

    def _install(self, wanted: dict[str, str]) -> None:
        command = [str(self.python), "-m", "pip", "install", "--require-hashes", "--disable-pip-version-check"]
        command += ["--no-input", "--retries", "3", "--progress-bar", "off"]
        for name in wanted:
            command += ["-r", name]
        install("pip", command, self.root)

    def write_stamp(self, wanted: dict[str, str]) -> None:
        """Marks the environment as complete."""
        part = self.folder / (_STAMP + ".part")
        part.write_text(json.dumps(wanted, indent=1))
        part.replace(self.folder / _STAMP)

    def _runs(self) -> bool:
        """Whether the interpreter that it was made with is still there."""
        try:
            command = [str(self.python), "-c", ""]
            return subprocess.run(command, env=child_environment(), check=False, timeout=30).returncode == 0
        except OSError:
            return False
