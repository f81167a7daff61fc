"""The words for codes of an expert's day, as msgids: ways to meet, kinds of action, levels of authority, deadlines."""

from services.chassis.i18n import N_

WAY: dict[str, str] = {"in_person": N_("in person"), "remote": N_("by video call"), "phone": N_("by phone")}

TALK_ENDED: dict[str, str] = {
    "official": N_("cancelled by the body"),
    "expert": N_("cancelled by the expert"),
    "lead_changed": N_("cancelled: the expert no longer follows the request"),
}

ACTION: dict[str, str] = {
    "call": N_("Phone call"),
    "meeting": N_("Meeting"),
    "site_visit": N_("Site visit"),
    "document": N_("Document drafted"),
    "opinion": N_("Opinion given"),
    "research": N_("Research"),
    "coordination": N_("Coordination with other offices"),
    "other": N_("Something else"),
}

LEVEL: dict[str, str] = {
    "comune": N_("municipality"),
    "comune-suap": N_("municipality (one-stop shop for businesses)"),
    "provincia": N_("province"),
    "regione": N_("region"),
    "ente-parco": N_("park authority"),
    "amministrazione-titolare": N_("the administration in charge of the matter"),
    "stazione-appaltante": N_("contracting authority"),
}

DEADLINE: dict[str, str] = {"first_answer": N_("First answer"), "resolution": N_("Resolution")}

LEFT_OUT: dict[str, str] = {
    "not_busy": N_("cancelled, or marked as free time"),
    "part_of_a_day": N_("only a part of a day"),
    "out_of_range": N_("longer than three years, or too far away"),
    "too_many": N_("too many events, or repetitions too complicated"),
    "past": N_("over already"),
    "repeated": N_("repeated within a day"),
    "unreadable": N_("no day, or one that does not exist"),
}
"""Why events of a calendar were not imported."""


def known(labels: dict[str, str], code: str) -> str:
    """The words for a code; the code itself where nobody has written any yet."""
    return labels.get(code, code)
