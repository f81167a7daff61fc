"""The page of one's own profile: what an expert may change alone, and what the Segreteria Tecnica keeps."""

import re
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from pydantic import ValidationError
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response

from contracts.vocabulary import bodies, body, procedure, province
from services.chassis.auth import Caller, allow
from services.chassis.forms import checked_form
from services.chassis.i18n import N_, Translator
from services.chassis.mongo import Document
from services.chassis.pages import Notice
from services.chassis.preconditions import seen_version
from services.chassis.problems import Problem, not_found
from services.chassis.validation import problem_of
from services.routing.api.own import Availability
from services.routing.handlers import own
from services.routing.pages.today import Today
from services.routing.store import EXPERTS
from services.routing.wording import theme_name

Expert = Annotated[Caller, Depends(allow("expert"))]
Checked = Annotated[FormData, Depends(checked_form)]
DAYS = (N_("Monday"), N_("Tuesday"), N_("Wednesday"), N_("Thursday"), N_("Friday"), N_("Saturday"), N_("Sunday"))
_SEPARATED = re.compile(r"[\s,;]+")


def router(today: Today) -> APIRouter:
    """The routes."""
    routes = APIRouter(prefix="/desk/profile", include_in_schema=False)

    @routes.get("")
    async def profile(request: Request, caller: Expert, done: str = "") -> Response:
        notices = [Notice("success", N_("Your profile is saved."))] if done == "saved" else []
        return await _page(today, request, caller, notices=notices)

    @routes.post("")
    async def save(request: Request, caller: Expert, form: Checked) -> Response:
        me = str(caller.id)
        sent, errors = read(form)
        if not errors:
            try:
                changes = Availability.model_validate(sent).document()
                seen = seen_version(form.get("version"))
                await today.executor.run({EXPERTS: [me]}, lambda work: own.change_own(work, me, changes, seen))
                return RedirectResponse("/desk/profile?done=saved", status_code=303)
            except ValidationError as error:
                errors = _by_field(problem_of(error))
            except Problem as problem:
                if problem.status == 404:
                    raise
                if problem.status == 412:
                    return await _page(today, request, caller, 412, notices=[Notice("warning", problem.detail)])
                errors = _by_field(problem)
        return await _page(today, request, caller, 422, values=sent, errors=errors)

    return routes


def read(form: FormData) -> tuple[dict[str, Any], dict[str, str]]:
    """What the form says, as the API takes it, and what cannot be understood."""
    hours = str(form.get("available_hours") or "").strip().replace(",", ".")
    told = [str(code) for code in form.getlist("body")]
    errors: dict[str, str] = {}
    if more := str(form.get("new_body") or "").strip():
        found = body_named(more)
        told += [found] if found else []
        errors |= {} if found else {"new_body": N_("No body has this name or code: write it as in the list of bodies.")}
    sent = {
        "working_days": [int(day) for day in map(str, form.getlist("day")) if day in "1234567" and len(day) == 1],
        "available_hours": hours or None,
        "languages": [code for code in _SEPARATED.split(str(form.get("languages") or "").lower()) if code],
        "conflicts": {
            "bodies": list(dict.fromkeys(told)),
            "companies": [code for code in _SEPARATED.split(str(form.get("companies") or "")) if code],
        },
        "paused": form.get("paused") == "yes",
    }
    return sent, errors


def body_named(text: str) -> str | None:
    """The code of the body with this code or name, written as people write it."""
    if body(text):
        return text
    plain = " ".join(text.lower().split()).removeprefix("comune di ")
    return next((one.code for one in bodies() if one.name.lower() == plain), None)


async def _page(
    today: Today,
    request: Request,
    caller: Caller,
    status: int = 200,
    notices: list[Notice] | None = None,
    values: dict[str, Any] | None = None,
    errors: dict[str, str] | None = None,
) -> Response:
    known = await today.days.expert(str(caller.id))
    if known is None:
        raise not_found(N_("You have no expert's profile yet: ask the Segreteria Tecnica."))
    shown = values or _stored(known)
    conflicts = shown["conflicts"]
    context: dict[str, Any] = {
        "facts": _kept(known, today.words(request, caller)),
        "version": known["version"],
        "days": [(number, name, number in shown["working_days"]) for number, name in enumerate(DAYS, start=1)],
        "values": {
            "available_hours": shown["available_hours"] if shown["available_hours"] is not None else "",
            "languages": " ".join(shown["languages"]),
            "companies": "\n".join(conflicts["companies"]),
            "paused": shown["paused"],
        },
        "bodies": [(code, found.name if (found := body(code)) else code) for code in conflicts["bodies"]],
        "agreed": known.get("weekly_hours"),
        "errors": errors or {},
        "notices": notices or [],
    }
    return today.shown.pages.render(request, "day/profile.html", caller, status, **context)


def _stored(known: Document) -> dict[str, Any]:
    return {
        "working_days": [day + 1 for day in known.get("working_days", range(7))],
        "available_hours": known.get("available_hours"),
        "languages": known.get("languages", []),
        "conflicts": known.get("conflicts", {"bodies": [], "companies": []}),
        "paused": bool(known.get("paused")),
    }


def _kept(known: Document, words: Translator) -> list[tuple[str, str]]:
    """What the secretariat keeps, in words."""
    level = N_("{name} (level {level} of 5)")
    contract = known.get("contract") or {"from": None, "to": None}
    names = [(found.name if (found := province(sigla)) else sigla) for sigla in known["provinces"]]
    themes = [words(level, name=theme_name(it["code"], words.language), level=it["level"]) for it in known["themes"]]
    listed = [
        words(level, name=about.name_it if (about := procedure(it["code"])) else it["code"], level=it["level"])
        for it in known["procedures"]
    ]
    return [
        (words(N_("Themes")), "; ".join(themes)),
        (words(N_("Procedures")), "; ".join(listed) or words(N_("all of these themes"))),
        (words(N_("Provinces")), ", ".join(names) or words(N_("all"))),
        (words(N_("Requests at once, at most")), words.number(known["capacity"])),
        (words(N_("Weekly hours agreed")), words.number(known.get("weekly_hours"))),
        (words(N_("Contract from")), words.date(contract["from"], "short")),
        (words(N_("Contract to")), words.date(contract["to"], "short")),
        (words(N_("Takes part")), words(N_("yes")) if known["active"] else words(N_("no"))),
    ]


def _by_field(problem: Problem) -> dict[str, str]:
    fields = {"bodies": "new_body", "companies": "companies"}
    named: dict[str, str] = {}
    for fault in problem.errors:
        first, *rest = str(fault["pointer"]).lstrip("/").split("/")
        named[fields.get(rest[0], first) if first == "conflicts" and rest else first] = str(fault["detail"])
    return named
