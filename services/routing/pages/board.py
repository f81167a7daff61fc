"""The coordinators' board: who waits and why, what is in hand where, who has places; and decisions about several.

The figures look again by themselves: the page asks with the digest of what it shows, and nothing is sent as long as
nothing has changed. Without a script the same address shows everything, as it is then.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from contracts.vocabulary import province as known_province
from contracts.vocabulary import provinces, themes
from services.chassis.auth import Caller, allow
from services.chassis.i18n import N_, Language, language_of
from services.chassis.mongo import Document
from services.chassis.pages import Pages
from services.chassis.paging import cursor_of, moment, position, text
from services.routing.bulk.decisions import Decisions
from services.routing.desk import Desk
from services.routing.explanation import say_waiting
from services.routing.handlers.experts import places
from services.routing.handlers.presence import takes_part_at
from services.routing.names import Names
from services.routing.pages.figures import Figures, figures
from services.routing.pages.shown import described, notices
from services.routing.rules import Rulebook
from services.routing.store.board import BoardStore
from services.routing.warnings import WARNING, Warnings

Staff = Annotated[Caller, Depends(allow("coordinator", "secretariat"))]
Code = Annotated[str, Query(max_length=64)]
Cursor = Annotated[str, Query(max_length=500)]
PAGE = 50
ACTIONS: dict[str, str] = {
    "assign": N_("Ask this expert now"),
    "assign_and_pin": N_("Ask this expert now, and nobody else afterwards"),
    "pin": N_("Keep for this expert: asked as soon as there is a place"),
}
"""What can be done with chosen requests -> its words (msgid)."""
EXPERTS_SHOWN = 200
EVERY_SECONDS = 15


@dataclass(frozen=True)
class Board:
    """What the pages need."""

    desk: Desk
    store: BoardStore
    warnings: Warnings
    decisions: Decisions
    names: Names
    pages: Pages
    book: Rulebook
    now: Callable[[], datetime]


@dataclass(frozen=True)
class Filter:
    """What the reader looks at: own task forces (None for all), narrowed by a task force and a province."""

    visible: tuple[str, ...] | None
    task_force: str = ""
    province: str = ""

    @property
    def themes(self) -> tuple[str, ...] | None:
        """The themes of lists."""
        return (self.task_force,) if self.task_force else self.visible

    @property
    def query(self) -> str:
        """For addresses: the filter as it is."""
        chosen = {"task_force": self.task_force, "province": self.province}
        return urlencode({name: value for name, value in chosen.items() if value})

    def narrowed(self, **changes: str) -> str:
        """The address of the board with another filter; `live="off"`: without figures that renew themselves."""
        chosen = {"task_force": self.task_force, "province": self.province} | changes
        query = urlencode({name: value for name, value in chosen.items() if value})
        return f"/desk/board?{query}" if query else "/desk/board"


def filter_of(caller: Caller, task_force: str, province: str) -> Filter:
    """The filter of an address; what the caller does not direct, or nobody knows, does not narrow."""
    everywhere = caller.has("secretariat") or caller.everywhere("coordinator")
    own = caller.scopes("coordinator")
    visible = None if everywhere else tuple(theme.code for theme in themes() if theme.code in own)
    codes = [theme.code for theme in themes()] if visible is None else list(visible)
    place = known_province(province) if province else None
    return Filter(visible, task_force if task_force in codes else "", place.sigla if place else "")


def router(board: Board) -> APIRouter:
    """The routes."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/desk/board")
    async def show(
        request: Request, caller: Staff, task_force: Code = "", province: Code = "", cursor: Cursor = "",
        live: str = "", done: str = "",
    ) -> Response:  # fmt: skip
        chosen = filter_of(caller, task_force, province)
        return await shown(board, request, caller, chosen, cursor, live, notices=notices(done))

    @routes.get("/desk/board/figures")
    async def look_again(
        request: Request, caller: Staff, task_force: Code = "", province: Code = "", seen: Code = "", queue: int = 0
    ) -> Response:
        chosen = filter_of(caller, task_force, province)
        found = await counted(board, chosen, language_of(request, caller))
        if found.digest == seen:
            return Response(status_code=204)
        context = figures_context(found, chosen, queue)
        return board.pages.fragment(request, "board/figures.html", caller, **context)

    return routes


