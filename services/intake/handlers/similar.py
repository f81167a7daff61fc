"""Requests that are like what somebody writes, or like another request: for whom they may see, best first.

Duplicates are of the same body, under way or of the last months. Solved ones help before anybody is asked: an official
is told those of their own bodies, experts and coordination those of all.
"""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from heapq import nlargest

from services.chassis.auth import Caller
from services.chassis.mongo import Document
from services.intake.domain.similarity import ALIKE, Scale, Text
from services.intake.domain.transitions import UNDER_WAY
from services.intake.domain.words import tokens
from services.intake.handlers.parts import Parts
from services.intake.store.visibility import OF_A_BODY, sees

_RECENT = timedelta(days=120)
_SHOWN = 5
_COMPARED = 15
"""Of each kind, those that share most with the text; a comparison in full looks at every word of both."""
_READ = 4_000
"""Characters of a description that are compared."""
BY_MAIL = ("email", "pec")
"""Channels whose requests nobody has compared before they were sent."""


@dataclass(frozen=True)
class Alike:
    """A request, and how like it is: from 0 to 1."""

    request: Document
    likeness: float


@dataclass(frozen=True)
class Resemblance:
    """duplicates: of the same body. solved: what helped others, or helped before."""

    duplicates: list[Alike]
    solved: list[Alike]


async def like_text(parts: Parts, caller: Caller, title: str, description: str, body: str | None) -> Resemblance:
    """What is like a text that was not sent yet."""
    return await _compare(parts, caller, Text.of(title, tokens(title, description[:_READ])), body, None)


async def like_request(parts: Parts, caller: Caller, request: Document) -> Resemblance:
    """What is like a request that the caller may see."""
    return await _compare(parts, caller, _text_of(request), request["body"], request["_id"])


async def duplicates_of_mail(parts: Parts, caller: Caller, request: Document) -> list[Alike]:
    """Others that are under way and like a request that came by mail; nothing for any other request."""
    text = _text_of(request)
    if request["channel"] not in BY_MAIL or request["status"] not in UNDER_WAY or not text.says_something:
        return []
    near = _others(await _near(parts, request["body"]), caller, text, request["_id"])
    found = _best(near, text, Scale([*(row["tokens"] for row in near), text.words]))
    return [one for one in found if one.request["status"] in UNDER_WAY]


async def _compare(parts: Parts, caller: Caller, text: Text, body: str | None, itself: str | None) -> Resemblance:
    if not text.says_something:
        return Resemblance([], [])
    around, found = await asyncio.gather(_near(parts, body), _solved(parts, caller, text))
    near = _others(around, caller, text, itself)
    taken = {row["_id"] for row in near} | {itself}
    solved = [row for row in found if row["_id"] not in taken and text.shares(row["tokens"])]
    scale = Scale([*(row["tokens"] for row in (*near, *solved)), text.words])
    return Resemblance(_best(near, text, scale), _best(solved, text, scale))


def _others(rows: Iterable[Document], caller: Caller, text: Text, itself: str | None) -> list[Document]:
    """Those that are worth a comparison and that the caller may see."""
    return [row for row in rows if row["_id"] != itself and text.shares(row["tokens"]) and sees(caller, row)]


def _text_of(request: Document) -> Text:
    return Text.of(request["title"], tokens(request["title"], request["description"][:_READ]))


async def _near(parts: Parts, body: str | None) -> list[Document]:
    return await parts.stores.resemblance.under_way(body, parts.clock.now() - _RECENT) if body else []


async def _solved(parts: Parts, caller: Caller, text: Text) -> list[Document]:
    store = parts.stores.resemblance
    if caller.has("expert", "coordinator", "secretariat"):
        return await store.solved_anywhere(text.telling)
    bodies = sorted(caller.scopes(*OF_A_BODY))
    return await store.solved(bodies) if bodies else []


def _text(row: Document) -> Text:
    return Text.of(row["title"], row["tokens"], _of_body(row["body_name"]))


@lru_cache(maxsize=2_000)
def _of_body(name: str) -> list[str]:
    return tokens(name)


def _best(rows: Iterable[Document], text: Text, scale: Scale) -> list[Alike]:
    likeliest = nlargest(_COMPARED, rows, key=lambda row: scale.shared(text, row["tokens"]))
    found = [Alike(row, scale.likeness(text, _text(row))) for row in likeliest]
    alike = [one for one in found if one.likeness >= ALIKE]
    return sorted(alike, key=lambda one: (-one.likeness, one.request["number"]))[:_SHOWN]
