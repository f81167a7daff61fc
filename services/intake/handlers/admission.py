"""Who may send requests for a body, and whether the body may ask for help now; a refusal says what to do, and when."""

from typing import Any

from contracts import vocabulary
from contracts.requests import Channel
from services.chassis.auth import Caller
from services.chassis.i18n import N_
from services.chassis.mongo import Document
from services.chassis.problems import Problem, forbidden
from services.intake.domain.programme import Programme

_REGISTRATION = {
    "known": N_("{body} is not registered. Its representative registers it and uploads the signed protocol."),
    "registered": N_("The registration of {body} waits for the approval of the Segreteria Tecnica."),
    "rejected": N_("The registration of {body} was refused. Its representative can send it again."),
}
NO_WAY = N_("Phase {phase} is open to chosen bodies only, and no other is planned. Ask the Segreteria Tecnica.")
WAYS = {
    ("measured", "now"): N_("{body} enters phase {phase} when it has sent its measurements of durations and backlog."),
    ("measured", "day"): N_("{body} can enter phase {phase}, which begins on {day}, by sending its measurements of durations and backlog."),  # noqa: E501
    ("measured", "later"): N_("{body} can enter phase {phase}, whose date is not set yet, by sending its measurements of durations and backlog."),  # noqa: E501
    ("all", "day"): N_("{body} can enter phase {phase}, which begins on {day} and is open to all bodies."),
    ("all", "later"): N_("{body} can enter phase {phase}, whose date is not set yet and which is open to all bodies."),
    ("listed", "day"): N_("{body} has been chosen for phase {phase}, which begins on {day}."),
    ("listed", "later"): N_("{body} has been chosen for phase {phase}, whose date is not set yet."),
}  # fmt: skip
"""(whom the phase admits, when it begins) -> how a body enters."""


def check_sender(caller: Caller, body: vocabulary.Body, synthetic: bool, channel: Channel, imported: bool) -> None:
    """Raises 403 for who may not send a request in the name of this body."""
    of_body = body.code in caller.scopes("official", "representative", "front_end")
    # Coordinators bring what reached them in other ways.
    by_coordination = caller.has("coordinator") and (imported or channel == "phone")
    if not (of_body or by_coordination or caller.everywhere("front_end") or caller.has("secretariat")):
        raise forbidden(N_("You may send requests only for the bodies that you act for."))
    if synthetic and not caller.has("secretariat"):
        raise forbidden(N_("Only the Segreteria Tecnica may send synthetic requests."))


def check_admitted(programme: Programme, body: vocabulary.Body, state: Document | None) -> None:
    """Raises 403 for a body that may not ask for help now, saying what to do and when it may."""
    status = state["status"] if state else "known"
    title = N_("The body may not send requests yet")
    if detail := _REGISTRATION.get(status):
        raise Problem(403, title, detail, kind=f"body-{status}", values={"body": body.name})
    assert state is not None
    if may_enter(programme, body, state):
        return
    detail, values = ways_in(programme, body)[0]
    extra = {"phase": programme.running, "enters": entrances(programme, body)}
    raise Problem(403, title, detail, kind="body-not-admitted", values=values, extra=extra)


def may_enter(programme: Programme, body: vocabulary.Body, state: Document | None) -> bool:
    """Whether the body is in the running phase, or may enter it as soon as it is approved."""
    admitted = state is not None and state["admitted_at"] is not None
    measured = state is not None and state["measured_at"] is not None
    return programme.admits(codes_of(body), admitted, measured)


def codes_of(body: vocabulary.Body) -> frozenset[str]:
    """The body and those that it carries on for."""
    return frozenset({body.code, *(earlier.code for earlier in vocabulary.predecessors(body.code))})


def ways_in(programme: Programme, body: vocabulary.Body) -> list[tuple[str, dict[str, Any]]]:
    """How and when a body that is not admitted can enter, the first way first: msgids and their values."""
    ways = []
    for phase in programme.ways(codes_of(body)):
        when = "now" if phase.number == programme.running else "day" if phase.begins else "later"
        day = phase.begins.strftime("%d/%m/%Y") if phase.begins else ""
        ways.append((WAYS[phase.admits, when], {"body": body.name, "phase": phase.number, "day": day}))
    return ways or [(NO_WAY, {"phase": programme.running})]


def entrances(programme: Programme, body: vocabulary.Body) -> list[dict[str, Any]]:
    """The same for programs: phase, its first day, and `by` what the body enters."""
    return [
        {
            "phase": phase.number,
            "begins": phase.begins.isoformat() if phase.begins else None,
            "by": {"measured": "measurements"}.get(phase.admits, phase.admits),
        }
        for phase in programme.ways(codes_of(body))
    ]
