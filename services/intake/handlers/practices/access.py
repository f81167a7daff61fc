"""Who may see and change a practice that is not published: its author, and who may review it."""

from services.chassis.auth import Caller
from services.chassis.mongo import Document
from services.intake.domain.practices import Party

NOTHING: Document = {"_id": {"$in": []}}


def parties_of(caller: Caller, practice: Document) -> frozenset[Party]:
    """As what the caller may act. Nobody reviews what they have written themselves."""
    if caller.id is None:
        return frozenset()
    if practice["author"] == caller.id:
        return frozenset({"author"})
    reviews = _reviews_all(caller) or not reviewed_themes(practice).isdisjoint(caller.scopes("coordinator"))
    return frozenset({"reviewer"}) if reviews else frozenset()


def reviewed_themes(practice: Document) -> set[str]:
    """The themes of which whoever coordinates one may review it."""
    return {*practice["content"]["themes"], *(practice["published"] or {}).get("themes", ())}


def readable(caller: Caller, practice: Document | None) -> bool:
    """Whether the caller may read it in some form."""
    return practice is not None and bool(practice["listed"] or parties_of(caller, practice))


def reviewable(caller: Caller) -> Document:
    """The filter for working copies that are the caller's own, or theirs to review."""
    if _reviews_all(caller):
        return {}
    ways: list[Document] = [{"author": caller.id}] if caller.id else []
    if themes := caller.scopes("coordinator"):
        ways.append({"content.themes": {"$in": sorted(themes)}})
    return (ways[0] if len(ways) == 1 else {"$or": ways}) if ways else NOTHING


def _reviews_all(caller: Caller) -> bool:
    return caller.has("secretariat") or caller.everywhere("coordinator")
