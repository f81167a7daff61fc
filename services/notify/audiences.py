"""Whom a notice reaches: the people of its audiences, by the roles that they held at that moment."""

from datetime import datetime

from services.chassis.i18n import ROME
from services.chassis.mongo import Document
from services.notify import domain
from services.notify.messages.readers import READERS, Audience


def state_for(notice: Document, states: dict[str, Document]) -> Document | None:
    """The state that says whom a notice reaches; of a body itself its code is enough."""
    if notice["facts"].get("body"):
        return {"body": notice["facts"]["body"], "theme": None, "requester": None}
    state = states.get(notice["request"])
    return state if state and tuple(state["order"]) >= tuple(notice["needs"]) else None


def task_forces(notice: Document, state: Document) -> list[str | None]:
    """The task forces whose coordinators are told: they bear the codes of their themes."""
    return [notice["task_force"] or state["theme"]]


def recipients(notice: Document, state: Document, holders: list[Document]) -> frozenset[str]:
    """Whom a notice reaches; nobody is told what they did themselves.

    The requester is told for as long as they hold a role in the body; then, as for a front-end, its other people are.
    Who registered a body is told while they act for it or for the programme: the key of an installation is nobody.
    """
    found: set[str | None] = set()
    for audience in notice["audiences"]:
        if audience in ("lead", "expert"):
            found.add(notice[audience])
            continue
        if audience == "delegate":
            found.add(notice["person"])
            continue
        programme: list[str | None] = [None, *task_forces(notice, state)] if audience == "coordinators" else [None]
        scopes = programme if audience in ("coordinators", "secretariat") else bodies(notice, state)
        if audience == "registrant":
            scopes += programme
        reached = _holding(audience, scopes, notice["at"], holders)
        if audience == "booker":
            found |= reached & {notice["facts"]["booked_by"]}
            continue
        if audience == "registrant":
            found |= reached & {notice["registrant"]}
            continue
        asked_by = state["requester"] if audience == "requester" else None
        found |= {asked_by} if asked_by in reached else reached
    return frozenset(person for person in found if person and person != notice["facts"].get("author"))


def bodies(notice: Document, state: Document) -> list[str | None]:
    """The body, and after its end the one that carries on for it."""
    return [*domain.acting_for(state["body"], notice["at"].astimezone(ROME).date())]


def _holding(audience: Audience, scopes: list[str | None], at: datetime, holders: list[Document]) -> set[str]:
    """Those of `holders` who held a role of the audience at that moment."""
    return {
        person["_id"]
        for person in holders
        if domain.holds(person["grants"], person.get("told", ()), READERS[audience], scopes, at)
    }
