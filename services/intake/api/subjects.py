"""`/api/themes`, `/api/procedures`: what help exists for, for everybody. Terms are shown with their source only."""

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.responses import Response

from contracts import vocabulary
from services.chassis.auth import Caller, public
from services.intake.api.answers import Json, answer
from services.intake.api.code_filters import ThemeFilter

routes = APIRouter(prefix="/api", tags=["vocabulary"])
Anybody = Annotated[Caller, Depends(public)]


@routes.get("/themes")
async def list_themes(caller: Anybody) -> Response:
    """All themes, in the programme's order."""
    items = [
        {
            "code": theme.code,
            "name": {"it": theme.name_it, "en": theme.name_en},
            "definition": {"en": theme.definition_en},
            "procedures": list(theme.procedures),
        }
        for theme in vocabulary.themes()
    ]
    return answer({"items": items, "next_cursor": None})


@routes.get("/procedures")
async def list_procedures(caller: Anybody, theme: ThemeFilter) -> Response:
    """The procedures that help exists for; `statutory_term` only where it was read in a source."""
    items = [
        {
            "code": procedure.code,
            "theme": procedure.theme,
            "name": {"it": procedure.name_it, "en": procedure.name_en},
            "levels": list(procedure.levels),
            "statutory_term": _term(procedure.statutory_term),
        }
        for procedure in vocabulary.procedures()
        if theme in (None, procedure.theme)
    ]
    return answer({"items": items, "next_cursor": None})


def _term(term: vocabulary.StatutoryTerm | None) -> Json | None:
    if term is None:
        return None
    return {
        "duration": term.duration,
        "clock": term.clock,
        "statute": term.statute,
        "as_of": term.as_of,
        "note": {"en": term.note_en},
        "sources": list(term.sources),
    }
