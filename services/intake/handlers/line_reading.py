"""The lines of an uploaded table, some at a time."""

from codecs import getincrementaldecoder
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import BinaryIO

from services.chassis.i18n import N_
from services.chassis.lines import Lines
from services.intake.domain.tables import Row, Unusable

_LONGEST_LINE = 1_000_000
_AT_ONCE = 65_536
_TOO_LONG = N_("A line is too long: is this a CSV file?")
_NOT_UTF_8 = N_("The file is not in UTF-8. Save it as “CSV UTF-8” and send it again.")


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
    """The lines of a file in UTF-8, with or without its mark. Raises Unusable for another encoding."""
    number, lines, decoder, at_end = 0, Lines(), getincrementaldecoder("utf-8-sig")(), False
    while not at_end:
        content = file.read(_AT_ONCE)
        at_end, wrong = not content, None
        try:
            text = decoder.decode(content, at_end)
        except UnicodeDecodeError as error:
            text, wrong = error.object[: error.start].decode() + "\ufffd", error
        for line in lines.feed(text, final=at_end and not wrong):
            if len(line) >= _LONGEST_LINE:
                raise Unusable(_TOO_LONG, number + 1)
            number += 1
            yield line
        if wrong:
            raise Unusable(_NOT_UTF_8, number + 1) from wrong
        if len(lines.rest) >= _LONGEST_LINE:
            raise Unusable(_TOO_LONG, number + 1)
