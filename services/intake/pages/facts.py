"""The facts of a request, name and value, as its page lists them."""

from services.chassis.auth import Caller
from services.chassis.i18n import N_, Translator
from services.chassis.mongo import Document
from services.intake.handlers.reading import WholeRequest
from services.intake.pages import labels, related
from services.intake.pages.lists import names_lead
from services.intake.pages.story import Story


def facts_of(read: WholeRequest, caller: Caller, words: Translator) -> list[tuple[str, str]]:
    """The definition list of the page; what is not known is left out."""
    found, story = read.request, Story(read, caller, words)
    protocol, resolution = found["protocol"], found["resolution"]
    if found["lead"]:
        otherwise = N_("The expert")
        lead = story.name(found["lead"], otherwise) if names_lead(caller, found) else words(N_("An expert must accept"))
    else:
        lead = words(N_("Nobody yet"))
    rows = [
        (words(N_("Body")), found["body_name"]),
        (words(N_("Type of assistance")), words(labels.KINDS[found["kind"]])),
        (words(N_("Theme")), _theme(read, words)),
        (words(N_("Words that decided the theme")), ", ".join(_deciding(read))),
        (words(N_("Procedure")), labels.procedure_name(found["procedure"], words)),
        (words(N_("Urgency")), words(labels.URGENCIES[found["urgency"]])),
        (words(N_("Followed by")), lead),
        (words(N_("Sent on")), words.datetime(found["submitted_at"])),
        (words(N_("Sent by")), story.name(found["requester"], "")),
        (words(N_("Received through")), words(labels.CHANNELS[found["channel"]])),
        (words(N_("Protocol number of the body")), _protocol(protocol, words) if protocol else ""),
        (words(N_("Outcome")), words(labels.OUTCOMES[resolution["outcome"]]) if resolution else ""),
        *related.more_facts(read, caller, words),
        (words(N_("Rating of the body")), f"{found['rating']}/5" if found["rating"] else ""),
    ]
    return [(name, value) for name, value in rows if value]


def _theme(read: WholeRequest, words: Translator) -> str:
    """The theme; to colleagues also how sure the recognition was."""
    found = read.request
    name = labels.theme_name(found["theme"], words)
    if found["theme_source"] != "recognised" or not read.internal:
        return name
    share = words.number(round(100 * found["confidence"]))
    return words(N_("{theme} (recognised automatically, confidence {share}%)"), theme=name, share=share)


def _deciding(read: WholeRequest) -> list[str]:
    """The words by which the theme was recognised, for colleagues who can correct it."""
    found = read.request
    shown = read.internal and found["theme_source"] == "recognised" and found.get("recognition")
    return found["recognition"]["words"] if shown else []


def _protocol(protocol: Document, words: Translator) -> str:
    return words(N_("{number} of {day}"), number=protocol["number"], day=words.date(protocol["date"], "short"))
