"""Pages: the figures of the programme at `/reports`, and the clocks of one request for whoever may see it."""

from datetime import date, datetime
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import HTMLResponse

from contracts import vocabulary
from contracts.working_time import OPEN, Reading, verdict
from services.chassis.auth import Caller, allow, person
from services.chassis.i18n import N_, ROME, Translator, language_of
from services.chassis.mongo import Document
from services.chassis.pages import Notice
from services.chassis.problems import not_found
from services.chassis.service import Service
from services.reporting.handlers import reports
from services.reporting.handlers.facts import lead_of
from services.reporting.handlers.readers import READERS, territory_of
from services.reporting.handlers.reports import EARLIEST, LATEST, Period
from services.reporting.labels import METRICS
from services.reporting.store import GROUPS, Store

Reader = Annotated[Caller, Depends(allow(*READERS))]
Coordination = Annotated[Caller, Depends(allow("coordinator", "secretariat"))]
Person = Annotated[Caller, Depends(person)]
Text = Annotated[str, Query(max_length=40)]

GROUP_LABELS = {
    "theme": N_("Theme"),
    "procedure": N_("Procedure"),
    "province": N_("Province"),
    "kind": N_("Kind of help"),
    "channel": N_("Channel"),
    "month": N_("Month"),
}
SENTENCES: dict[str, tuple[str, str]] = {
    "in_time": (N_("{metric} by {day}, at {time}"), "info"),
    "at_risk": (N_("{metric} by {day}, at {time}: little time is left"), "warning"),
    "overdue": (N_("{metric}: the deadline passed on {day}, at {time}"), "danger"),
    "met": (N_("{metric} on {day}, at {time}: in time"), "success"),
    "breached": (N_("{metric} on {day}, at {time}: after the deadline"), "danger"),
    "void": (N_("{metric}: no deadline applies any more"), "neutral"),
    "standing": (N_("{metric}: the clock stands still until the body has answered"), "neutral"),
}
"""How a clock is told to people (msgid), and its tone."""


def router(service: Service) -> APIRouter:
    """The routes of the pages."""
    routes = APIRouter(include_in_schema=False)
    pages = ReportPages(service)
    routes.add_api_route("/reports", pages.figures, response_class=HTMLResponse)
    routes.add_api_route("/reports/at-risk", pages.at_risk, response_class=HTMLResponse)
    routes.add_api_route("/reports/requests/{number}/deadlines", pages.deadlines, response_class=HTMLResponse)
    return routes


