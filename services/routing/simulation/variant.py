"""What a variant changes: rules, experts, requests. Everything else is the same as in the baseline."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from services.routing.domain import ROME, days_off, precedence
from services.routing.rules.model import Rules
from services.routing.simulation.asked import Added, Away, Question, Variant
from services.routing.simulation.made_up import with_extra
from services.routing.simulation.scenario import Arrival, Scenario

Document = dict[str, Any]
_PLAIN = ("answer_within_hours", "urgent_head_start_days", "most_refusals", "hours_of_one_request", "weights", "themes")
_VERSION = "what-if"


def varied(scenario: Scenario, question: Question) -> Scenario:
    """The scenario as the variant wants it."""
    variant, rules = question.variant, rules_of(scenario.rules, question.variant)
    arrivals = with_extra(scenario.arrivals, variant.extra, question.seed, scenario.end)
    if rules.head_start != scenario.rules.head_start:
        arrivals = [_served_anew(one, rules.head_start) for one in arrivals]
    return replace(scenario, rules=rules, arrivals=arrivals, profiles=_crew(scenario, variant))


def rules_of(rules: Rules, variant: Variant) -> Rules:
    """The rules of a variant; a term of reminding stays within the term of answering."""
    changes = {name: value for name in _PLAIN if (value := getattr(variant, name)) is not None}
    if not changes:
        return rules
    whole = rules.model_dump() | changes | {"version": _VERSION}
    if whole["remind_after_hours"] >= whole["answer_within_hours"]:
        whole["remind_after_hours"] = whole["answer_within_hours"] / 2
    return Rules.model_validate(whole)


def _served_anew(one: Arrival, head_start: timedelta) -> Arrival:
    first = precedence(one.case.received_at or one.at, one.case.urgent, head_start)
    return replace(one, case=replace(one.case, precedence=first))


def _crew(scenario: Scenario, variant: Variant) -> Sequence[Document]:
    removed, own = set(variant.removed), {one.expert: one.capacity for one in variant.capacities}
    away: dict[str, list[Document]] = {}
    for one in variant.absent:
        away.setdefault(one.expert, []).append(_absence(one, scenario))
    found = []
    for row in scenario.profiles:
        if row["_id"] not in removed:
            capacity = max(row["capacity"] + variant.capacity_change, 0)
            absences = [*row["absences"], *away.get(row["_id"], ())]
            found.append({**row, "capacity": own.get(row["_id"], capacity), "absences": absences})
    found += [_added(one, f"added-{number:02}-{nth:02}") for number, one in enumerate(variant.added)
              for nth in range(one.count)]  # fmt: skip
    return found


def _absence(away: Away, scenario: Scenario) -> Document:
    first, last = away.first or _day(scenario.start), away.last or _day(scenario.end)
    start, end = days_off(first, max(first, last))
    return {"from": first.isoformat(), "to": last.isoformat(), "start": start, "end": end}


def _day(at: datetime) -> date:
    return at.astimezone(ROME).date()


def _added(added: Added, id: str) -> Document:
    return {
        "_id": id,
        "task_forces": [one.code for one in added.themes],
        "themes": [{"code": one.code, "level": one.level} for one in added.themes],
        "procedures": [],
        "kinds": list(added.kinds),
        "provinces": list(added.provinces),
        "home": added.home,
        "capacity": added.capacity,
        "active": True,
        "entitled": True,
        "absences": [],
    }
