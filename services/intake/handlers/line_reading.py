"""The lines of an uploaded table, some at a time."""

from collections.abc import Iterator
from dataclasses import dataclass
from io import StringIO
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
    while content := file.readline(_LONGEST_LINE):
        number += 1
        if len(content) == _LONGEST_LINE:
            raise Unusable(N_("A line is too long: is this a CSV file?"), number)
        try:
            text = content.decode("utf-8-sig" if number == 1 else "utf-8")
        except UnicodeDecodeError as error:
            raise Unusable(N_("The file is not in UTF-8. Save it as “CSV UTF-8” and send it again."), number) from error
        yield from StringIO(text, newline="")
