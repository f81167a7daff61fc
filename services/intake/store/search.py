"""How a narrowed list of requests is read: always from an index in order, and never more than a fixed effort.

Each part of a filter that has an index is a *list* in the order of submission. Of several lists the shortest from here
on is read (how long they are is looked up, not guessed: their five hundredth entry is asked for), and the rest of the
filter is held against its documents. Lists that hardly meet (a frequent word of one theme among the requests of
another) would be read to their end: instead the search stops after `EFFORT` documents and says where, so that the next
page goes on there. The planner of MongoDB is not asked: it remembers for all words what was good for one.

To make another filter quick: an index that ends in `ORDER`, and an entry in `_FIELDS`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from services.chassis.mongo import Document
from services.chassis.transactions import Plain

REQUESTS = "requests"
ORDER = (("submitted_at", -1), ("_id", -1))
_WINDOWS = (400, 800, 1_600)
"""Entries of the chosen list that are read at once."""
EFFORT = sum(_WINDOWS)
"""Documents that are looked at for one page, at most."""
_FIELDS = ("lead", "procedure", "body", "province", "theme", "status")
Keys = tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Place:
    """A place in the order of submission: a request, whether or not it was found."""

    at: datetime
    id: str

    @classmethod
    def of(cls, row: Document) -> "Place":
        """Where a request stands."""
        return cls(row["submitted_at"], row["_id"])


@dataclass(frozen=True)
class Listed:
    """A part of a filter, and the index that has it in order; without one the planner merges several."""

    where: Document
    keys: Keys | None = ORDER


@dataclass(frozen=True)
class Search:
    """What is looked for. filters: all of them. after: where the page before ended."""

    filters: Sequence[Document]
    descending: bool = True
    after: Place | None = None

    @property
    def order(self) -> list[tuple[str, int]]:
        """The order of the list."""
        direction = -1 if self.descending else 1
        return [("submitted_at", direction), ("_id", direction)]

    def lists(self) -> list[Listed]:
        """What could be read in order."""
        found = [one for part in self.filters for one in _listed(part)]
        both = [next((one for one in found if name in one.where), None) for name in ("body", "status")]
        if both[0] and both[1]:
            found.append(Listed(both[0].where | both[1].where, (("body", 1), ("status", 1), *ORDER)))
        return found or [Listed({})]

    def only(self) -> Listed | None:
        """The one list that is the whole answer, if there is such a one."""
        lists, rest = self.lists(), [part for part in self.filters if not (_listed(part) or "submitted_at" in part)]
        return lists[0] if len(lists) == 1 and not rest else None


def read(
    plain: Plain, search: Search, limit: int, fields: Document, effort: int = EFFORT
) -> tuple[list[Document], Place | None]:
    """At most so many that match, in order; and where the search stopped, when it did so before the end."""
    only = search.only()
    if only:
        return _find(plain, search, only, fields, limit), None
    chosen, end = _shortest(plain, search, effort)
    rows: list[Document] = []
    start = search.after
    for window in _windows(effort):
        if start is not search.after:
            end = mark(plain, search, chosen, window, start)
        rows += _find(plain, search, chosen, fields, limit - len(rows), start, end)
        if len(rows) >= limit or end is None:
            return rows, None
        start = end
    return rows, start


def _shortest(plain: Plain, search: Search, effort: int) -> tuple[Listed, Place | None]:
    """The list of which the fewest entries lie ahead, and its entry at the end of the first window."""
    best: tuple[Listed, Place] | None = None
    for one in search.lists():
        end = mark(plain, search, one, _windows(effort)[0], search.after)
        if end is None:
            return one, None
        if best is None or (end.at < best[1].at if search.descending else end.at > best[1].at):
            best = one, end
    assert best
    return best


def _windows(effort: int) -> list[int]:
    return [size for number, size in enumerate(_WINDOWS) if sum(_WINDOWS[: number + 1]) <= effort] or [effort]


def mark(plain: Plain, search: Search, one: Listed, number: int, start: Place | None) -> Place | None:
    """The entry of a list that is so far ahead; None when it ends before. Read from the index alone."""
    where = _all_of([one.where, *_spans(search), *([beyond(start, search.descending)] if start else [])])
    found = plain[REQUESTS].find(where, {"submitted_at": 1}, sort=search.order, hint=_hint(one))
    row = next(iter(found.skip(number - 1).limit(1)), None)
    return Place.of(row) if row else None


def _find(
    plain: Plain,
    search: Search,
    one: Listed,
    fields: Document,
    limit: int,
    start: Place | None = None,
    end: Place | None = None,
) -> list[Document]:
    """What matches in the list from a place (or the page's beginning) as far as a mark, or its end."""
    start = start or search.after
    parts = [*_rest(search, one), *([beyond(start, search.descending)] if start else [])]
    if end:
        parts.append(_until(end, search.descending))
    found = plain[REQUESTS].find(_all_of(parts), fields, sort=search.order, hint=_hint(one), limit=limit)
    return list(found)


def _rest(search: Search, one: Listed) -> list[Document]:
    """The filters, so that the index is read between the bounds of this list and of no other."""
    if "tokens" not in one.where:
        return list(search.filters)
    # Of two words MongoDB would take either; said as a double negation, a word has no bounds.
    others = {token for part in search.filters for token in part.get("tokens", {}).get("$all", ())}
    others -= {one.where["tokens"]}
    held = [{"$nor": [{"tokens": {"$ne": token}}]} for token in sorted(others)]
    return [one.where, *(part for part in search.filters if "tokens" not in part), *held]


def _listed(part: Document) -> list[Listed]:
    if "tokens" in part:
        return [Listed({"tokens": token}, (("tokens", 1), *ORDER)) for token in part["tokens"]["$all"]]
    if "$or" in part:
        return [Listed(part, None)]
    name = next(iter(part))
    if name not in _FIELDS or (isinstance(part[name], dict) and "$in" not in part[name]):
        return []
    return [Listed(part, ((name, 1), *ORDER))]


def _spans(search: Search) -> list[Document]:
    return [part for part in search.filters if "submitted_at" in part]


def _all_of(parts: Sequence[Document]) -> Document:
    wanted = [part for part in parts if part]
    return {"$and": wanted} if wanted else {}


def _hint(one: Listed) -> list[tuple[str, int]] | None:
    return list(one.keys) if one.keys else None


def beyond(place: Place, descending: bool = True, field: str = "submitted_at") -> Document:
    """The filter for what comes after a place: a range for the index, less what stands at that very moment before."""
    before, shown = ("$lte", "$gte") if descending else ("$gte", "$lte")
    return {field: {before: place.at}, "$nor": [{field: place.at, "_id": {shown: place.id}}]}


def _until(place: Place, descending: bool) -> Document:
    from_here, after = ("$gte", "$lt") if descending else ("$lte", "$gt")
    return {"submitted_at": {from_here: place.at}, "$nor": [{"submitted_at": place.at, "_id": {after: place.id}}]}
