"""The page that says how it was decided who is asked: to coordinators in full, to everybody concerned without names."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from services.chassis.auth import PEOPLE, Caller, allow
from services.chassis.i18n import Translator, language_of
from services.chassis.mongo import Document
from services.chassis.problems import not_found
from services.routing.desk import manages, may_know
from services.routing.explanation import explain, explain_briefly, explain_refusal, people_in
from services.routing.pages.shown import Shown
from services.routing.store import ASSIGNMENTS
from services.routing.store.rules import RulesHistory
from services.routing.wording import CRITERION

Anybody = Annotated[Caller, Depends(allow(*PEOPLE))]


def router(shown: Shown, history: RulesHistory) -> APIRouter:
    """The page."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/desk/requests/{number}/decision")
    async def decision(request: Request, caller: Anybody, number: str) -> Response:
        case = await shown.reading.case(number)
        lead = await shown.reading.one(ASSIGNMENTS, case["lead"]["assignment"]) if case and case["lead"] else None
        if case is None or not may_know(caller, case, lead):
            raise not_found()
        inside = manages(caller, [case["theme"]])
        made = await shown.reading.decisions(case["_id"])
        names = await shown.names.of([id for one in made for id in people_in(one)]) if inside else {}
        rules, answers = await history.of(made), await shown.reading.answers(made) if inside else {}
        translator = shown.pages.translations.translator(language_of(request, caller))
        return shown.pages.render(
            request,
            "desk/decision.html",
            caller,
            number=number,
            inside=inside,
            decisions=[
                _described(one, answers.get(one["_id"]), translator, names, inside)
                | _rules(one, rules[one["_id"]], translator)
                for one in made
            ],
        )

    return routes


def _described(
    made: Document, answer: Document | None, translator: Translator, names: dict[str, str], inside: bool
) -> dict[str, Any]:
    explained = explain(made, translator, names) if inside else explain_briefly(made, translator)
    explained += explain_refusal(answer, translator, names)
    return {"at": made["at"], "sentences": explained, "table": _table(made, translator, names) if inside else None}


def _rules(made: Document, rules: Document | None, translator: Translator) -> dict[str, Any]:
    """The rules that decided, from the day on which they began to: the weights of the theme, and their whole text."""
    if rules is None:
        return {"rules": None}
    weights = made.get("weights") or rules["themes"].get(made["theme"] or "", rules["weights"])
    points = [(translator(CRITERION[name]), _points(translator, weight)) for name, weight in weights.items()]
    return {"rules": {"since": rules["since"], "version": rules["version"], "weights": points, "text": rules["text"]}}


def _table(made: Document, translator: Translator, names: dict[str, str]) -> dict[str, Any] | None:
    """A row for each candidate, a column for each criterion with the most that it can give."""
    candidates = [*([made["chosen"]] if made["chosen"] else []), *made["runners_up"]]
    if not candidates:
        return None
    most = made.get("weights") or dict.fromkeys(candidates[0]["shares"])
    criteria = [
        (name, translator(CRITERION[name]), None if weight is None else _points(translator, weight))
        for name, weight in most.items()
    ]
    rows = [
        {
            "name": names.get(one["expert"], one["expert"]),
            "chosen": one is made["chosen"],
            "points": [_points(translator, one["shares"].get(name, 0.0)) for name, _, _ in criteria],
            "score": _points(translator, one["score"]),
        }
        for one in candidates
    ]
    return {"criteria": criteria, "rows": rows}


def _points(translator: Translator, share: float) -> str:
    return translator.number(round(share * 100, 1))
