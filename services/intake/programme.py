"""Reads `programme.json`, the phases of the programme as data."""

import json
from pathlib import Path

from services.intake.domain.programme import Programme, programme_of

_FILE = Path(__file__).with_name("programme.json")


def read_programme(path: Path | None = None) -> Programme:
    """The programme of this installation. Raises at start when the data contradict themselves."""
    return programme_of(json.loads((path or _FILE).read_text(encoding="utf-8")))
