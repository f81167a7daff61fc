"""The words for codes of routing, as msgids: reasons, vetoes, criteria, statuses. One place: all pages agree."""

from contracts.vocabulary import theme
from services.chassis.i18n import N_

STATUS: dict[str, str] = {
    "offered": N_("offered, no answer yet"),
    "accepted": N_("taken in charge"),
    "declined": N_("declined"),
    "expired": N_("not answered in time"),
    "released": N_("ended"),
}

TONE: dict[str, str] = {"offered": "warning", "accepted": "success"}

UNROUTABLE: dict[str, str] = {
    "no_theme": N_("The request has no theme yet: somebody must classify it."),
    "no_competence": N_("No expert of the programme works on this theme and gives this kind of help."),
    "all_vetoed": N_("Experts of this theme exist, but none of them can be asked: see the reasons."),
    "no_capacity": N_("All suitable experts hold as many requests as agreed: the request waits for a place."),
}

REFUSED = N_("Several experts refused or did not answer: a coordinator must decide.")

PINNED = N_("The request is kept for one expert, who cannot be asked at present.")

PINNED_BECAUSE = N_("The request is kept for one expert, who cannot be asked at present: {reason}.")

READY = N_("An expert is being looked for.")

VETO: dict[str, str] = {
    "theme_not_covered": N_("does not work on this theme"),
    "procedure_not_covered": N_("works on other procedures of this theme"),
    "kind_not_given": N_("does not give this kind of help"),
    "inactive": N_("does not take part in the programme at present"),
    "contract_over": N_("has no contract, or not the role of expert, at the time of the answer"),
    "province_not_served": N_("serves neither this province nor one beside it"),
    "conflict_of_interest": N_("has declared a conflict of interest"),
    "absent": N_("is away, or does not work before an answer would be due"),
    "refused_before": N_("declined, did not answer in time, or no longer has the request"),
    "pinned_to_another": N_("the request is kept for another expert"),
    "no_places": N_("has no places at present"),
    "full": N_("holds as many requests as agreed"),
}

NOT_AS_SHOWN: dict[str, str] = {
    "over": N_("The request is over."),
    "elsewhere": N_("It was already with another expert, or waited for one."),
    "answered": N_("The expert had already answered."),
    "request": N_("The request had changed, or was kept for the expert."),
    "taker": N_("Whoever was to get it, or to help, could not take it any more."),
    "rules": N_("Other rules decided by then."),
}
"""Why a line of a reassignment was not applied."""

CRITERION: dict[str, str] = {
    "competence": N_("competence in the theme"),
    "procedure": N_("knowledge of the procedure"),
    "territory": N_("closeness to the territory"),
    "availability": N_("free places"),
    "continuity": N_("has worked for this body or on this procedure"),
    "fairness": N_("few requests received in the last 30 days"),
}

DECLINE: dict[str, str] = {
    "no_time": N_("I have no time for it at present"),
    "not_my_subject": N_("It is not my subject"),
    "conflict_of_interest": N_("I have a conflict of interest"),
    "absent": N_("I am or will be away"),
    "other": N_("Another reason"),
}


def why_waiting(case: dict[str, object]) -> str:
    """The sentence (msgid) that says why a request without an expert waits."""
    stuck = case["stuck"]
    if case["queue"] == "ready" or not isinstance(stuck, dict):
        return READY
    if case.get("pinned") and not stuck["refused"]:
        return PINNED
    return REFUSED if stuck["refused"] else UNROUTABLE[stuck["reason"]]


def theme_name(code: str, language: str) -> str:
    """The name of a theme; an unknown one is its code."""
    about = theme(code)
    return code if about is None else about.name_it if language == "it" else about.name_en


SIMULATION_STATUS: dict[str, tuple[str, str]] = {
    "queued": (N_("waiting for its turn"), "neutral"),
    "running": (N_("running"), "info"),
    "done": (N_("done"), "success"),
    "failed": (N_("not completed"), "danger"),
    "cancelled": (N_("cancelled"), "neutral"),
}
"""Status of a simulation -> words and tone."""

SIMULATION_FAILED: dict[str, str] = {
    "no_requests": N_("No request came in this period: there is nothing to simulate."),
    "too_many": N_("There are too many requests or experts to simulate: choose a shorter period."),
    "too_long": N_("The simulation took too long and was given up: choose a shorter period."),
    "interrupted": N_("The simulation was interrupted because the service stopped. Start it again."),
    "crashed": N_("The simulation could not be completed because of a fault of ours. Start it again later."),
}
"""Why a simulation has no figures."""
