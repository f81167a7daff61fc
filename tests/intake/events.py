"""Events of other services as intake receives them, delivered through its own table and save."""

from typing import Any

from contracts.assignments import AssignmentEvent, AssignmentState
from contracts.envelope import Event, event_type, new_id
from contracts.measurements import MeasurementData, MeasurementState, MeasurementSubmitted
from services.chassis.clock import Clock
from services.chassis.execution import load
from services.chassis.saving import save
from services.chassis.work import Origin, Work
from services.intake.consumers import events
from services.intake.domain.programme import Programme
from services.intake.programme import read_programme
from tests.intake.conftest import Town

START = Clock().now()


def assignment(
    model: type[AssignmentEvent], request: dict[str, Any], status: str, *,
    expert: str | None, round: int, sequence: int, reason: str | None = None,
) -> Any:  # fmt: skip
    """An event of routing about a request."""
    state = AssignmentState.model_validate({
        "id": new_id(), "request": request["id"], "number": request["number"], "request_order": (1, 1),
        "round": round, "status": status, "expert": expert, "offered_at": START,
    })  # fmt: skip
    data = {"state": state.model_dump()} | ({"reason": reason} if reason else {})
    return event(model, request["id"], sequence, data)


def measurement(body: str, at: Any, half_year: str = "2026-H1") -> Any:
    """A body's first figures for a half-year."""
    state = MeasurementState.model_validate({
        "id": new_id(), "body": body, "province": "BG", "procedure": "via", "half_year": half_year, "version": 1,
        "submitted_at": at,
    })  # fmt: skip
    return event(MeasurementSubmitted, state.id, 1, MeasurementData(state=state).model_dump())


def event(model: type[Any], subject: str, sequence: int, data: Any, epoch: int = 1) -> Any:
    """An event with the envelope that its owner would give it."""
    return model.model_validate({
        "id": new_id(), "source": "urn:affianca:test", "type": event_type(model), "subject": subject,
        "time": Clock().now(), "correlationid": new_id(), "sequence": sequence, "epoch": epoch, "data": data,
    })  # fmt: skip


async def deliver(town: Town, *arriving: Event, programme: Programme | None = None) -> None:
    """Handles events one after the other: load, decide, save."""
    table = {event_type(entry.model): entry for entry in events(programme or read_programme())}
    for arrived in arriving:
        entry = table[arrived.type]
        view = await load(town.service.database, [entry.keys(arrived)])
        work = Work(view, Clock().now(), Origin("urn:affianca:test"), arrived)
        entry.handle(work, arrived)
        await save(town.service.database, [work])
