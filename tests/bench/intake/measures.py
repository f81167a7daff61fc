"""What is measured, by its kind of question; each figure is put into a `Report` under a key that stays."""

import json
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from services.chassis.paging import cursor_of
from services.intake.store.requests import REQUESTS
from tests.bench.intake.questions import Kind, kinds
from tests.bench.intake.town import LARGE, Town
from tests.bench.material import request
from tests.bench.processes import ROOT
from tests.bench.report import Bar, Report

PARTS = ("list", "page", "text", "similar", "submit")
CONNECTIONS = 2
"""As many at once as the machine has cores: what is measured is the question, not the queue before it."""
_EACH = 300
_LONGEST = 20.0
_POSTS = 1_500
Document = dict[str, Any]
_BELOW, _AT_MOST = ("<", float.__lt__), ("<=", float.__le__)


def _bars() -> dict[str, Bar]:
    asked = kinds(1, [_SHAPE], ["x"])
    return {
        **{f"{name}.p99_ms": (_BELOW, 100.0) for name in asked},
        "similar.coordinator.p99_ms": (_BELOW, 50.0),
        "similar.official_large.p99_ms": (_BELOW, 50.0),
        "submit.p50_of_few": (_AT_MOST, 1.25),
        "submit.p99_of_few": (_AT_MOST, 1.5),
    }  # fmt: skip


async def examples(town: Town) -> list[Document]:
    """Some really submitted ones: with and without theme, protocol, tags."""
    forms = [request(number) for number in range(24)]
    for number, form in enumerate(forms):
        if number % 3 == 0:
            form["theme"] = None
        if number % 2:
            form["protocol"] = {"number": f"{number}/2026", "date": "2026-03-02", "registry": ""}
    return await town.examples(forms)


async def sample(town: Town, count: int = 500) -> list[Document]:
    """Stored documents from all times."""
    fields = {
        "number": 1,
        "title": 1,
        "description": 1,
        "body": 1,
        "body_name": 1,
        "procedure": 1,
        "protocol": 1,
        "submitted_at": 1,
    }
    pipeline: list[Document] = [
        {"$sample": {"size": count}},
        {"$match": {"protocol": {"$ne": None}}},
        {"$project": fields},
    ]
    return sorted([row async for row in town.database[REQUESTS].aggregate(pipeline)], key=lambda row: str(row["_id"]))


async def far_cursors(town: Town) -> list[str]:
    """Where pages begin that nobody reaches by leafing: in the middle and towards the end of the list of all."""
    rows = await sample(town, 200)
    return [cursor_of(row, "submitted_at", "_id") for row in rows]


async def ask(
    report: Report, town: Town, seed: int, some: Sequence[Document], cursors: Sequence[str], parts: tuple[str, ...]
) -> None:
    """Every kind of question of these parts."""
    for name, kind in kinds(seed, some, cursors).items():
        if name.partition(".")[0] in parts:
            _reads(report, town, name, kind, page=name.startswith("page."))


def _reads(report: Report, town: Town, name: str, kind: Kind, page: bool) -> None:
    base = "/requests" if page else "/api/requests"
    who = {"cookie": town.cookie} if page else {"key": town.keys[kind.who]}
    paths = [f"{base}?{query}" for query in kind.queries]
    _generate(town, method="GET", paths=paths, most=20, **who)  # warm
    _put(report, name, _generate(town, method="GET", paths=paths, most=_EACH, **who), 200)


async def similar(report: Report, town: Town, some: Sequence[Document]) -> None:
    """What is suggested while somebody writes."""
    paths = []
    for number, row in enumerate(some[:200]):
        body = LARGE if number % 2 else row["body"]
        text = {"title": row["title"][:200], "description": row["description"][:600], "body": body}
        paths.append("/api/requests/similar?" + urlencode(text))
    for who in ("coordinator", "official_large"):
        own = [path for path in paths if path.endswith(f"body={LARGE}")] if who == "official_large" else paths
        figures = _generate(town, method="GET", paths=own, most=_EACH, key=town.keys[who])
        _put(report, f"similar.{who}", figures, 200)


async def submit(report: Report, town: Town, name: str) -> None:
    """POST /api/requests, eight at once."""
    _generate(town, method="POST", paths=["/api/requests"], most=100, connections=8)  # warm
    figures = _generate(town, method="POST", paths=["/api/requests"], most=_POSTS, first=1_000, connections=8)
    _put(report, f"submit.{name}", figures, 201)


def _generate(town: Town, **job: Any) -> Document:
    wanted = json.dumps({"port": town.port, "connections": CONNECTIONS, "seconds": _LONGEST} | job)
    command = [sys.executable, "-m", "tests.bench.load"]
    done = subprocess.run(command, input=wanted, capture_output=True, text=True, cwd=ROOT, check=True)
    figures: Document = json.loads(done.stdout)
    return figures


def _put(report: Report, name: str, figures: Document, good: int) -> None:
    others = sum(figures["statuses"].values()) - figures["statuses"].get(str(good), 0)
    if others:
        raise RuntimeError(f"{name}: {figures['statuses']}")
    report.put(f"{name}.p50_ms", figures["p50_ms"])
    report.put(f"{name}.p99_ms", figures["p99_ms"])


_SHAPE: Document = {
    "number": "", "title": " x", "body": "", "body_name": "", "procedure": "", "protocol": {"number": ""},
    "submitted_at": datetime(2026, 1, 1, tzinfo=UTC),
}  # fmt: skip
BARS = _bars()
