"""The lines of an uploaded table, some at a time."""

from collections.abc import Iterator
from dataclasses import dataclass
from io import SEEK_CUR, StringIO
from itertools import islice
from typing import BinaryIO

from services.chassis.i18n import N_
from services.intake.domain.tables import Row, Unusable

_LONGEST_LINE = 1_000_000


@dataclass
class Batch:
    """Records with the lines on which they begin, and what ended the reading."""

    good: list[tuple[int, Row | Unusable]]
    fault: Unusable | None = None

    def __bool__(self) -> bool:
        return bool(self.good or self.fault)


def some(records: Iterator[Row | Unusable], most: int) -> Batch:
    """The next records; an empty batch at the end."""
    batch = Batch([])
    try:
        batch.good += ((each.line, each) for each in islice(records, most))
    except Unusable as fault:
        batch.fault = fault
    return batch


def texts(file: BinaryIO) -> Iterator[str]:
    """The lines of a file in UTF-8, with or without its mark, by whatever sign they end: "CSV (Macintosh)" has a lone
    carriage return. Raises Unusable for another encoding.
    """
    number = 0
    while content := _some_lines(file):
        if len(content) == _LONGEST_LINE:
            raise Unusable(N_("A line is too long: is this a CSV file?"), number + 1)
        try:
            text = content.decode("utf-8" if number else "utf-8-sig")
        except UnicodeDecodeError as error:
            line = number + 1 + content.count(b"\r", 0, error.start)
            raise Unusable(N_("The file is not in UTF-8. Save it as “CSV UTF-8” and send it again."), line) from error
        lines = list(StringIO(text, newline=""))
        number += len(lines)
        yield from lines


def _some_lines(file: BinaryIO) -> bytes:
    """One line; as many as there is room for where they end by carriage returns alone."""
    content = file.readline(_LONGEST_LINE)
    if len(content) == _LONGEST_LINE and content[-1:] != b"\n" and (end := content.rfind(b"\r", 0, -1)) >= 0:
        file.seek(end + 1 - len(content), SEEK_CUR)
        return content[: end + 1]
    return content
