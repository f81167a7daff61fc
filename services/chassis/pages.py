"""Pages: every page of every service in one frame, in the reader's language.

A template extends `frame.html`, fills the blocks `title` and `content`, and builds them with the macros of
`forms.html` and `macros.html`. It finds `_`, `ngettext`, `asset`, the filters `date`, `datetime`, `number`,
`duration`, and the names that `Pages._context` lists. A name that nobody passed is an error, never an empty place.

To show a new part of the system to people: one entry in `NAVIGATION`.
"""

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlencode

from jinja2 import ChoiceLoader, Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse

from contracts.access import Role
from services.chassis.assets import asset_url, load
from services.chassis.auth import NOBODY, PEOPLE, Caller
from services.chassis.i18n import COOKIE, LANGUAGES, N_, Language, Translations, Translator, language_of
from services.chassis.settings import Settings

_TEMPLATES = Path(__file__).parent / "templates"
_A_YEAR = 365 * 24 * 3600


@dataclass(frozen=True)
class Entry:
    """A link of the main navigation: label (msgid), address, and the roles that see it.

    territory: whoever acts for a provincia or Città metropolitana sees it as well.
    """

    label: str
    href: str
    roles: tuple[Role, ...]
    territory: bool = False

    def seen_by(self, caller: Caller) -> bool:
        """Whether it leads the caller to something that they may open."""
        return caller.has(*self.roles) or (self.territory and bool(caller.territories))


NAVIGATION: tuple[Entry, ...] = (
    Entry(N_("My requests"), "/requests", ("official", "representative")),
    Entry(N_("My body"), "/my-body", ("official", "representative")),
    Entry(N_("Desk"), "/desk", ("expert",)),
    Entry(N_("Board"), "/desk/board", ("coordinator", "secretariat")),
    Entry(N_("Simulation"), "/desk/simulations", ("coordinator", "secretariat", "monitor")),
    Entry(N_("Requests"), "/requests", ("expert", "coordinator", "secretariat", "monitor")),
    Entry(N_("To sort"), "/triage", ("coordinator", "secretariat")),
    Entry(N_("Mails"), "/mails", ("coordinator", "secretariat")),
    Entry(N_("Bodies"), "/bodies", ("expert", "coordinator", "secretariat", "monitor")),
    Entry(N_("Good practices"), "/practices", PEOPLE),
    Entry(N_("Notifications"), "/notifications", PEOPLE),
    Entry(N_("Monitoring"), "/reports", ("monitor", "coordinator", "secretariat")),
    Entry(N_("My comuni"), "/reports", (), territory=True),
)

ROLE_NAMES: dict[Role, str] = {
    "official": N_("official of a body"),
    "representative": N_("legal representative of a body"),
    "expert": N_("expert"),
    "coordinator": N_("task force coordinator"),
    "secretariat": N_("technical secretariat"),
    "monitor": N_("monitoring"),
}
"""How people are told the roles they hold."""

_LANGUAGE_NAMES: dict[Language, str] = {"it": "Italiano", "en": "English"}


@dataclass(frozen=True)
class Notice:
    """A message above the content; `text` is a msgid or already translated."""

    tone: Literal["success", "info", "warning", "danger"]
    text: str


class Pages:
    """The pages of one service: `folder` holds its `templates/` and `locale/it.po`."""

    def __init__(self, service_name: str, folder: Path, settings: Settings) -> None:
        self.service_name = service_name
        self.translations = Translations(folder)
        self._settings = settings
        self._secure = settings.public_url.startswith("https:")
        loader = ChoiceLoader([FileSystemLoader(folder / "templates"), FileSystemLoader(_TEMPLATES)])
        assets = load(settings.assets)
        self._environments = {
            language: _environment(loader, self.translations.translator(language)) for language in LANGUAGES
        }
        for environment in self._environments.values():
            environment.globals["asset"] = partial(asset_url, assets)

    def render(
        self, request: Request, template: str, caller: Caller | None, status: int = 200, **context: Any
    ) -> HTMLResponse:
        """A whole page. `notices` in the context are shown above the content."""
        response = self._answer(request, template, caller or NOBODY, status, context)
        chosen = request.query_params.get("lang")
        if chosen in LANGUAGES:
            response.set_cookie(
                COOKIE, chosen, max_age=_A_YEAR, path="/", httponly=True, samesite="lax", secure=self._secure
            )
        return response

    def fragment(
        self, request: Request, template: str, caller: Caller | None, status: int = 200, **context: Any
    ) -> HTMLResponse:
        """A part that another page includes: its template does not extend the frame."""
        return self._answer(request, template, caller or NOBODY, status, context)

    def _answer(
        self, request: Request, template: str, caller: Caller, status: int, context: dict[str, Any]
    ) -> HTMLResponse:
        language = language_of(request, caller)
        found = self._environments[language].get_template(template)
        text = found.render(self._context(request, caller, language) | context)
        return HTMLResponse(text, status, {"Content-Language": language, "Vary": "Cookie, Accept-Language"})

    def _context(self, request: Request, caller: Caller, language: Language) -> dict[str, Any]:
        """What every template finds, whoever renders it."""
        here = request.url.path
        return {
            "caller": caller,
            "csrf_field": partial(csrf_field, request),
            "demonstration": is_demonstration(self._settings),
            "here": here + (f"?{request.url.query}" if request.url.query else ""),
            "included": request.headers.get("hx-request") == "true",
            "language": language,
            "languages": [_switch(request, other, other == language) for other in LANGUAGES],
            "navigation": navigation_of(caller, here),
            "notices": (),
            "programme": self._settings.programme,
            "roles": [ROLE_NAMES[role] for role in ROLE_NAMES if role in caller.roles],
        }


def navigation_of(caller: Caller, path: str) -> list[dict[str, Any]]:
    """The entries that the caller's roles see, each address once; the nearest that the path lies in is current."""
    seen = {entry.href: entry for entry in reversed(NAVIGATION) if entry.seen_by(caller)}
    # `/desk/board` lies in `/desk` as well: the nearest entry is meant.
    nearest = max((href for href in seen if f"{path}/".startswith(f"{href}/")), key=len, default=None)
    return [
        {"label": entry.label, "href": entry.href, "current": entry.href == nearest}
        for entry in NAVIGATION
        if seen.get(entry.href) is entry
    ]


def csrf_field(request: Request) -> Markup:
    """The hidden input without which a form of a page is refused."""
    token = getattr(request.state, "csrf_token", "")
    return Markup('<input type="hidden" name="csrf_token" value="{}">').format(token)


def is_demonstration(settings: Settings) -> bool:
    """Whether the data are made up: the source of a local installation is `urn:<name>:local`."""
    return not {"local", "demo", "synthetic"}.isdisjoint(settings.source.split(":"))


def _switch(request: Request, language: Language, current: bool) -> dict[str, Any]:
    """A link to this same page in a language; it works without a script, because the choice is in the address."""
    query = [(name, value) for name, value in request.query_params.multi_items() if name != "lang"]
    href = f"{request.url.path}?{urlencode([*query, ('lang', language)])}"
    return {"code": language, "name": _LANGUAGE_NAMES[language], "href": href, "current": current}


def _environment(loader: ChoiceLoader, translator: Translator) -> Environment:
    """One per language, so that macros imported without context speak it too."""
    environment = Environment(
        loader=loader,
        autoescape=True,
        undefined=StrictUndefined,
        auto_reload=False,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(_=translator.gettext, gettext=translator.gettext, ngettext=translator.ngettext)
    environment.filters.update(
        date=translator.date, datetime=translator.datetime, number=translator.number, duration=translator.duration
    )
    return environment
