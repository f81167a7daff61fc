"""What a request's page shows and offers besides the conversation: further themes, links, data to set right, practice.

`more_of` is the context of templates/requests/related.html and further_actions.html; `related_forms` takes the forms.
"""

from typing import Any

from services.chassis.auth import Caller
from services.chassis.i18n import N_, Translator
from services.chassis.mongo import Document
from services.intake.handlers.late_replies import is_late
from services.intake.handlers.links import LinkedRequest
from services.intake.handlers.parts import Parts
from services.intake.handlers.practices import WRITERS, practice_id
from services.intake.handlers.reading import WholeRequest
from services.intake.pages import labels
from services.intake.pages.lists import names_lead
from services.intake.pages.practices import place_of
from services.intake.store.visibility import parties

LINKS = {
    "related": N_("has to do with this one"),
    "follows": N_("this one goes on from it"),
    "followed_by": N_("goes on from this one"),
}
DONE: dict[str, str] = {
    "edit": N_("The data have been changed."),
    "link": N_("The requests are linked."),
    "unlink": N_("The link has been removed."),
}


async def more_of(parts: Parts, read: WholeRequest, caller: Caller, words: Translator) -> dict[str, Any]:
    """The context of what is shown and offered besides."""
    found, mine = read.request, parties(caller, read.request)
    over = found["status"] in ("resolved", "closed")
    writes = over and not WRITERS.isdisjoint(mine)
    practice = await parts.stores.practices.find(practice_id(found["_id"])) if writes else None
    return {
        "links": [_shown(link, words) for link in read.links],
        "late": is_late(parts.programme, found, caller, parts.clock.now()),
        "days": parts.programme.reopens_within_days,
        "may_start_practice": writes and practice is None,
        "practice": place_of(practice, caller),
        "link_kinds": [(code, words(N_("It has to do with this one"))) if code == "related" else
                       (code, words(N_("This one goes on from it"))) for code in ("related", "follows")],
        "urgencies": labels.choices(labels.URGENCIES, words),
        "chosen_themes": found.get("further_themes", []),
    }  # fmt: skip


def usual_edits(found: Document) -> dict[str, Any]:
    """What the forms hold before anybody has written."""
    protocol = found["protocol"] or {"number": "", "date": ""}
    return {
        "title": found["title"],
        "tags": ", ".join(found["tags"]),
        "urgency": found["urgency"],
        "protocol_number": protocol["number"],
        "protocol_date": protocol["date"],
        "edits": str(found.get("edits", 0)),
        "link_kind": "related",
        "companies": ", ".join(found.get("companies", ())),
    }


def meanwhile(found: Document, written: dict[str, str], words: Translator) -> dict[str, str]:
    """What the data are now, for each field of the form where something else is written."""
    now = usual_edits(found)
    named = {name: now[name] for name in ("title", "tags", "urgency", "protocol_number", "protocol_date")}
    shown = {**named, "urgency": words(labels.URGENCIES[found["urgency"]])}
    return {
        name: words(N_("Now it is: “{value}”."), value=shown[name])
        for name, value in named.items()
        if name in written and written[name].strip() != value
    }


def more_facts(read: WholeRequest, caller: Caller, words: Translator) -> list[tuple[str, str]]:
    """Further lines of the definition list."""
    found = read.request
    helping = [read.people[id]["name"] for id in found.get("co_experts", ()) if id in read.people]
    further = [labels.theme_name(code, words) for code in found.get("further_themes", ())]
    tags = [words(labels.TAGS[tag]) if tag in labels.TAGS else tag for tag in found["tags"]]
    return [
        (words(N_("Also concerns")), "; ".join(further)),
        (words(N_("Together with")), ", ".join(helping) if names_lead(caller, found) else ""),
        (words(N_("Companies concerned")), ", ".join(found.get("companies", ()))),
        (words(N_("Tags")), ", ".join(tags)),
    ]


def _shown(link: LinkedRequest, words: Translator) -> dict[str, Any]:
    text, tone = labels.STATUSES[link.status]
    facts = {"id": link.id, "number": link.number, "title": link.title}
    return {**facts, "kind": words(LINKS[link.kind]), "status": words(text), "tone": tone}
