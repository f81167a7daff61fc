"""The phases of the programme: which bodies may ask for help now. Data: `programme.json` beside the service.

A phase admits all bodies, those that sent their measurements, or those that are listed in the data. A body carries
on for those that merged into it: where one of them is listed or has sent figures, so has the body.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

Admits = Literal["all", "measured", "listed"]


@dataclass(frozen=True)
class Phase:
    """One phase; `listed` are ISTAT codes, for a phase that admits listed bodies. `begins`: its first day, if known."""

    number: int
    admits: Admits
    listed: frozenset[str] = frozenset()
    begins: date | None = None


@dataclass(frozen=True)
class Programme:
    """All phases in their order, and the number of the running one."""

    running: int
    phases: tuple[Phase, ...]
    reopens_within_days: int = 30
    """How long an answer by mail reopens a request that is over; afterwards it becomes a new one."""

    @property
    def phase(self) -> Phase:
        """The running phase."""
        return next(phase for phase in self.phases if phase.number == self.running)

    def admits(self, codes: Collection[str], admitted: bool, measured: bool) -> bool:
        """Whether an approved body may ask for help now. Who was admitted once stays admitted.

        codes: the body's own, and those of its predecessors.
        """
        phase = self.phase
        if admitted or phase.admits == "all":
            return True
        if phase.admits == "measured" and measured:
            return True
        return any(not earlier.listed.isdisjoint(codes) for earlier in self.phases if earlier.number <= self.running)

    def ways(self, codes: Collection[str]) -> tuple[Phase, ...]:
        """The phases by which a body that is not admitted yet can enter, from the running one on."""
        coming = (phase for phase in self.phases if phase.number >= self.running)
        return tuple(phase for phase in coming if phase.admits != "listed" or not phase.listed.isdisjoint(codes))


def programme_of(document: dict[str, Any]) -> Programme:
    """The programme that a document of `programme.json` describes. ValueError for one that contradicts itself."""
    phases = tuple(sorted((_phase(entry) for entry in document["phases"]), key=lambda phase: phase.number))
    numbers = [phase.number for phase in phases]
    running = int(document["running"])
    if running not in numbers:
        raise ValueError(f"phase {running} runs but is not described")
    if len(set(numbers)) < len(numbers):
        raise ValueError("a phase is described twice")
    return Programme(running, phases, int(document.get("reopens_within_days", 30)))


def _phase(entry: dict[str, Any]) -> Phase:
    if entry["admits"] not in ("all", "measured", "listed"):
        raise ValueError(f"phase {entry['number']} admits {entry['admits']!r}, which means nothing")
    begins = date.fromisoformat(entry["begins"]) if entry.get("begins") else None
    return Phase(int(entry["number"]), entry["admits"], frozenset(entry.get("listed", ())), begins)
