"""All cases of an expert go to others as a preview said, in one unit of work: what has changed since is left alone.

A case is as it was shown when everything a decision depends on is the same, it is still with that expert, and whoever
was to get it has the same profile and the same places. So what is applied is what was read, never something similar.
"""

from collections.abc import Collection
from typing import Any

from services.chassis.i18n import N_
from services.chassis.mongo import Document
from services.chassis.problems import Problem, not_found
from services.chassis.work import Work
from services.routing.domain import OVER
from services.routing.handlers import cases, experts
from services.routing.handlers.conflicts import concerned
from services.routing.handlers.offers import REASSIGNED, let_go, never_again, offer
from services.routing.handlers.recording import candidate, record
from services.routing.matching import Candidate, Decision
from services.routing.rules import Rules
from services.routing.store import ASSIGNMENTS, CASES, EXPERTS, LOADS, REASSIGNMENTS

_MATTERS = ("theme", "procedure", "kind", "province", "body", "urgency", "declined_by", "former")


def facts_of(case: Document) -> list[Any]:
    """What a decision about a case depends on; a new message of the body is not part of it."""
    return [*(case[name] for name in _MATTERS), case.get("companies", []), case.get("further_themes", [])]


def item_of(case: Document, assignment: Document, decision: Decision, seen: Document) -> Document:
    """One line of a preview. seen: of whoever is to get it version of the profile and places taken; helping: the
    versions of those who are to help.
    """
    chosen = decision.chosen
    return {
        "request": case["_id"], "number": case["number"], "assignment": assignment["_id"],
        "theme": case["theme"], "province": case["province"], "status": assignment["status"],
        "pinned": cases.pinned_to(case) is not None, "facts": facts_of(case), "seen": seen,
        "chosen": candidate(chosen) if chosen else None, "reason": decision.reason, "refused": decision.refused,
        "until": decision.until, "wave": decision.wave,
        "runners_up": [candidate(one) for one in decision.runners_up],
        "vetoed": [list(entry) for entry in decision.vetoed], "vetoed_counts": decision.vetoed_counts,
        "co_experts": [list(entry) for entry in decision.co_experts],
    }  # fmt: skip


def needs(preview: Document) -> dict[str, list[str]]:
    """The documents that a confirmation reads."""
    chosen = [item["chosen"]["expert"] for item in preview["items"] if item["chosen"]]
    helping = [who for item in preview["items"] for who in _helping(item)]
    return {
        REASSIGNMENTS: [preview["_id"]],
        CASES: [item["request"] for item in preview["items"]],
        ASSIGNMENTS: [item["assignment"] for item in preview["items"]],
        EXPERTS: [*chosen, *helping],
        LOADS: [*chosen, *helping, preview["expert"]],
    }


def confirm(work: Work, id: str, wanted: Collection[str] | None, release_rest: bool, rules: Rules) -> Document:
    """Applies the lines with these numbers, None for all; the preview with what became of each, and why not.

    Sent again it says the same. release_rest: those that nobody can take wait for somebody else instead of staying
    where they are.
    """
    preview = work.get(REASSIGNMENTS, id)
    if preview is None:
        raise not_found()
    choice = {"requests": None if wanted is None else sorted(wanted), "release_rest": release_rest}
    if preview["outcome"]:
        if preview["choice"] != choice:
            detail = N_("This preview was confirmed before with another choice: make a new one.")
            raise Problem(409, N_("It was confirmed already"), detail)
        return preview
    held = {expert: len(experts.held(work, expert)) for expert in needs(preview)[LOADS]}
    outcome: dict[str, list[str]] = {"moved": [], "released": [], "kept": [], "changed": [], "left_out": []}
    why: dict[str, str] = {}
    for item in preview["items"]:
        number, became = item["number"], "left_out"
        if wanted is None or number in wanted:
            changed = "rules" if rules.version != preview["rules_version"] else _changed(work, item, held, rules)
            why |= {number: changed} if changed else {}
            became = "changed" if changed else _apply(work, preview, item, release_rest, rules)
        outcome[became].append(number)
    done = {**preview, "choice": choice, "outcome": outcome, "why": why, "confirmed_at": work.now}
    work.put(REASSIGNMENTS, done)
    return done


def _changed(work: Work, item: Document, held: dict[str, int], rules: Rules) -> str | None:
    """Why a line is not as it was shown, a code of `wording.NOT_AS_SHOWN`; None if it is."""
    case, current = work.get(CASES, item["request"]), work.get(ASSIGNMENTS, item["assignment"])
    if case is None or current is None or case["status"] in OVER:
        return "over"
    if case["lead"] is None or case["lead"]["assignment"] != item["assignment"]:
        return "elsewhere"
    if current["status"] != item["status"]:
        return "answered"
    if case["queue"] == "release" or facts_of(case) != item["facts"] or (cases.pinned_to(case) and not item["pinned"]):
        return "request"
    return "taker" if item["chosen"] and not _can_take(work, case, item, held, rules) else None


def _apply(work: Work, preview: Document, item: Document, release_rest: bool, rules: Rules) -> str:
    case, current = work.get(CASES, item["request"]), work.get(ASSIGNMENTS, item["assignment"])
    assert case
    assert current
    if item["chosen"] is None:
        if not release_rest:
            return "kept"
        _take_away(work, case, current)
        return "released"
    case = _take_away(work, case, current)
    decision = _decision(item, preview["rules_version"])
    made = offer(work, case, item["chosen"]["expert"], rules, _helping(item), preview["reason"])
    record(work, case, decision, preview["by"], rules, made["_id"], preview["reason"])
    return "moved"


def _take_away(work: Work, case: Document, current: Document) -> Document:
    """Whoever had it is not asked again by the matcher: a person took it from them."""
    never_again(case, current)
    case["pinned"] = None
    let_go(work, case, current, REASSIGNED)
    return work.get(CASES, case["_id"]) or case


def _helping(item: Document) -> list[str]:
    return [who for _, who in item["co_experts"] if who]


def _can_take(work: Work, case: Document, item: Document, held: dict[str, int], rules: Rules) -> bool:
    """Whether the chosen one and those who help are as seen, and the matcher would still ask each of them."""
    id, seen = item["chosen"]["expert"], item["seen"]
    wanted = {id: seen["version"], **seen.get("helping", {})}
    return held[id] == seen["held"] and all(_would_ask(work, case, *one, rules) for one in wanted.items())


def _would_ask(work: Work, case: Document, expert: str, version: int, rules: Rules) -> bool:
    """The vetoes that time alone can bring about, on the profile that was judged. Whoever only helps needs a place
    as well, though the help takes none: that is how the matcher chose them.
    """
    profile = work.get(EXPERTS, expert)
    if profile is None or profile["version"] != version:
        return False
    now = experts.to_match(profile, work.get(LOADS, expert), work.now, experts.answer_due(work.now, rules), rules)
    return now.there and now.free > 0 and not now.conflicts & concerned(case)


def _decision(item: Document, version: str) -> Decision:
    return Decision(
        item["request"], version, _candidate(item["chosen"]),
        runners_up=tuple(_candidate(one) for one in item["runners_up"]),
        vetoed=tuple((who, why) for who, why in item["vetoed"]), vetoed_counts=item["vetoed_counts"],
        co_experts=tuple((theme, who) for theme, who in item["co_experts"]), wave=item["wave"],
    )  # fmt: skip


def _candidate(row: Document) -> Candidate:
    return Candidate(row["expert"], row["score"], row["shares"])
