"""What people are told instead of codes. Every code of the contracts has its words here; tests compare the two."""

from typing import Literal

from contracts import vocabulary
from services.chassis.i18n import N_, Translator

Tone = Literal["neutral", "info", "success", "warning", "danger"]

STATUSES: dict[str, tuple[str, Tone]] = {
    "submitted": (N_("Sent"), "info"),
    "triage": (N_("To be sorted"), "warning"),
    "assigned": (N_("Offered to an expert"), "info"),
    "in_progress": (N_("In progress"), "info"),
    "waiting": (N_("Waiting for the body"), "warning"),
    "resolved": (N_("Resolved"), "success"),
    "closed": (N_("Closed"), "neutral"),
    "withdrawn": (N_("Withdrawn"), "neutral"),
    "merged": (N_("Joined to another one"), "neutral"),
}
KINDS = {"technical": N_("Technical assistance"), "legal": N_("Legal assistance")}
URGENCIES = {"normal": N_("Normal"), "high": N_("High")}
OUTCOMES = {
    "solved": N_("solved"),
    "partly_solved": N_("partly solved"),
    "not_solved": N_("not solved"),
    "redirected": N_("passed to another office"),
}
CHANNELS = {
    "web": N_("This site"),
    "api": N_("Program of the body"),
    "email": N_("E-mail"),
    "pec": N_("Certified e-mail (PEC)"),
    "phone": N_("Telephone"),
}
FOLLOWED = {
    "me": N_("Followed by me"),
    "true": N_("Followed by somebody"),
    "false": N_("Followed by nobody"),
}
ORDERS = {"newest": N_("Newest first"), "oldest": N_("Oldest first")}
MESSAGE_KINDS = {
    "question": N_("Question"),
    "answer": N_("Answer"),
    "resolution": N_("Solution"),
    "reopening": N_("Reason for reopening"),
    "comment": N_("Closing comment"),
    "withdrawal": N_("Reason for the withdrawal"),
}
"""Messages of any other kind need no name."""
AUTHORS = {"expert": N_("task force"), "coordinator": N_("coordination"), "system": N_("automatic")}
"""Beside the name of who wrote; a requester is shown with their body."""
METRICS = {
    "acceptance": N_("taking charge"),
    "first_answer": N_("the first answer"),
    "resolution": N_("the solution"),
}
TAGS = {
    "services-conference": N_("Services conference"),
    "tacit-approval": N_("Tacit approval"),
    "clock-suspended": N_("Suspended term"),
    "backlog": N_("Backlog"),
    "one-stop-shop": N_("One-stop shop (SUAP, SUE)"),
    "planning-change": N_("Change of the planning instrument"),
    "landscape-or-heritage": N_("Landscape or heritage constraint"),
    "funded-by-pnrr": N_("Funded by the PNRR"),
    "urgent": N_("Urgent"),
}
"""What cuts across the themes, see `classifier.tags`."""
PRACTICE_STATES: dict[str, tuple[str, Tone]] = {
    "draft": (N_("Draft"), "neutral"),
    "review": (N_("Being reviewed"), "warning"),
    "published": (N_("Published"), "success"),
    "withdrawn": (N_("Withdrawn"), "neutral"),
}
PRACTICE_FIELDS = {
    "title": N_("Title"),
    "problem": N_("Problem"),
    "solution": N_("Solution"),
    "references": N_("References"),
}
NAME_KINDS = {
    "person": N_("person"),
    "body": N_("body"),
    "email": N_("e-mail address"),
    "phone": N_("telephone number"),
    "protocol": N_("protocol number"),
    "tax_number": N_("tax number"),
    "street": N_("street address"),
    "number": N_("number of the request"),
}
PRACTICE_STORY = {
    "started": N_("{who} began the draft."),
    "edited": N_("{who} changed the draft."),
    "sent_for_review": N_("{who} sent it for review."),
    "returned": N_("{who} returned it to be corrected."),
    "published": N_("{who} published edition {edition}."),
    "withdrawn": N_("{who} withdrew it."),
}
"""What happened to a good practice, by action."""
NO_THEME = N_("Not decided yet")


def theme_name(code: str | None, words: Translator) -> str:
    """The theme in the reader's language."""
    theme = vocabulary.theme(code) if code else None
    if theme is None:
        return code or words(NO_THEME)
    return theme.name_it if words.language == "it" else theme.name_en


def procedure_name(code: str | None, words: Translator) -> str:
    """The procedure in the reader's language; in Italian where nobody has translated it."""
    procedure = vocabulary.procedure(code) if code else None
    if procedure is None:
        return code or ""
    return procedure.name_it if words.language == "it" else procedure.name_en or procedure.name_it


def theme_choices(words: Translator) -> list[tuple[str, str]]:
    """Themes to choose from."""
    return [(theme.code, theme_name(theme.code, words)) for theme in vocabulary.themes()]


def procedure_groups(words: Translator) -> list[tuple[str, list[tuple[str, str]]]]:
    """Procedures to choose from, under their themes."""
    return [
        (theme_name(theme.code, words), [(code, procedure_name(code, words)) for code in theme.procedures])
        for theme in vocabulary.themes()
    ]


def choices(labels: dict[str, str], words: Translator) -> list[tuple[str, str]]:
    """Codes to choose from, with their words."""
    return [(code, words(text)) for code, text in labels.items()]
