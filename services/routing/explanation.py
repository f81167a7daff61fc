"""A decision in words, sentence by sentence, as a coordinator can check it. People appear by name when one is known."""

from collections.abc import Mapping

from services.chassis.i18n import N_, Translator
from services.chassis.mongo import Document
from services.routing.handlers.recording import MATCHER
from services.routing.wording import (
    CRITERION,
    DECLINE,
    PINNED,
    PINNED_BECAUSE,
    REFUSED,
    UNROUTABLE,
    VETO,
    theme_name,
    why_waiting,
)

_CHOSEN = N_("{expert} was chosen with {score} points of 100: {shares}.")
_FORMER = N_("{expert} was chosen because they handled this request before.")
_BY_PERSON = N_("{expert} was chosen by a person.")
_BECAUSE = N_("The reason given: {reason}")
_PINNED = N_("It is kept for this expert: the program does not give it to anybody else.")
_CHOSEN_BRIEFLY = N_("The expert was chosen with {score} points of 100: {shares}.")
_FORMER_BRIEFLY = N_("The expert was chosen because they handled this request before.")
_BY_PERSON_BRIEFLY = N_("The expert was chosen by a coordinator.")
_SHARE = N_("{criterion} {points}")
_NEXT = N_("Next would have been {expert} with {score} points.")
_VETOED = N_("{expert} could not be asked: {reason}.")
_COUNTED = N_("Could not be asked: {n}, because: {reason}.")
_NEEDED = N_("{expert} had {score} points, and was needed for another request decided at the same moment.")
_HELPS = N_("{expert} helps with the theme {theme}.")
_NO_HELP = N_("Nobody can help with the theme {theme} at present.")
_DECLINED = N_("{expert} declined: {reason}.")
_IN_WORDS = N_("Their words: {text}")
_UNTIL = N_("The first of them is available again on {date}.")
_SERVED = N_("Requests are served by age: this one had waited {days} days.")
_SERVED_URGENT = N_(
    "Requests are served by age: this one had waited {days} days and, being urgent, counts {more} days older."
)
_RULES = N_("Decided by version {version} of the rules.")


def explain(decision: Document, translator: Translator, names: Mapping[str, str] | None = None) -> list[str]:
    """The sentences; without names experts appear by id."""
    known = names or {}
    sentences = [*_who(decision, translator, known)]
    sentences += _helpers(decision, translator, known)
    mine = decision["chosen"]["score"] if decision["chosen"] and not decision["former"] else None
    for candidate in decision["runners_up"]:
        who = known.get(candidate["expert"], candidate["expert"])
        text = _NEEDED if mine is not None and candidate["score"] > mine else _NEXT
        sentences.append(translator(text, expert=who, score=_points(translator, candidate["score"])))
    named: dict[str, int] = {}
    for entry in decision["vetoed"]:
        reason = entry["reason"]
        named[reason] = named.get(reason, 0) + 1
        who = known.get(entry["expert"], entry["expert"])
        sentences.append(translator(_VETOED, expert=who, reason=translator(VETO[reason])))
    for reason, count in decision["vetoed_counts"].items():
        if count > named.get(reason, 0):
            rest = translator.number(count - named.get(reason, 0))
            sentences.append(translator(_COUNTED, n=rest, reason=translator(VETO[reason])))
    return [*sentences, *_served(decision, translator), translator(_RULES, version=decision["rules_version"])]


def explain_refusal(answer: Document | None, translator: Translator, names: Mapping[str, str]) -> list[str]:
    """Why whoever was asked declined, if they did; for who directs the task force."""
    if answer is None or answer["status"] != "declined":
        return []
    who, reason = names.get(answer["expert"], answer["expert"]), DECLINE[answer["reason"]]
    text = answer.get("reason_text")
    told = translator(_DECLINED, expert=who, reason=translator(reason))
    return [told, *([translator(_IN_WORDS, text=text)] if text else [])]


