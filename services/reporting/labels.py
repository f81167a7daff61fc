"""Names for people of the codes that reports group by, in the reader's language."""

from contracts.vocabulary import procedure, province, theme
from services.chassis.i18n import N_, Translator

METRICS = {
    "acceptance": N_("Acceptance"),
    "first_answer": N_("First answer"),
    "resolution": N_("Resolution"),
}
"""Metric -> what people call it (msgid)."""
_WORDS = {
    "technical": N_("Technical"),
    "legal": N_("Legal"),
    "web": N_("Web"),
    "api": N_("API"),
    "email": N_("E-mail"),
    "pec": N_("PEC"),
    "phone": N_("Phone"),
}
_NOTHING = {
    "theme": N_("Not yet classified"),
    "procedure": N_("Without procedure"),
    "task_force": N_("No task force yet"),
}


def label(group_by: str, key: str | None, translator: Translator) -> str:
    """What people call the group; the code itself where nobody named it."""
    if key is None:
        return translator(_NOTHING.get(group_by, N_("Unknown")))
    italian = translator.language == "it"
    if group_by in ("theme", "task_force") and (found := theme(key)):
        return found.name_it if italian else found.name_en
    if group_by == "procedure" and (known := procedure(key)):
        return known.name_it if italian or not known.name_en else known.name_en
    if group_by == "province" and (area := province(key)):
        return area.name
    return translator(_WORDS[key]) if key in _WORDS else key
