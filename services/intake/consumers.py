"""The events that intake listens to, and what each does."""

from typing import Any

from contracts.assignments import (
    AssignmentAccepted,
    AssignmentDeclined,
    AssignmentExpired,
    AssignmentOffered,
    AssignmentReleased,
    RequestUnroutable,
)
from contracts.measurements import MeasurementSubmitted
from contracts.service_levels import DeadlineAtRisk, DeadlineBreached, DeadlineCorrected
from services.chassis.decoding import On
from services.intake.domain.programme import Programme
from services.intake.handlers import assignments, bodies
from services.intake.programme import read_programme


def events(programme: Programme) -> tuple[On[Any], ...]:
    """The table of events; the programme decides whom measurements admit."""
    return (
        On(AssignmentOffered, assignments.assignment_changed, assignments.needs),
        On(AssignmentAccepted, assignments.assignment_changed, assignments.needs),
        On(AssignmentDeclined, assignments.assignment_changed, assignments.needs),
        On(AssignmentExpired, assignments.assignment_changed, assignments.needs),
        On(AssignmentReleased, assignments.assignment_changed, assignments.needs),
        On(RequestUnroutable, assignments.assignment_changed, assignments.needs),
        On(DeadlineAtRisk, assignments.deadline_changed, assignments.needs),
        On(DeadlineBreached, assignments.deadline_changed, assignments.needs),
        On(DeadlineCorrected, assignments.deadline_changed, assignments.needs),
        On(MeasurementSubmitted, bodies.measured_in(programme), bodies.measured_keys),
    )


EVENTS = events(read_programme())
