"""Practices that fit a question: offered before a request is sent, and to whoever answers it."""

from collections.abc import Sequence

from services.chassis.mongo import Document
from services.intake.domain.fitting import Candidate, fitting
from services.intake.domain.texts import stems
from services.intake.handlers.parts import Parts

MOST_OFFERED = 3
_MOST_WORDS = 80


async def offered(parts: Parts, title: str, description: str, themes: Sequence[str] = ()) -> list[Document]:
    """At most three published practices that fit best, best first."""
    words = list(dict.fromkeys(stems(f"{title}\n{description}"[:20_000])))[:_MOST_WORDS]
    if not words:
        return []
    store = parts.stores.practices
    among = [
        Candidate(row["_id"], frozenset(row["tokens"]), frozenset(row["published"]["themes"]))
        for row in await store.candidates(words)
    ]
    best = fitting(words, themes, among, MOST_OFFERED)
    return await store.published_as(best) if best else []
