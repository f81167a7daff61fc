"""How a narrowed list of requests is read: always from an index in order, and never more than a fixed effort.

Of several lists (see `search`) the shortest from here on is read. How long they are is looked up, not guessed: their
four hundredth entry is asked for, from the index alone. The rest of the filter is held against its documents. Lists
that hardly meet (a frequent word of one theme among the requests of another) would be read to their end: instead the
search stops after `EFFORT` documents and says where, so that the next page goes on there. The planner of MongoDB is not
asked: it remembers for all words what was good for one.
"""

from collections.abc import Sequence

from services.chassis.mongo import Document
from services.chassis.transactions import Plain
from services.intake.store.search import REQUESTS, Listed, Place, Search, beyond

_WINDOWS = (400, 800, 1_600)
"""Entries of the chosen list that are read at once."""
EFFORT = sum(_WINDOWS)
"""Documents that are looked at for one page, at most."""


def read(
    plain: Plain, search: Search, limit: int, fields: Document, effort: int
) -> tuple[list[Document], Place | None]:
    """At most so many that match, in order; and where the search stopped, when it did so before the end."""
    ways = search.ways()
    if len(ways) == 1:
        return _read(plain, search, limit, fields, effort)
    found: dict[str, Document] = {}
    stops = []
    for way in ways:
        rows, stop = _read(plain, way, limit, fields, effort // len(ways))
        found.update((row["_id"], row) for row in rows)
        stops += [stop] if stop else []
    merged = sorted(found.values(), key=lambda row: Place.of(row).key, reverse=search.descending)
    if not stops:
        return merged[:limit], None
    # Beyond the first stop there may be others that were not looked at.
    first = (max if search.descending else min)(stops, key=lambda place: place.key)
    seen = [row for row in merged if (Place.of(row).key >= first.key) == search.descending or Place.of(row) == first]
    return seen[:limit], first if len(seen) < limit else None


def _read(
    plain: Plain, search: Search, limit: int, fields: Document, effort: int
) -> tuple[list[Document], Place | None]:
    if search.impossible:
        return [], None
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
    found = plain[REQUESTS].find(where, {"submitted_at": 1}, sort=search.order, hint=list(one.keys))
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
    found = plain[REQUESTS].find(_all_of(parts), fields, sort=search.order, hint=list(one.keys), limit=limit)
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


def _spans(search: Search) -> list[Document]:
    return [part for part in search.filters if "submitted_at" in part]


def _all_of(parts: Sequence[Document]) -> Document:
    wanted = [part for part in parts if part]
    return {"$and": wanted} if wanted else {}


def _until(place: Place, descending: bool) -> Document:
    from_here, after = ("$gte", "$lt") if descending else ("$lte", "$gt")
    return {"submitted_at": {from_here: place.at}, "$nor": [{"submitted_at": place.at, "_id": {after: place.id}}]}
