"""An expert's day: offers with the time that is left, requests in hand by deadline, talks to come. It renews itself.

Deadlines are read from what routing knows of each request (`terms.py`), in the moment of reading: a person holds some
dozen requests, so nothing is stored that could grow old.
"""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from services.chassis.auth import Caller, allow
from services.chassis.i18n import Translator
from services.chassis.mongo import Document
from services.routing.handlers.moments import next_deadline
from services.routing.labels import DEADLINE, WAY
from services.routing.pages.procedures import about
from services.routing.pages.shown import described
from services.routing.pages.times import left, span
from services.routing.pages.today import Today
from services.routing.warnings import missed

Expert = Annotated[Caller, Depends(allow("expert"))]


def router(today: Today) -> APIRouter:
    """The part of the desk that renews itself."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/desk/day")
    async def day(request: Request, caller: Expert, seen: str = "") -> Response:
        shown = await day_of(today, request, caller)
        if shown["stamp"] == seen:
            return Response(status_code=204)  # Nothing is exchanged under a reader's eyes in vain.
        return today.shown.pages.fragment(request, "day/day.html", caller, **(shown | {"news": bool(seen)}))

    return routes


async def day_of(today: Today, request: Request, caller: Caller) -> dict[str, Any]:
    """Everything that the day of an expert shows. `stamp` changes with whatever is worth an exchange."""
    me, now, words = str(caller.id), today.now(), today.words(request, caller)
    offered = [row for row in await today.days.in_hand(me, "offered") if row["expert"] == me]
    accepted = await today.days.in_hand(me, "accepted")
    cases = await today.days.cases(row["request"] for row in (*offered, *accepted))
    talks = await today.days.talks_of(me, now)
    profile = await today.days.expert(me)
    away = missed(profile, talks) if profile else []
    hours = [int((row["expires_at"] - now).total_seconds()) // 3600 for row in offered]
    versions = [(row["_id"], row["version"]) for row in (*offered, *accepted, *talks, *cases.values())]
    return {
        "offers": [_offer(row, cases.get(row["request"]), now, words) for row in offered],
        "open_cases": in_order([_in_hand(row, cases.get(row["request"]), me, now, words) for row in accepted]),
        "talks": [{**row, "when": span(row, words.language), "away": row in away} for row in talks],
        "ways": WAY,
        "paused": bool(profile and profile.get("paused")),
        "stamp": hashlib.sha256(
            repr((versions, hours, len(away), bool(profile and profile.get("paused")))).encode()
        ).hexdigest(),
        "news": False,
    }


def in_order(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The next deadline first; those whose clock stands still, or that wait for the body, come last."""
    return sorted(rows, key=lambda row: (row["due_at"] is None, row["waits"], row["due_at"] or row["accepted_at"]))


def _offer(row: Document, case: Document | None, now: datetime, words: Translator) -> dict[str, Any]:
    known = about(case["procedure"] if case else None, words)
    return described(row, words.language) | {"left": left(row["expires_at"], now, words), "procedure": known}


def _in_hand(
    row: Document, case: Mapping[str, Any] | None, me: str, now: datetime, words: Translator
) -> dict[str, Any]:
    term = next_deadline(dict(case)) if case else None
    due_at = term.due_at if term else None
    known = about(case["procedure"] if case else None, words)
    return described(row, words.language) | {
        "due_at": due_at,
        "due": words(DEADLINE[term.metric]) if term else "",
        "late": due_at is not None and due_at < now,
        "waits": bool(case and case["status"] == "waiting"),
        "helps": row["expert"] != me,
        "procedure_name": known["name"] if known else None,
    }
