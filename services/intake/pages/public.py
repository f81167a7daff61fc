"""The pages that everybody may read: what the service is and which procedures it covers, accessibility, privacy."""

from datetime import date
from typing import Annotated, Any

from babel.dates import format_date
from fastapi import APIRouter, Depends, Request
from starlette.responses import HTMLResponse

from contracts import vocabulary
from contracts.access import Role
from services.chassis.auth import Caller, public
from services.chassis.i18n import N_, Translator, language_of
from services.chassis.service import Service
from services.intake.pages.labels import procedure_name, theme_name

Anyone = Annotated[Caller, Depends(public)]

_STAFF: tuple[Role, ...] = ("expert", "coordinator", "secretariat", "monitor")
SHORTCUTS: tuple[tuple[str, str, tuple[Role, ...]], ...] = (
    (N_("New request"), "/requests/new", ("official", "representative", "secretariat")),
    (N_("The requests of your body"), "/requests", ("official", "representative")),
    (N_("Your body: registration and officials"), "/my-body", ("official", "representative")),
    (N_("What you have been offered"), "/desk", ("expert",)),
    (N_("The requests you follow"), "/requests", ("expert",)),
    (N_("All requests"), "/requests", ("coordinator", "secretariat", "monitor")),
    (N_("Requests to be sorted"), "/triage", ("coordinator", "secretariat")),
    (N_("Registrations to be approved"), "/bodies/registrations", ("secretariat",)),
    (N_("A request by telephone"), "/requests/by-phone", ("coordinator", "secretariat")),
    (N_("Good practices you write or review"), "/practices/drafts", ("expert", "coordinator", "secretariat")),
    (N_("Keys of front-ends and their quotas"), "/keys", ("secretariat",)),
    (N_("Mails that wait"), "/mails", ("coordinator", "secretariat")),
    (N_("Service levels"), "/reports", ("coordinator", "secretariat", "monitor")),
    (N_("Register of bodies"), "/bodies", ("official", "representative", *_STAFF)),
    (N_("Notifications you received"), "/notifications", ("official", "representative", "expert")),
)
"""Where people of these roles go most: label, address, roles."""


def router(service: Service) -> APIRouter:
    """The routes."""
    routes = APIRouter(include_in_schema=False)
    pages, address = service.web.pages, service.settings.mail_from

    @routes.get("/")
    async def home(request: Request, caller: Anyone) -> HTMLResponse:
        words = pages.translations.translator(language_of(request, caller))
        shortcuts: dict[str, str] = {}
        for label, href, roles in SHORTCUTS:
            if caller.has(*roles):
                shortcuts.setdefault(href, label)
        return pages.render(
            request, "public/home.html", caller,
            themes=[_theme(theme, words) for theme in vocabulary.themes()],
            shortcuts=shortcuts,
        )  # fmt: skip

    @routes.get("/accessibilita")
    async def accessibility(request: Request, caller: Anyone) -> HTMLResponse:
        return pages.render(request, "public/accessibility.html", caller, address=address)

    @routes.get("/privacy")
    async def privacy(request: Request, caller: Anyone) -> HTMLResponse:
        return pages.render(request, "public/privacy.html", caller, address=address)

    return routes


def _theme(theme: vocabulary.Theme, words: Translator) -> dict[str, Any]:
    known = [procedure for code in theme.procedures if (procedure := vocabulary.procedure(code))]
    return {
        "code": theme.code,
        "name": theme_name(theme.code, words),
        "procedures": [
            {
                "name": procedure_name(item.code, words),
                "italian": words.language != "it" and item.name_en is None,
                "term": term_of(item.statutory_term, words) if item.statutory_term else None,
            }
            for item in known
        ],
    }


def term_of(term: vocabulary.StatutoryTerm, words: Translator) -> str:
    """A statutory term as it may be shown: never without its statute and the date of its source."""
    duration = words.duration(term.duration)
    length = words(N_("{duration}, for one phase only"), duration=duration) if term.clock == "phase" else duration
    return words(
        N_("Term by law: {duration} ({statute}), {as_of}"),
        duration=length,
        statute=term.statute,
        as_of=_as_of(term.as_of, words),
    )


def _as_of(known: str | None, words: Translator) -> str:
    if known is None:
        return words(N_("the source bears no date"))
    if len(known) == 4:
        return words(N_("as of {year}"), year=known)
    if len(known) == 7:
        first = date.fromisoformat(f"{known}-01")
        return words(N_("as of {month}"), month=format_date(first, "MMMM y", locale=words.language))
    return words(N_("as of {day}"), day=words.date(known))
