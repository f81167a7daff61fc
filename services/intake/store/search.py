"""What is looked for in a list of requests, and which parts of it an index has in the order of submission.

Each part of a filter that has an index is a *list*; `scan` chooses among them. To make another filter quick: an index
that ends in `ORDER`, and an entry in `_FIELDS`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from services.chassis.mongo import Document

REQUESTS = "requests"
ORDER = (("submitted_at", -1), ("_id", -1))
_FIELDS = ("lead", "co_experts", "procedure", "body", "province", "theme", "status")
Keys = tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Place:
    """A place in the order of submission: a request, whether or not it was found."""

    at: datetime
    id: str

    @property
    def key(self) -> tuple[datetime, str]:
        """By which places are compared."""
        return self.at, self.id

    @classmethod
    def of(cls, row: Document) -> "Place":
        """Where a request stands."""
        return cls(row["submitted_at"], row["_id"])


@dataclass(frozen=True)
class Listed:
    """A part of a filter, and the index that has it in order."""

    where: Document
    keys: Keys = ORDER


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

    def ways(self) -> list["Search"]:
        """The same for each alternative of its own, such as the requests of a body and those that somebody leads."""
        choices = next((part["$or"] for part in self.filters if "$or" in part), None)
        if choices is None:
            return [self]
        rest = [part for part in self.filters if "$or" not in part]
        return [replace(self, filters=[choice, *rest]) for choice in choices]

    @property
    def impossible(self) -> bool:
        """Whether two people would have to lead the same request."""
        leads = {part["lead"] for part in self.filters if "lead" in part and not isinstance(part["lead"], dict)}
        return len(leads) > 1

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
        narrowing = [part for part in self.filters if "submitted_at" not in part]
        if not rest and len(lists) == 3 and len(narrowing) == 2 and {*lists[-1].where} == {"body", "status"}:
            return lists[-1]
        return lists[0] if len(lists) == 1 and not rest else None


def _listed(part: Document) -> list[Listed]:
    if "tokens" in part:
        return [Listed({"tokens": token}, (("tokens", 1), *ORDER)) for token in part["tokens"]["$all"]]
    name = next(iter(part))
    if name not in _FIELDS or (isinstance(part[name], dict) and "$in" not in part[name]):
        return []
    return [Listed(part, ((name, 1), *ORDER))]


def beyond(place: Place, descending: bool = True, field: str = "submitted_at") -> Document:
    """The filter for what comes after a place: a range for the index, less what stands at that very moment before."""
    before, shown = ("$lte", "$gte") if descending else ("$gte", "$lte")
    return {field: {before: place.at}, "$nor": [{field: place.at, "_id": {shown: place.id}}]}