async def counted(board: Board, chosen: Filter, language: str) -> Figures:
    """The figures of the reader's task forces."""
    counts = await board.store.counts(chosen.visible)
    return figures(counts, chosen.visible, chosen.task_force, chosen.province, language)


def figures_context(found: Figures, chosen: Filter, queue: int, *, live: bool = True) -> dict[str, Any]:
    """What the template of the figures shows. queue: how many waited when the list beside them was made."""
    return {
        "figures": found, "map": found.map(), "chosen": chosen, "live": live, "every": EVERY_SECONDS,
        "queue_shown": queue, "queue_changed": found.total.waiting != queue,
    }  # fmt: skip


async def shown(
    board: Board, request: Request, caller: Caller, chosen: Filter, cursor: str = "", live: str = "", **more: Any
) -> Response:
    """The whole page."""
    language = language_of(request, caller)
    found = await counted(board, chosen, language)
    after = position(cursor, moment, text) if cursor else None
    rows = await board.store.queue(chosen.themes, chosen.province or None, PAGE, after)
    following = cursor_of(rows[PAGE - 1], "precedence", "_id") if len(rows) > PAGE else None
    experts = await loads(board, chosen.themes)
    narrowed = bool(chosen.task_force or chosen.province)
    codes = chosen.themes if chosen.themes is not None else tuple(theme.code for theme in themes())
    in_hand = await board.store.in_hand(codes, chosen.province or None, PAGE) if narrowed and codes else []
    warned = await board.warnings.of_board(chosen.themes, board.now())
    warned = [row for row in warned if chosen.province in ("", row["province"])]
    names = await board.names.of([row["expert"] for row in (*in_hand, *warned[:PAGE])])
    base = chosen.narrowed()
    context: dict[str, Any] = {
        **figures_context(found, chosen, found.total.waiting, live=live != "off"),
        "queue": await _waiting(board, rows[:PAGE], language),
        "next": (base + ("&" if "?" in base else "?") + urlencode({"cursor": following})) if following else None,
        "first": base if cursor else None,
        "in_hand": [described(row, language) | {"expert_name": names.get(row["expert"])} for row in in_hand],
        "warned": [described(row, language) | {"expert_name": names.get(row["expert"])} for row in warned[:PAGE]],
        "warned_more": max(len(warned) - PAGE, 0), "warning_words": WARNING,
        "narrowed": narrowed, "experts": experts,
        "task_forces": [(row.code, row.name) for row in found.forces if row.code],
        "places": [(place.sigla, place.name) for place in sorted(provinces(), key=lambda place: place.name)],
        "values": {"task_force": chosen.task_force, "province": chosen.province}, "errors": {},
        "actions": ACTIONS,
    }  # fmt: skip
    return board.pages.render(request, "board/board.html", caller, **(context | more))


async def _waiting(board: Board, rows: list[Document], language: Language) -> list[dict[str, Any]]:
    """Who waits, and why."""
    vetoes, words = await board.desk.not_now(rows), board.pages.translations.translator(language)
    return [described(row, language) | {"why": say_waiting(row, vetoes.get(row["_id"]), words)} for row in rows]


async def loads(board: Board, task_forces: tuple[str, ...] | None) -> list[dict[str, Any]]:
    """The experts of these task forces by name, with what they hold and may hold. No ranking: by name."""
    found = await board.store.experts(task_forces, EXPERTS_SHOWN)
    names, now = await board.names.of([row["_id"] for row, _ in found]), board.now()
    rows: list[dict[str, Any]] = [
        {"id": row["_id"], "name": names.get(row["_id"]), "held": held, "places": places(row, board.book.current),
         "active": takes_part_at(row, now), "task_forces": row["task_forces"]}
        for row, held in found
    ]  # fmt: skip
    return sorted(rows, key=lambda row: (row["name"] or "￿", row["id"]))
