"""How a good practice looks in the API: for everybody its published edition, for who works on it the rest as well."""

from services.chassis.auth import Caller
from services.chassis.mongo import Document
from services.intake.api.answers import Json, instant
from services.intake.domain.practices import allowed
from services.intake.handlers.parts import Parts
from services.intake.handlers.practices import document_of, known_for, named_in, parties_of, vote_id

_FIELDS = ("title", "problem", "solution", "references", "themes", "procedure")


def public_document(practice: Document) -> Json:
    """What everybody may read of it; nothing while no edition is published."""
    published = practice["published"]
    return {
        "id": practice["_id"],
        "slug": practice["slug"],
        **{name: published[name] if published else None for name in _FIELDS},
        "edition": published["edition"] if published else None,
        "published_at": instant(published["at"]) if published else None,
        "links": links_of(practice),
    }


def work_document(practice: Document, caller: Caller) -> Json:
    """The working copy, for its author and those who may review it."""
    return {
        "state": practice["state"],
        **{name: practice["content"][name] for name in _FIELDS},
        "request": practice["request_number"],
        "author": practice["author"],
        "reason": practice["reason"],
        "updated_at": instant(practice["updated_at"]),
        "history": [{**line, "at": instant(line["at"])} for line in practice["history"]],
        "allowed": list(allowed(practice["state"], parties_of(caller, practice))),
    }


def known_document(practice: Document, caller: Caller) -> Json:
    """Both, as far as the caller may see them."""
    document = public_document(practice)
    if parties_of(caller, practice):
        document["work"] = work_document(practice, caller)
    return document


async def whole_practice(parts: Parts, practice: Document, caller: Caller) -> Json:
    """The same with what readers thought of it, and what still names somebody."""
    document = known_document(practice, caller)
    yes, no = await parts.stores.practices.votes(practice["_id"])
    mine = await parts.stores.practices.vote(vote_id(practice["_id"], caller)) if caller.id else None
    document["helpful"] = {"yes": yes, "no": no, "mine": mine}
    if "work" in document:
        known = await known_for(parts, practice)
        document["work"]["names"] = [document_of(named) for named in named_in(practice["content"], known)]
    return document


def edition_document(edition: Document) -> Json:
    """A published edition, as it was."""
    return {
        "edition": edition["edition"],
        "published_at": instant(edition["at"]),
        **{name: edition["content"][name] for name in _FIELDS},
    }


def links_of(practice: Document) -> Json:
    """Where it is read."""
    return {
        "self": f"/api/practices/{practice['_id']}",
        "page": f"/practices/{practice['slug'] or practice['_id']}",
    }