def explain_briefly(decision: Document, translator: Translator) -> list[str]:
    """The same for whoever is concerned and does not direct the task force: why, without naming or ranking anybody."""
    chosen, counts = decision["chosen"], decision["vetoed_counts"]
    if chosen is None:
        sentences = _who(decision, translator, {})
    else:
        shares = _shares(chosen, translator)
        sentences = [translator(_CHOSEN_BRIEFLY, score=_points(translator, chosen["score"]), shares=shares)]
        if decision["former"]:
            sentences.insert(0, translator(_FORMER_BRIEFLY))
        elif decision["by"] != MATCHER:
            sentences.insert(0, translator(_BY_PERSON_BRIEFLY))
    for reason, count in counts.items():
        sentences.append(translator(_COUNTED, n=translator.number(count), reason=translator(VETO[reason])))
    return [*sentences, *_served(decision, translator), translator(_RULES, version=decision["rules_version"])]


def people_in(made: Document | None) -> list[str]:
    """Everybody whom a decision names."""
    if made is None:
        return []
    entries = [
        *([made["chosen"]] if made["chosen"] else []), *made["runners_up"], *made["vetoed"],
        *made.get("co_experts", ()),
    ]  # fmt: skip
    return [entry["expert"] for entry in entries if entry["expert"]]


def say_waiting(case: Document, veto: str | None, translator: Translator) -> str:
    """Why a request without an expert waits. veto: why the only one who may be asked cannot be asked now."""
    text = why_waiting(case)
    return translator(PINNED_BECAUSE, reason=translator(VETO[veto])) if veto and text == PINNED else translator(text)


def say_not_now(veto: str | None, translator: Translator) -> str:
    """Why the one for whom a request is kept cannot be asked now; empty for who can."""
    return translator(PINNED_BECAUSE, reason=translator(VETO[veto])) if veto else ""


def _who(decision: Document, translator: Translator, names: Mapping[str, str]) -> list[str]:
    chosen = decision["chosen"]
    if chosen is None:
        until = decision.get("until")
        why = REFUSED if decision["refused"] else UNROUTABLE[decision["reason"]]
        return [translator(why), *([translator(_UNTIL, date=translator.date(until))] if until else [])]
    who = names.get(chosen["expert"], chosen["expert"])
    sentences = [
        translator(_CHOSEN, expert=who, score=_points(translator, chosen["score"]), shares=_shares(chosen, translator))
    ]
    if decision["former"]:
        sentences.insert(0, translator(_FORMER, expert=who))
    elif decision["by"] != MATCHER:
        sentences.insert(0, translator(_BY_PERSON, expert=who))
        sentences += [translator(_BECAUSE, reason=decision["note"])] if decision.get("note") else []
        sentences += [translator(_PINNED)] if decision.get("pinned") else []
    return sentences


def _helpers(decision: Document, translator: Translator, names: Mapping[str, str]) -> list[str]:
    sentences = []
    for entry in decision.get("co_experts", ()):
        about = theme_name(entry["theme"], translator.language)
        who = names.get(entry["expert"] or "", entry["expert"] or "")
        sentences.append(translator(_HELPS, expert=who, theme=about) if who else translator(_NO_HELP, theme=about))
    return sentences


def _served(decision: Document, translator: Translator) -> list[str]:
    """Why it was this request's turn."""
    served = decision.get("served")
    if not served or decision["by"] != MATCHER:
        return []
    days = translator.number(round(served["ageing"], 1))
    more = translator.number(round(served["urgency"], 1))
    return [translator(_SERVED_URGENT, days=days, more=more) if served["urgency"] else translator(_SERVED, days=days)]


def _shares(candidate: Document, translator: Translator) -> str:
    return ", ".join(
        translator(_SHARE, criterion=translator(CRITERION[name]), points=_points(translator, share))
        for name, share in candidate["shares"].items()
    )


def _points(translator: Translator, share: float) -> str:
    return translator.number(round(share * 100, 1))
