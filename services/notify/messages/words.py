"""Words that stand in messages for codes of the published language."""


def N_(text: str) -> str:  # noqa: N802 (the name that gettext tools know)
    """Marks a text that is translated when it is shown."""
    return text


APPOINTMENT = N_("Talk about request {number}")
"""What a talk is called in a calendar."""
PRACTICE = N_("Good practice")
"""What stands where messages about requests have their number."""

REASONS: dict[str, str] = {
    "no_theme": N_("its theme is not known yet"),
    "no_competence": N_("no expert knows this subject in that province"),
    "all_vetoed": N_("every expert who knows the subject is excluded or has declined"),
    "no_capacity": N_("every expert who knows the subject has all the requests they can follow"),
}
"""Why nobody can be offered a request."""

METRICS: dict[str, str] = {
    "acceptance": N_("an expert takes the request"),
    "first_answer": N_("the body receives a first answer"),
    "resolution": N_("the request is resolved"),
}
"""What a deadline is about, as the end of "the moment by which ..."."""

WAYS: dict[str, str] = {"in_person": N_("in person"), "remote": N_("by video call"), "phone": N_("by phone")}
"""How a talk is held."""

OUTCOMES: dict[str, str] = {
    "solved": N_("solved"),
    "partly_solved": N_("partly solved"),
    "not_solved": N_("not solved"),
    "redirected": N_("passed on to another office"),
}
"""How a request was resolved."""
