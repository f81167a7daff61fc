"""Who may send requests for a body, and whether the body may ask for help now; a refusal says what to do."""

from contracts import vocabulary
from services.chassis.auth import Caller
from services.chassis.i18n import N_
from services.chassis.mongo import Document
from services.chassis.problems import Problem, forbidden
from services.intake.domain.programme import Programme


def check_sender(caller: Caller, body: vocabulary.Body, synthetic: bool) -> None:
    """Raises 403 for who may not send a request in the name of this body."""
    of_body = body.code in caller.scopes("official", "representative", "front_end")
    # Of coordinators only the import lets in: they bring what reached them in other ways.
    if not (of_body or caller.everywhere("front_end") or caller.has("secretariat", "coordinator")):
        raise forbidden(N_("You may send requests only for the bodies that you act for."))
    if synthetic and not caller.has("secretariat"):
        raise forbidden(N_("Only the Segreteria Tecnica may send synthetic requests."))


def check_admitted(programme: Programme, body: vocabulary.Body, state: Document | None) -> None:
    """Raises 403 for a body that may not ask for help now, saying what to do."""
    status = state["status"] if state else "known"
    details = {
        "known": N_("{body} is not registered. Its representative registers it and uploads the signed protocol."),
        "registered": N_("The registration of {body} waits for the approval of the Segreteria Tecnica."),
        "rejected": N_("The registration of {body} was refused. Its representative can send it again."),
    }
    if detail := details.get(status):
        kind, values = f"body-{status}", {"body": body.name}
        raise Problem(403, N_("The body may not send requests yet"), detail, kind=kind, values=values)
    assert state is not None
    if not programme.admits(body.code, state["admitted_at"] is not None, state["measured_at"] is not None):
        phase = programme.phase
        detail = (
            N_("{body} enters phase {phase} when it has sent its measurements of durations and backlog.")
            if phase.admits == "measured"
            else N_("Phase {phase} is open to chosen bodies only; {body} can enter when the next phase begins.")
        )
        values = {"body": body.name, "phase": str(phase.number)}
        raise Problem(403, N_("The body may not send requests yet"), detail, kind="body-not-admitted", values=values)
