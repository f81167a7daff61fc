"""What stored requests and practices are found by, made again: after the rules of `domain.words` have changed.

Bounded batches in the order of the ids. Each is decided and saved under the documents' versions like any use case, so
nothing that people change meanwhile is lost, and what is right already is not written: doing it again changes nothing,
and an interrupted run goes on behind the last id it told. No event is published and no text is touched.
"""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from functools import partial

from services.chassis.execution import Executor
from services.chassis.mongo import Database, Document
from services.chassis.work import Work
from services.intake.domain.words import MOST_TOKENS, tokens
from services.intake.handlers.practices.decisions import found_as_published
from services.intake.store.practices import PRACTICES
from services.intake.store.requests import REQUESTS
from services.intake.store.walk import ids_behind

AT_ONCE = 100
COLLECTIONS = (REQUESTS, PRACTICES)


@dataclass(frozen=True)
class Step:
    """How far it has come: `last` is the id to go on behind."""

    collection: str
    last: str
    read: int
    changed: int


async def renew(database: Database, executor: Executor, collection: str, after: str = "") -> AsyncIterator[Step]:
    """Renews the words of a collection from behind an id; tells each batch when it is stored."""
    read = changed = 0
    while rows := await ids_behind(database, collection, after, AT_ONCE):
        ids = [row["_id"] for row in rows]
        # A request that went on as another one is found by that one's words, too.
        joined = {id for row in rows for id in row.get("merged_from", ())}
        keys = {collection: [*ids, *sorted(joined - {*ids})]}
        changed += await executor.run(keys, partial(_renewed, collection=collection, ids=ids))
        read, after = read + len(ids), ids[-1]
        yield Step(collection, after, read, changed)


def _renewed(work: Work, collection: str, ids: list[str]) -> int:
    changed = 0
    for id in ids:
        document = work.get(collection, id)
        if document is None:
            continue
        found = _of_request(work, document) if collection == REQUESTS else found_as_published(document)
        if found != document.get("tokens", []):
            work.put(collection, {**document, "tokens": found})
            changed += 1
    return changed


def _of_request(work: Work, request: Document) -> list[str]:
    """Its own words and those of what was joined to it first; what it was found by before fills the room that is left.

    Words of an earlier title stay, as they do when it is edited.
    """
    joined = [other for id in request["merged_from"] if (other := work.get(REQUESTS, id))]
    own = [token for each in (request, *joined) for token in _own(each)]
    return sorted(list(dict.fromkeys([*own, *request["tokens"]]))[: 2 * MOST_TOKENS])


def _own(request: Mapping[str, object]) -> list[str]:
    protocol = request["protocol"]
    registered = [protocol["number"]] if isinstance(protocol, Mapping) else []
    texts = (request["number"], request["title"], *registered, request["body_name"], request["description"])
    return tokens(*map(str, texts))
