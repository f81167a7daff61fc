"""The manifest of a back-up: what its files are, so that nothing is restored from one that is cut off or damaged."""

import hashlib
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

MANIFEST = "manifest.json"
_PIECE = 1 << 20
Manifest = dict[str, Any]


class Refused(Exception):
    """The back-up or restore was not begun; nothing was changed."""


def checked(folder: Path, services: Sequence[str]) -> Manifest:
    """The manifest, once every file is what it says. Raises Refused."""
    try:
        manifest: Manifest = json.loads((folder / MANIFEST).read_bytes())
        wanted = {(s, name): known for s in services for name, known in manifest["databases"][s].items()}
    except (OSError, ValueError, KeyError) as error:
        raise Refused(f"{folder} holds no whole back-up of {', '.join(services)}.") from error
    for (service, name), known in wanted.items():
        path, checksum = folder / service / f"{name}.bson", hashlib.sha256()
        for piece in _pieces(path):
            checksum.update(piece)
        if checksum.hexdigest() != known["sha256"]:
            raise Refused(f"{path} is damaged: its hash is not the recorded one. Nothing was changed.")
    return manifest


def _pieces(path: Path) -> Iterator[bytes]:
    try:
        with path.open("rb") as file:
            while piece := file.read(_PIECE):
                yield piece
    except OSError as error:
        raise Refused(f"{path} cannot be read. Nothing was changed.") from error
