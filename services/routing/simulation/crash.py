"""Why the process of a simulation broke off, from the end of what it wrote to standard error.

What an exception says may hold the words of a question, an address or a password: kept are the places in the code,
the kind of the exception and how the process ended, and nothing else.
"""

import asyncio
import re

LONGEST = 16_000
"""So many bytes of the end are remembered, however much is written."""
_MOST_PLACES = 6
_PLACE = re.compile(r'^ *File "(?!<frozen)([^"\n]+)", line (\d+), in ([\w<>]+)$', re.MULTILINE)
_KIND = re.compile(r"^(?:\w+\.)*([A-Z]\w*)(?=:|$)", re.MULTILINE)


class Crashed(Exception):
    """The process ended without an answer; `fault` says where and how, without anybody's data."""

    def __init__(self, fault: str) -> None:
        super().__init__(fault)
        self.fault = fault


async def end_of(stream: asyncio.StreamReader) -> bytes:
    """The end of what is written until the stream is closed; reading on, so that nobody waits who writes much."""
    kept = b""
    while chunk := await stream.read(65_536):
        kept = (kept + chunk)[-LONGEST:]
    return kept


def fault_of(written: bytes, code: int | None) -> str:
    """Kind and places of the last exception, the innermost first, and how the process ended."""
    text = written.decode(errors="replace").rpartition("Traceback (most recent call last):")[2]
    places = list(_PLACE.finditer(text))
    # What stands behind the last place is the line of code, indented, and then the exception.
    kind = _KIND.search(text, places[-1].end()) if places else None
    told = [f"{_short(place[1])}:{place[2]} {place[3]}" for place in reversed(places[-_MOST_PLACES:])]
    ending = f"signal {-code}" if code is not None and code < 0 else f"exit {code}"
    return ", ".join([*([kind[1]] if kind else []), *told, ending])


def _short(file: str) -> str:
    """The name of a file and of its folder."""
    return "/".join(file.split("/")[-2:])