class ReportPages:
    """The pages' endpoints."""

    def __init__(self, service: Service) -> None:
        self._store = Store(service.database)
        self._pages = service.web.pages
        self._now = service.clock.now

    async def figures(
        self,
        request: Request,
        caller: Reader,
        start: Annotated[str, Query(alias="from", max_length=10)] = "",
        end: Annotated[str, Query(alias="to", max_length=10)] = "",
        group_by: Text = "theme",
        metric: Text = "first_answer",
    ) -> HTMLResponse:
        """Figures of a period as cards and by group, and the backlog of this moment."""
        territory = territory_of(caller)
        areas = [area.name for area in vocabulary.provinces() if area.sigla in (territory.provinces or ())]
        groups = [name for name in GROUPS if name != "province" or len(areas) != 1]
        group_by = group_by if group_by in groups else "theme"
        metric = metric if metric in METRICS else "first_answer"
        period, notices = _period(start, end)
        words, now = self._translator(request, caller), self._now()
        chosen = {"from": start, "to": end} if not notices else {}
        values = {name: value for name, value in {**chosen, "group_by": group_by}.items() if value}
        context: dict[str, Any] = {
            "report": await reports.service_levels(self._store, period, group_by, now, words, territory=territory),
            "backlog": await reports.backlog(self._store, now, now, territory=territory),
            "metric": metric,
            "name": words(METRICS[metric]),
            "group": words(GROUP_LABELS[group_by]),
            "metrics": [(name, words(text)) for name, text in METRICS.items()],
            "groups": [(name, words(GROUP_LABELS[name])) for name in groups],
            "areas": areas,
            "values": {**values, "metric": metric},
            "csv": "/api/reports/service-levels.csv?" + urlencode(values),
        }
        return self._pages.render(request, "reports/index.html", caller, notices=notices, **context)

    async def deadlines(self, request: Request, number: str, caller: Person) -> HTMLResponse:
        """The clocks of one request, for the page that shows it."""
        fact = await self._store.fact_of(number)
        if fact is None or "received_at" not in fact or not may_see(fact, caller):
            raise not_found()
        words, now = self._translator(request, caller), self._now()
        clocks = [sentence(Reading(**clock), now, words) for clock in fact["clocks"]]
        return self._pages.fragment(request, "reports/deadlines.html", caller, clocks=clocks, number=number)

    async def at_risk(
        self, request: Request, caller: Coordination, task_force: Text = "", province: Text = ""
    ) -> HTMLResponse:
        """The deadlines that are near or past, of the reader's task forces, for the coordinators' board."""
        everywhere = caller.has("secretariat") or caller.everywhere("coordinator")
        own = None if everywhere else sorted(caller.scopes("coordinator"))
        themes = [task_force] if task_force and (own is None or task_force in own) else own
        words, now = self._translator(request, caller), self._now()
        (found,) = await self._store.at_risk(now, themes, province.upper() or None)
        counts = {row["_id"]: row["n"] for row in found["counts"]}
        rows = [{"number": row["number"], **sentence(Reading(**row["clocks"]), now, words)} for row in found["rows"]]
        context = {"rows": rows, "near": counts.get(False, 0), "past": counts.get(True, 0)}
        return self._pages.fragment(request, "reports/at-risk.html", caller, **context)

    def _translator(self, request: Request, caller: Caller) -> Translator:
        return self._pages.translations.translator(language_of(request, caller))


def may_see(fact: Document, caller: Caller) -> bool:
    """Whether a caller may see the deadlines of a request: its body, its expert, and the programme's own staff."""
    return (
        caller.has("coordinator", "secretariat", "monitor")
        or fact["body"] in caller.scopes("official", "representative")
        or (caller.id is not None and lead_of(fact) == caller.id)
    )


def sentence(clock: Reading, now: datetime, translator: Translator) -> dict[str, Any]:
    """A clock in words, with its tone."""
    found = verdict(clock.state, clock.due_at, clock.warn_at, now)
    told = "standing" if found in OPEN and clock.due_at is None else found
    at = clock.ended_at if told in ("met", "breached") else clock.due_at
    msgid, tone = SENTENCES[told]
    local = at.astimezone(ROME) if at else None
    text = translator(
        msgid,
        metric=translator(METRICS[clock.metric]),
        day=_day(local, translator) if local else "",
        time=f"{local:%H:%M}" if local else "",
    )
    return {"text": text, "tone": tone, "verdict": found, "at": local.isoformat() if local else None}


def _day(at: datetime, translator: Translator) -> str:
    """The day as a sentence takes it up; in Italian with its article, which depends on how the number is spoken."""
    text = translator.date(at)
    if translator.language != "it":
        return text
    return f"l’{text}" if at.day in (8, 11) else f"il {text}"


def _period(start: str, end: str) -> tuple[Period, list[Notice]]:
    """The period of the form; one that cannot be read is told and not applied."""
    try:
        period = Period(*(date.fromisoformat(text) if text else None for text in (start, end)))
    except ValueError:
        return Period(), [Notice("warning", N_("The dates could not be read: the whole time is shown."))]
    if any(day and not EARLIEST <= day <= LATEST for day in (period.start, period.end)):
        return Period(), [Notice("warning", N_("Choose dates between 2000 and 2999: the whole time is shown."))]
    if period.start and period.end and period.end < period.start:
        return Period(), [Notice("warning", N_("The period ends before it begins: the whole time is shown."))]
    return period, []
