"""Strict JSON: what a caller sends means the same to every reader, or it is refused with 400 before any route runs.

UTF-8 only; no name twice in an object, of which parsers silently keep one; no NaN and no infinity, which are not
JSON; no half of a character (a lone surrogate), which neither the database nor an answer can hold; no nesting or
number beyond what the parser takes. The problem points at the place.
"""

import json
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from starlette.types import Message, Receive

from services.chassis.i18n import N_
from services.chassis.problems import Problem

_SURROGATE = re.compile(r"[\ud800-\udfff]")
_ESCAPED_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")
_MOST = 50


class _Twice(dict[str, Any]):
    """An object in which a name came twice."""

    names: list[str]


class _NotANumber:
    """What stands for NaN and infinity."""


def check(body: bytes) -> None:
    """Raises the problem of a body that is not strict JSON."""
    flaws: list[object] = []

    def pairs(members: list[tuple[str, Any]]) -> dict[str, Any]:
        made = dict(members)
        if len(made) == len(members):
            return made
        twice = _Twice(made)
        twice.names = sorted(name for name, count in Counter(name for name, _ in members).items() if count > 1)
        flaws.append(twice)
        return twice

    def constant(_: str) -> _NotANumber:
        flaws.append(_NotANumber)
        return _NotANumber()

    try:
        document = json.loads(body.decode(), object_pairs_hook=pairs, parse_constant=constant)
        errors = list(_faults(document, "")) if flaws or _ESCAPED_SURROGATE.search(body) else []
    except RecursionError as error:
        raise _refused(N_("The body is nested too deeply.")) from error
    except ValueError as error:
        raise _refused(N_("The body is not valid JSON in UTF-8.")) from error
    if errors:
        raise _refused(N_("The body is not valid JSON in UTF-8."), errors[:_MOST])


async def checked(receive: Receive) -> Receive:
    """Reads the whole body, checks it, and gives it to whoever reads next."""
    pieces, more = [], True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return _once(message, receive)
        pieces.append(message.get("body", b""))
        more = message.get("more_body", False)
    body = b"".join(pieces)
    if body:
        check(body)
    return _once({"type": "http.request", "body": body, "more_body": False}, receive)


def _once(message: Message, receive: Receive) -> Receive:
    waiting = [message]

    async def replay() -> Message:
        return waiting.pop() if waiting else await receive()

    return replay


def _faults(value: Any, at: str) -> Iterator[dict[str, str]]:
    if isinstance(value, _NotANumber):
        yield {"pointer": at, "detail": N_("NaN and infinity are not JSON.")}
    elif isinstance(value, str) and _SURROGATE.search(value):
        yield {"pointer": at, "detail": N_("Half of a character stands here: a surrogate without its partner.")}
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from _faults(item, f"{at}/{number}")
    elif isinstance(value, dict):
        for name in getattr(value, "names", ()):
            yield {"pointer": f"{at}/{_escaped(name)}", "detail": N_("This name stands here twice.")}
        for name, item in value.items():
            if _SURROGATE.search(name):
                detail = N_("A name here holds half of a character: a surrogate without its partner.")
                yield {"pointer": at, "detail": detail}
            else:
                yield from _faults(item, f"{at}/{_escaped(name)}")


def _escaped(name: str) -> str:
    return _SURROGATE.sub("\ufffd", name).replace("~", "~0").replace("/", "~1")


def _refused(detail: str, errors: list[dict[str, str]] | None = None) -> Problem:
    return Problem(400, N_("The request cannot be read"), detail, errors=errors or ())
