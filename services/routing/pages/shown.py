"""What the pages of the desk show: assignments with the words people know their codes by."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fastapi import Request
from starlette.responses import Response

from contracts.vocabulary import province, theme
from services.chassis.auth import Caller
from services.chassis.i18n import N_, language_of
from services.chassis.mongo import Document
from services.chassis.pages import Notice, Pages
from services.routing.desk import Desk, manages
from services.routing.domain import OVER
from services.routing.handlers.presence import takes_part_at
from services.routing.names import Names
from services.routing.pages.procedures import about
from services.routing.store import CASES
from services.routing.store.day import Days
from services.routing.store.reading import Reading
from services.routing.warnings import WARNING, Warnings
from services.routing.wording import DECLINE, STATUS, TONE

_DONE = {
    "accepted": N_("You took the request in charge."),
    "declined": N_("You declined the request: somebody else is being asked."),
    "handed_over": N_("You passed the request on: your colleague is being asked."),
    "released": N_("You gave the request back: somebody else is being asked."),
}


_NOT_DONE = {
    "no_colleague": N_("Choose the colleague to whom you pass the request on."),
    "cannot_take": N_("This colleague cannot take it now: away, no place left, or a conflict of interest."),
}


def notices(done: str) -> list[Notice]:
    """What a page says after an answer; `done` comes from the address, so unknown words say nothing."""
    if done in _NOT_DONE:
        return [Notice("warning", _NOT_DONE[done])]
    return [Notice("success", _DONE[done])] if done in _DONE else []


@dataclass(frozen=True)
class Shown:
    """What the pages need."""

    desk: Desk
    reading: Reading
    names: Names
    pages: Pages
    days: Days
    warnings: Warnings
    now: Callable[[], datetime]

    async def offer(self, request: Request, caller: Caller, id: str, status: int = 200, **more: Any) -> Response:
        """The page of one assignment."""
        row = await self.desk.assignment(id, caller)
        case, colleagues = await self.reading.one(CASES, row["request"]), await self._colleagues(row)
        known = await self.names.of([*row["people"], *colleagues])
        inside = row["active"] and (caller.id in row["people"] or manages(caller, [row["task_force"]]))
        siblings = await self.days.siblings(case) if case and inside else []
        words = self.pages.translations.translator(language_of(request, caller))
        context: dict[str, Any] = {
            "procedure": about(case["procedure"] if case else None, words),
            "siblings": [_sibling(other, caller) for other in siblings],
            "assignment": described(row, language_of(request, caller)),
            "expert": known.get(row["expert"]),
            "co_experts": [known.get(id) for id in row["co_experts"]],
            "mine": row["expert"] == caller.id,
            "helps": caller.id in row["co_experts"],
            "manages": manages(caller, [row["task_force"]]),
            "warnings": [WARNING[code] for code in await self.warnings.of(row, self.now())] if inside else [],
            "reasons": DECLINE,
            "colleagues": sorted(((id, known[id]) for id in colleagues if id in known), key=lambda pair: pair[1]),
            "unnamed": not known.keys() >= set(colleagues),
            "values": {},
            "errors": {},
        }
        return self.pages.render(request, "desk/assignment.html", caller, status, **(context | more))

    async def _colleagues(self, row: Document) -> list[str]:
        """To whom a request that is followed can be passed on: others of the task force."""
        if row["status"] != "accepted" or not row["task_force"]:
            return []
        now, everybody = self.now(), await self.reading.experts(200, row["task_force"])
        return [one["_id"] for one in everybody if takes_part_at(one, now) and one["_id"] != row["expert"]]


def _sibling(case: Document, caller: Caller) -> dict[str, Any]:
    """Another request of the body; only who follows it, or coordinates, can open it."""
    lead = case["lead"]
    opens = caller.has("coordinator", "secretariat") or bool(lead and lead["expert"] == caller.id)
    return {"number": case["number"], "at": case["received_at"], "over": case["status"] in OVER, "opens": opens}


def described(row: Document, language: str) -> dict[str, Any]:
    """An assignment or a waiting case with the words people know its codes by."""
    about = theme(row.get("task_force") or row.get("theme") or "")
    where = province(row["province"])
    return {
        **row,
        "id": row.get("_id"),
        "note": row.get("note"),
        "reason_text": row.get("reason_text"),
        "theme_name": (about.name_it if language == "it" else about.name_en) if about else None,
        "province_name": where.name if where else row["province"],
        "status_label": STATUS.get(row["status"], ""),
        "tone": TONE.get(row["status"], "neutral"),
    }
