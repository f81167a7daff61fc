"""Lines of a sheet about people who are no experts yet: looked at before intake enters anybody for them."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from services.chassis.i18n import N_
from services.routing.bulk.sheet import NEEDED_OF_NEW, column_of
from services.routing.directory import Enrolled

_NEEDED = N_("Whoever is not an expert yet needs this.")
_OTHER_NAME = N_("An earlier line enters another person with this address. Import that one first, or name one by id.")


class Lined(Protocol):
    """What is looked at of a line."""

    person: dict[str, Any]
    faults: list[dict[str, str]]
    fields: dict[str, Any] | None

    def refuse(self, column: str, detail: str) -> None:
        """Says why it is not taken."""


class Newcomers:
    """Whom the lines of one sheet enter anew, by their addresses."""

    def __init__(self) -> None:
        self._entered: dict[str, str] = {}
        self._addresses: set[str] = set()

    def are_in_doubt(self, lines: Sequence[Lined]) -> bool:
        """Whether one of these lines may have to be refused for what intake and the profiles say of the person."""
        doubt = False
        for line in lines:
            address = _address(line)
            doubt |= bool(lacking(line)) or address in self._addresses
            self._addresses |= {address} if address else set()
        return doubt

    def refuse(self, lines: Sequence[Lined], people: Sequence[Enrolled], profiles: Mapping[str, Any]) -> None:
        """Refuses who would become an expert with half a profile, or share the address of somebody just entered."""
        for line, who in zip(lines, people, strict=True):
            if who.id is None:
                continue
            if who.id not in profiles:
                for name in lacking(line):
                    line.refuse(column_of(f"/{name}"), _NEEDED)
            if who.outcome == "created" and self._entered.get(_address(line), who.id) != who.id:
                line.refuse("email", _OTHER_NAME)
            self.note(line, who)

    def note(self, line: Lined, who: Enrolled) -> None:
        """Remembers whom a line enters."""
        if who.outcome == "created" and who.id and not line.faults:
            self._entered.setdefault(_address(line), who.id)


def lacking(line: Lined) -> list[str]:
    """The fields that every profile has and that the line does not tell."""
    return [name for name in NEEDED_OF_NEW if name not in (line.fields or {})]


def _address(line: Lined) -> str:
    return str(line.person.get("email", "")).lower()
