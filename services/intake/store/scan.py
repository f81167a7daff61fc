"""How a narrowed list of requests is read: always from an index in order, and never more than a fixed effort.

Of several lists (see `search`) the shortest from here on is read. How long they are is looked up, not guessed: their
four hundredth entry is asked for, from the index alone. The rest of the filter is held against its documents. Lists
that hardly meet (a frequent word of one theme among the requests of another) would be read to their end: instead the
search stops after `EFFORT` documents, or `PATIENCE`, and says where, so that the next page goes on there. The planner
of MongoDB is not asked: it remembers for all words what was good for one.
"""

import time
from collections.abc import Sequence
from typing import Any

from services.chassis.mongo import Document
from services.chassis.transactions import Plain
from services.intake.store.search import REQUESTS, Listed, Place, Search, beyond

_WINDOWS = (100, 200, *(250,) * 10)
"""Entries of the chosen list that are read at once: few, because a window that is begun is read to its end."""
EFFORT = sum(_WINDOWS)
"""Documents that are looked at for one page, at most."""
PATIENCE = 0.03
"""Seconds of reading: documents that were not asked for lately come from the disk. What the next window takes is
judged by those before it, and it is only as large as the rest of this time allows."""
_LEAST_WINDOW = 25
_REACH = 400
"""The entry of each list by which they are compared."""
_COMPARED = 8
"""Lists that are compared; of many words those with the most letters, which are seldom the frequent ones."""


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
    chosen = _shortest(plain, search)
    began = time.monotonic()
    rows: list[Document] = []
    start, looked = search.after, 0
    while window := _window(looked, effort, time.monotonic() - began):
        end = mark(plain, search, chosen, window, start)
        rows += _find(plain, search, chosen, fields, limit - len(rows), start, end)
        if len(rows) >= limit or end is None:
            return rows, None
        start, looked = end, looked + window
    return rows, start


def _shortest(plain: Plain, search: Search) -> Listed:
    """The list of which the fewest entries lie ahead."""
    lists = sorted(search.lists(), key=lambda one: -len(one.where.get("tokens", "x" * 99)))[:_COMPARED]
    if len(lists) == 1:
        return lists[0]
    best: tuple[Listed, Place] | None = None
    for one in lists:
        end = mark(plain, search, one, _REACH, search.after)
        if end is None:
            return one
        if best is None or (end.at < best[1].at if search.descending else end.at > best[1].at):
            best = one, end
    assert best
    return best[0]


def _window(looked: int, effort: int, spent: float) -> int:
    """How many entries are read next, after so many in so many seconds; 0 when it is enough for one page."""
    if not looked:
        return min(_WINDOWS[0], effort)
    planned = next((size for n, size in enumerate(_WINDOWS) if sum(_WINDOWS[: n + 1]) > looked), 0)
    affordable = int(looked * (PATIENCE - spent) / max(spent, 1e-6))
    window = min(planned, effort - looked, affordable)
    return window if window >= min(_LEAST_WINDOW, effort - looked) else 0


def mark(plain: Plain, search: Search, one: Listed, number: int, start: Place | None) -> Place | None:
    """The entry of a list that is so far ahead; None when it ends before. Read from the index alone."""
    if start is None:
        return _entry(plain, search, one, number)
    # Said in one filter, MongoDB would fetch the documents: first those of the very moment, then those beyond it.
    before = "$lt" if search.descending else "$gt"
    tied = _entries(plain, search, one, {"submitted_at": start.at, "_id": {before: start.id}}).limit(number)
    places = [Place.of(row) for row in tied]
    if len(places) == number:
        return places[-1]
    return _entry(plain, search, one, number - len(places), {"submitted_at": {before: start.at}})


def _entry(plain: Plain, search: Search, one: Listed, number: int, where: Document | None = None) -> Place | None:
    row = next(iter(_entries(plain, search, one, where or {}).skip(number - 1).limit(1)), None)
    return Place.of(row) if row else None


def _entries(plain: Plain, search: Search, one: Listed, where: Document) -> Any:
    parts = [one.where, *(part for part in search.filters if "submitted_at" in part), where]
    return plain[REQUESTS].find(_all_of(parts), {"submitted_at": 1}, sort=search.order, hint=list(one.keys))


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


def _all_of(parts: Sequence[Document]) -> Document:
    wanted = [part for part in parts if part]
    return {"$and": wanted} if wanted else {}


def _until(place: Place, descending: bool) -> Document:
    from_here, after = ("$gte", "$lt") if descending else ("$lte", "$gt")
    return {"submitted_at": {from_here: place.at}, "$nor": [{"submitted_at": place.at, "_id": {after: place.id}}]}
