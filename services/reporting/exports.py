"""The forms in which a report is given. To add one: a writer (report -> pieces of the file) and an entry in `FORMATS`.

Every form is made of the same finished report, so the last digit is the same in all of them.
"""

import csv
import io
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Report = Mapping[str, Any]
Writer = Callable[[Report], Iterator[str]]
_WEIGHT = re.compile(r"0(\.[0-9]{0,3})?|1(\.0{0,3})?")


def write_json(report: Report) -> Iterator[str]:
    """The report as it is."""
    yield json.dumps(report, ensure_ascii=False)


def write_csv(report: Report) -> Iterator[str]:
    """A line per item and the totals as the last one; nested members are columns such as `metrics.acceptance.met`.

    Unknown is an empty cell. The totals have `total` in their first column.
    """
    totals = flat(report["totals"])
    rows = [flat(item) for item in report["items"]]
    columns = list(rows[0] if rows else totals)
    yield _line(columns)
    for row in rows:
        yield _line([row[column] for column in columns])
    cells = [totals.get(column) for column in columns]
    yield _line(["total", *cells[1:]])


@dataclass(frozen=True)
class Format:
    """A form of reports: its media type and writer."""

    media_type: str
    write: Writer


FORMATS: Mapping[str, Format] = {
    "json": Format("application/json", write_json),
    "csv": Format("text/csv", write_csv),
}


def choose(suffix: str | None, accept: str) -> str | None:
    """The name of the format that a suffix or an Accept header wants; None if there is no such format."""
    if suffix is not None:
        return suffix if suffix in FORMATS else None
    if not accept.strip():
        return "json"
    for media in _wanted(accept):
        for name, form in FORMATS.items():
            if media in (form.media_type, form.media_type.split("/")[0] + "/*", "*/*"):
                return name
    return None


def _wanted(accept: str) -> list[str]:
    """The media types of an Accept header, the most wanted first, those of equal weight (`q`) in their order."""
    weights: dict[str, float] = {}
    for part in accept.split(","):
        media, *parameters = (piece.strip().lower() for piece in part.split(";"))
        weight = next((each[2:] for each in parameters if each.startswith("q=")), "1")
        weights[media] = float(weight) if _WEIGHT.fullmatch(weight) else 1
    return sorted((media for media in weights if weights[media]), key=lambda media: -weights[media])


def flat(value: Mapping[str, Any], before: str = "") -> dict[str, Any]:
    """Nested members under dotted names."""
    found: dict[str, Any] = {}
    for name, member in value.items():
        if isinstance(member, Mapping):
            found |= flat(member, f"{before}{name}.")
        else:
            found[before + name] = member
    return found


def _line(cells: list[Any]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer).writerow(["" if cell is None else cell for cell in cells])
    return buffer.getvalue()
