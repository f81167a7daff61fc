"""What the classifier is made from and tried with: word lists, hand-written texts, and the digest of all sources."""

import hashlib
import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from contracts.vocabulary import themes
from services.intake.classifier.model import NOBODY

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
DEVELOPMENT = HERE / "development.yaml"
CALIBRATION = HERE / "calibration.yaml"
HANDWRITTEN = ROOT / "tests" / "intake" / "recognition" / "handwritten.yaml"
CLASSES = (*(theme.code for theme in themes()), NOBODY)
SOURCES = (
    "contracts/vocabulary/themes.json",
    "deploy/classifier/calibration.yaml",
    "deploy/classifier/frames.yaml",
    "deploy/classifier/learner.py",
    "deploy/classifier/lexicon.yaml",
    "deploy/classifier/noise.py",
    "deploy/classifier/synthetic.py",
    "services/intake/classifier/features.py",
    "services/intake/classifier/wording.py",
    "services/intake/domain/texts.py",
)
"""Whatever changes one of these makes the stored model stale; the hand-written test is deliberately not among them."""


@dataclass(frozen=True)
class Labelled:
    """A text with its theme (or `NOBODY`), perhaps its procedure, and how much it counts in training."""

    text: str
    theme: str
    procedure: str | None = None
    weight: float = 1.0
    clash: str | None = None


@cache
def lexicon() -> dict[str, dict[str, Any]]:
    """Words by class: procedures, things, sentences; the vocabulary's own keywords and names among them."""
    found: dict[str, dict[str, Any]] = yaml.safe_load((HERE / "lexicon.yaml").read_text(encoding="utf-8"))
    for theme in themes():
        found[theme.code]["things"] += theme.keywords_it
    return found


@cache
def frames() -> dict[str, list[str]]:
    """What is written around the matter."""
    found: dict[str, list[str]] = yaml.safe_load((HERE / "frames.yaml").read_text(encoding="utf-8"))
    return found


def handwritten(path: Path) -> list[Labelled]:
    """The hand-written texts of a file."""
    texts: dict[str, list[Any]] = yaml.safe_load(path.read_text(encoding="utf-8"))
    entries = [(theme, {"text": row} if isinstance(row, str) else row) for theme, rows in texts.items() for row in rows]
    return [Labelled(row["text"], theme, clash=row.get("clash")) for theme, row in entries]


def corrections(path: Path) -> list[Labelled]:
    """What people corrected, as `make corrections` wrote it: one JSON document a line."""
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    return [Labelled(row["text"], row["theme"], row["procedure"]) for row in rows]


def digest() -> str:
    """One number for everything that the stored model follows from."""
    total = hashlib.sha256()
    for path in SOURCES:
        content = (ROOT / path).read_bytes().replace(b"\r\n", b"\n")
        total.update(f"{path} {hashlib.sha256(content).hexdigest()}\n".encode())
    return total.hexdigest()
