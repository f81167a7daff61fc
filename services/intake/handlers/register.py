"""The register of bodies as people search it: the vocabulary, beside what is stored of each body."""

import re
from dataclasses import dataclass
from functools import cache

from contracts import vocabulary
from services.chassis.mongo import Document
from services.intake.domain.texts import folded
from services.intake.handlers.parts import Parts

_APOSTROPHE = re.compile("['\u2018\u2019\u02bc`]")
KNOWN = "known"
"""The status of a body of which nothing is stored."""


@dataclass(frozen=True)
class RegisterQuery:
    """What is looked for; empty values look for anything."""

    q: str = ""
    province: str = ""
    phase: int | None = None
    status: str | None = None


def status_of(state: Document | None) -> str:
    """How far a body has come."""
    return str(state["status"]) if state else KNOWN


def _plain(text: str) -> str:
    """What is compared: without accents and apostrophes, because people write Viggiu' and Sant\u2019Angelo."""
    return _APOSTROPHE.sub("", folded(text))


@cache
def _names(body: vocabulary.Body) -> str:
    return _plain(f"{body.kind} di {body.name} {body.code} {body.ipa_code}")


async def search(
    parts: Parts, query: RegisterQuery, limit: int, after: str | None = None
) -> tuple[list[tuple[vocabulary.Body, Document | None]], str | None]:
    """Bodies with their states, in the order of ISTAT codes, and the code behind which the next page begins."""
    words = _plain(query.q).split()
    candidates = [
        body
        for body in vocabulary.bodies()
        if (not query.province or body.province == query.province.upper())
        and (after is None or body.code > after)
        and all(word in _names(body) for word in words)
    ]
    states = await parts.stores.bodies.states(body.code for body in candidates)
    found = [
        (body, state)
        for body in candidates
        for state in (states.get(body.code),)
        if query.status in (None, status_of(state)) and query.phase in (None, state["phase"] if state else None)
    ]
    return found[:limit], found[limit - 1][0].code if len(found) > limit else None
