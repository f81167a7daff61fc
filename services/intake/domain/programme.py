"""The phases of the programme: which bodies may ask for help now. Data: `programme.json` beside the service.

A phase admits all bodies, those that sent their measurements, or those that are listed in the data.
"""

from dataclasses import dataclass
from typing import Any, Literal

Admits = Literal["all", "measured", "listed"]


@dataclass(frozen=True)
class Phase:
    """One phase; `listed` are ISTAT codes, for a phase that admits listed bodies."""

    number: int
    admits: Admits
    listed: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Programme:
    """All phases and the number of the running one."""

    running: int
    phases: tuple[Phase, ...]
    reopens_within_days: int = 30
    """How long an answer by mail reopens a request that is over; afterwards it becomes a new one."""

    @property
    def phase(self) -> Phase:
        """The running phase."""
        return next(phase for phase in self.phases if phase.number == self.running)

    def admits(self, code: str, admitted: bool, measured: bool) -> bool:
        """Whether an approved body may ask for help now. Who was admitted once stays admitted."""
        phase = self.phase
        if admitted or phase.admits == "all":
            return True
        if phase.admits == "measured" and measured:
            return True
        return any(code in earlier.listed for earlier in self.phases if earlier.number <= self.running)


def programme_of(document: dict[str, Any]) -> Programme:
    """The programme that a document of `programme.json` describes. ValueError if its running phase is missing."""
    phases = tuple(
        Phase(entry["number"], entry["admits"], frozenset(entry.get("listed", ()))) for entry in document["phases"]
    )
    running = int(document["running"])
    if running not in {phase.number for phase in phases}:
        raise ValueError(f"phase {running} runs but is not described")
    return Programme(running, phases, int(document.get("reopens_within_days", 30)))
