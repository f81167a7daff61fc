"""Tags: what cuts across all themes, told by plain words.

To add one: a line in `TAGS`, a label in `pages/labels.py`.
"""

import re

TAGS: dict[str, str] = {
    "services-conference": r"conferenz\w+ (?:di |dei )?serviz|\bcds (?:asincron|simultan|decisori|istruttori)",
    "tacit-approval": r"silenzio[ -]?assenso",
    "clock-suspended": r"sospension\w+ (?:dei |di )?termin|richiest\w+ (?:di )?integrazion|termin\w+ sospes",
    "backlog": r"\barretrat",
    "one-stop-shop": r"\bsuap\b|\bsue\b|sportello unico",
    "planning-change": r"variant\w+ (?:urbanistic|al pgt|al piano)|in variante",
    "landscape-or-heritage": r"paesaggistic|soprintenden|bene (?:culturale|vincolato)",
    "funded-by-pnrr": r"\bpnrr\b",
    "urgent": r"\burgen(?:te|ti|za|temente)\b|scad\w* (?:domani|oggi)|diffid[ae]\b|entro (?:oggi|domani)",
}
"""Code -> pattern over the folded text."""

_PATTERNS = {code: re.compile(pattern) for code, pattern in TAGS.items()}


def tags_of(folded: str) -> tuple[str, ...]:
    """The tags of a folded text, in the order of the table."""
    return tuple(code for code, pattern in _PATTERNS.items() if pattern.search(folded))
