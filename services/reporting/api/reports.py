"""`/api/reports/...`: each report as JSON or CSV, by suffix or `Accept`.

Groups of few requests are shown: who reads them is the programme's own staff, or a provincia about its comuni, whom no
report names. Made-up requests are included and counted in `synthetic`, `include_synthetic=false` leaves them out.
"""

from collections.abc import Awaitable, Callable
from datetime import date
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response, StreamingResponse

from contracts.envelope import Instant
from contracts.working_time import METRICS
from services.chassis.auth import Caller, allow
from services.chassis.i18n import N_, Translator, language_of
from services.chassis.problems import Problem, invalid
from services.chassis.service import Service
from services.reporting import exports
from services.reporting.handlers import reports
from services.reporting.handlers.readers import READERS, STAFF, territory_of
from services.reporting.handlers.reports import EARLIEST, LATEST, Period, Report
from services.reporting.store import Store

Staff = Annotated[Caller, Depends(allow(*STAFF))]
Reader = Annotated[Caller, Depends(allow(*READERS))]
OfProvince = Annotated[
    str | None,
    Query(alias="province", max_length=10, description="The sigla of a province; of one not the caller's, nothing."),
]
GroupBy = Literal["theme", "procedure", "province", "kind", "channel", "month"]
Synthetic = Annotated[bool, Query(description="Whether made-up requests count.")]


def router(service: Service) -> APIRouter:
    """The routes; each with and without a suffix."""
    routes = APIRouter(prefix="/api/reports", tags=["reports"])
    endpoints = Reports(service)
    _route(routes, "/service-levels", endpoints.service_levels)
    _route(routes, "/backlog", endpoints.backlog)
    _route(routes, "/workload", endpoints.workload)
    return routes


class Reports:
    """The endpoints."""

    def __init__(self, service: Service) -> None:
        self._store = Store(service.database)
        self._now = service.clock.now
        self._translations = service.web.pages.translations

    async def service_levels(
        self,
        request: Request,
        caller: Reader,
        start: Annotated[date | None, Query(alias="from", ge=EARLIEST, le=LATEST)] = None,
        end: Annotated[date | None, Query(alias="to", ge=EARLIEST, le=LATEST)] = None,
        group_by: GroupBy = "theme",
        metrics: Annotated[str, Query(max_length=200, description="Names, separated by commas.")] = "",
        include_synthetic: Synthetic = True,
        province: OfProvince = None,
    ) -> Response:
        """Working time to acceptance, first answer and resolution, and the share within target.

        Officials and representatives of a provincia or Città metropolitana get the comuni of its territory.
        """
        territory = territory_of(caller, province)
        form, chosen, days = _format(request), _metrics(metrics), period(start, end)
        report = await reports.service_levels(
            self._store, days, group_by, self._now(), self._translator(request, caller), chosen, include_synthetic,
            territory,
        )  # fmt: skip
        return _answer(report, form)

    async def backlog(
        self, request: Request, caller: Reader, at: Instant | None = None, include_synthetic: Synthetic = True,
        province: OfProvince = None,
    ) -> Response:  # fmt: skip
        """Requests that were open at an instant (now, if none is given) by age in calendar days.

        Officials and representatives of a provincia or Città metropolitana get the comuni of its territory.
        """
        territory = territory_of(caller, province)
        form, now = _format(request), self._now()
        if at and not EARLIEST <= at.date() <= LATEST:
            raise invalid([{"pointer": "/query/at", "detail": N_("Choose a moment between the years 2000 and 2999.")}])
        return _answer(await reports.backlog(self._store, at or now, now, include_synthetic, territory), form)

    async def workload(
        self,
        request: Request,
        caller: Staff,
        group_by: Literal["task_force", "province", "theme"] = "task_force",
        include_synthetic: Synthetic = True,
    ) -> Response:
        """Requests that are open now, by what they wait for."""
        form, words = _format(request), self._translator(request, caller)
        return _answer(await reports.workload(self._store, group_by, self._now(), words, include_synthetic), form)

    def _translator(self, request: Request, caller: Caller) -> Translator:
        return self._translations.translator(language_of(request, caller))


def period(start: date | None, end: date | None) -> Period:
    """The period asked for; raises 422 for one that ends before it begins."""
    if start and end and end < start:
        raise invalid([{"pointer": "/query/to", "detail": N_("The period ends before it begins.")}])
    return Period(start, end)


def _route(routes: APIRouter, path: str, endpoint: Callable[..., Awaitable[Any]]) -> None:
    content: dict[str, Any] = {form.media_type: {} for form in exports.FORMATS.values()}
    for address in (path, path + ".{suffix}"):
        routes.add_api_route(
            address, endpoint, response_class=Response, include_in_schema=address == path,
            responses={200: {"content": content}},
        )  # fmt: skip


def _metrics(text: str) -> tuple[str, ...]:
    wanted = tuple(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))
    if unknown := [name for name in wanted if name not in METRICS]:
        raise invalid([{"pointer": "/query/metrics", "detail": N_("There is no such metric.")} for _ in unknown[:1]])
    return wanted or tuple(METRICS)


def _format(request: Request) -> str:
    name = exports.choose(request.path_params.get("suffix"), request.headers.get("accept", ""))
    if name is None:
        detail = N_("This report exists as: {formats}.")
        raise Problem(406, N_("There is no such form"), detail, values={"formats": ", ".join(exports.FORMATS)})
    return name


def _answer(report: Report, name: str) -> Response:
    form = exports.FORMATS[name]
    headers = {"Vary": "Accept, Accept-Language"}
    if name != "json":
        headers["Content-Disposition"] = f'attachment; filename="{report["report"]}.{name}"'
    return StreamingResponse(form.write(report), media_type=form.media_type, headers=headers)
