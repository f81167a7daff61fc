"""The record of a run: what is printed at the end, and the file below .local/chaos that outlives it.

The keys of the file are the same in every run, also of those that fail; `docs/kafka.md` says how to read them.
"""

import json
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.chaos.clients import Promises
from tests.chaos.ledger import Findings
from tests.chaos.schedule import Options, Schedule
from tests.chaos.strikes import Kill
from tests.kafka.apache import ROOT

FOLDER = ROOT / ".local" / "chaos"
_EXAMPLES = 20


@dataclass
class Record:
    """One run; filled while it goes on."""

    run: str
    broker: str
    options: Options
    schedule: Schedule
    promises: Promises = field(default_factory=Promises)
    kills: list[Kill] = field(default_factory=list)
    missing: Findings = field(default_factory=dict)
    doubled: Findings = field(default_factory=dict)
    mails: dict[str, Any] = field(default_factory=lambda: {"arrived": None, "wanted": None, "repeated": None})
    requests: dict[str, Any] = field(default_factory=dict)
    parked: dict[str, int] = field(default_factory=dict)
    seconds: dict[str, float | None] = field(
        default_factory=lambda: {
            "submission": None, "experts_after_the_last_answer": None,
            "converged_after_the_last_kill": None, "converged_after_the_last_answer": None, "whole_run": None,
        }
    )  # fmt: skip
    same_report_after_rebuild: bool | None = None
    elections: list[float] = field(default_factory=list)
    failure: str | None = None

    @property
    def replay(self) -> str:
        embedded = " BROKER=embedded" if self.broker == "embedded" else ""
        options = self.options
        return f"make chaos SEED={options.seed} KILLS={options.kills} REQUESTS={options.requests}{embedded}"

    def as_document(self) -> dict[str, Any]:
        promises, strikes = self.promises, self.schedule.strikes
        return {
            "format": 1, "run": self.run, "broker": self.broker, "replay": self.replay,
            "seed": self.options.seed, "kills_of_each": self.options.kills, "requests": self.options.requests,
            "passed": self.failure is None, "failure": self.failure,
            "lost": _count(self.missing), "doubled": _count(self.doubled),
            "mails": self.mails, "seconds": self.seconds,
            "kills_by_victim": dict(sorted(Counter(kill.victim.split()[0] for kill in self.kills).items())),
            "promised": {
                "requests": len(promises.requests), "by_api": sum(map(bool, promises.requests.values())),
                "by_mail": sum(not number for number in promises.requests.values()),
                "accepted": len(promises.accepted), "declined": len(promises.declined),
                "messages": len(promises.said), "resolved": len(promises.resolved),
            },
            "stored": self.requests, "same_report_after_rebuild": self.same_report_after_rebuild,
            "parked": self.parked, "asked_again": dict(promises.asked_again), "unexpected": dict(promises.unexpected),
            "elections": self.elections,
            "lost_by_comparison": _by_comparison(self.missing), "doubled_by_comparison": _by_comparison(self.doubled),
            "kills": [asdict(kill) for kill in self.kills],
            "kills_planned": len(strikes), "schedule": self.schedule.as_document(),
        }  # fmt: skip

    def lines(self) -> list[str]:
        """The summary for people."""
        told = self.as_document()
        shown = {name: told[name] for name in ("lost", "doubled", "mails", "seconds", "kills_by_victim", "promised")}
        found = {name: what[:3] for name, what in {**self.missing, **self.doubled}.items() if what}
        return [
            self.replay,
            *(f"{name}: {value}" for name, value in shown.items()),
            f"asked again: {told['asked_again']}",
            *([f"found: {found}"] if found else []),
        ]


def _count(findings: Findings) -> int | None:
    return sum(map(len, findings.values())) if findings else None


def _by_comparison(findings: Findings) -> dict[str, Any]:
    return {name: {"count": len(what), "examples": what[:_EXAMPLES]} for name, what in findings.items()}


@contextmanager
def written(record: Record) -> Iterator[Path]:
    """Writes the file at the end, whatever the end is."""
    began = time.monotonic()
    moment = datetime.now(UTC).strftime("%Y-%m-%dT%H-%M-%SZ")
    path = FOLDER / f"{moment}-{record.run}.json"
    try:
        yield path
    except BaseException as error:
        record.failure = f"{type(error).__name__}: {error}"[:2000]
        raise
    finally:
        record.seconds["whole_run"] = round(time.monotonic() - began, 1)
        FOLDER.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(record.as_document(), indent=1, ensure_ascii=False) + "\n")
