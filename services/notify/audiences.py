"""Whom a notice reaches: the people of its audiences, by the roles that they held at that moment."""

from datetime import datetime

from services.chassis.i18n import ROME
from services.chassis.mongo import Document
from services.notify import domain
from services.notify.messages.readers import ONE_PERSON, READERS, Audience

_OF_NO_REQUEST: Document = {"body": None, "theme": None, "requester": None}


def state_for(notice: Document, states: dict[str, Document]) -> Document | None:
    """The state that says whom a notice reaches; of a body itself its code is enough, of a practice its themes."""
    facts = notice["facts"]
    if facts.get("body") or facts.get("practice"):
        return _OF_NO_REQUEST | {"body": facts.get("body")}
    state = states.get(notice["request"])
    return state if state and tuple(state["order"]) >= tuple(notice["needs"]) else None


def task_forces(notice: Document, state: Document) -> list[str | None]:
    """The task forces whose coordinators are told: they bear the codes of their themes."""
    return [*notice["facts"].get("themes", ())] or [notice["task_force"] or state["theme"]]


def bodies(notice: Document, state: Document) -> list[str | None]:
    """The body, and after its end the one that carries on for it."""
    code = state["body"]
    return [*domain.acting_for(code, notice["at"].astimezone(ROME).date())] if code else []


def recipients(notice: Document, state: Document, holders: list[Document]) -> frozenset[str]:
    """Whom a notice reaches; nobody is told what they did themselves."""
    found: set[str | None] = set()
    for audience in notice["audiences"]:
        found |= _people(audience, notice, state, holders)
    return frozenset(person for person in found if person and person != notice["facts"].get("author"))


def _people(audience: Audience, notice: Document, state: Document, holders: list[Document]) -> set[str | None]:
    """The people of one audience.

    The requester is told for as long as they hold a role in the body; then, as for a front-end, its other people are.
    Who registered a body is told while they act for it or for the programme: the key of an installation is nobody.
    """
    if audience in ("lead", "expert"):
        return {notice[audience]}
    if audience in ("delegate", "appointee", "uploader"):
        return {notice["person"]}
    reached = _holding(audience, _scopes(audience, notice, state), notice["at"], holders)
    if audience in ONE_PERSON:
        return reached & {notice["person"]}
    if audience == "booker":
        return reached & {notice["facts"]["booked_by"]}
    if audience == "registrant":
        return reached & {notice["registrant"]}
    asked_by = state["requester"] if audience == "requester" else None
    return {asked_by} if asked_by in reached else reached


def _scopes(audience: Audience, notice: Document, state: Document) -> list[str | None] | None:
    """Where the role of an audience counts; None: wherever."""
    if audience in ONE_PERSON:
        return None
    if audience == "secretariat":
        return [None]
    programme = [None, *task_forces(notice, state)]
    if audience in ("coordinators", "reviewers"):
        return programme
    return bodies(notice, state) + (programme if audience == "registrant" else [])


def _holding(
    audience: Audience, scopes: list[str | None] | None, at: datetime, holders: list[Document]
) -> set[str | None]:
    """Those of `holders` who held a role of the audience at that moment."""
    return {
        person["_id"]
        for person in holders
        if domain.holds(person["grants"], person.get("told", ()), READERS[audience], scopes, at)
    }
