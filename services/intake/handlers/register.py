"""The register of bodies as people search it: the vocabulary, beside what is stored of each body."""

from dataclasses import dataclass

from contracts import vocabulary
from services.chassis.mongo import Document
from services.intake.domain.texts import folded
from services.intake.handlers.parts import Parts

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


async def search(
    parts: Parts, query: RegisterQuery, limit: int, after: str | None = None
) -> tuple[list[tuple[vocabulary.Body, Document | None]], str | None]:
    """Bodies with their states, in the order of ISTAT codes, and the code behind which the next page begins."""
    words = folded(query.q).split()
    candidates = [
        body
        for body in vocabulary.bodies()
        if (not query.province or body.province == query.province.upper())
        and (after is None or body.code > after)
        and all(word in folded(f"{body.name} {body.code} {body.ipa_code}") for word in words)
    ]
    states = await parts.stores.bodies.states(body.code for body in candidates)
    found = [
        (body, state)
        for body in candidates
        for state in (states.get(body.code),)
        if query.status in (None, status_of(state)) and query.phase in (None, state["phase"] if state else None)
    ]
    return found[:limit], found[limit - 1][0].code if len(found) > limit else None
