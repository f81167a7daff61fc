"""What is wrong with a line, as the sender can read it: the column as the file names it, what to do, what was meant."""

from collections.abc import Callable
from typing import Any

from services.chassis.problems import Problem
from services.intake.domain.tables import Header, Unusable, column_of

Line = dict[str, Any]
Say = Callable[..., str]


def faults_of(say: Say, fault: Unusable | Problem, header: Header) -> list[Line]:
    """All that is wrong with a line."""
    if isinstance(fault, Unusable):
        return [fault_of(say, fault)]
    nearest = {"nearest": fault.extra["nearest"]} if fault.extra.get("nearest") else {}
    place = {403: "/body", 409: "/external_id"}.get(fault.status, "")
    told = fault.errors or [{"pointer": place, "detail": fault.detail or fault.title}]
    values = {} if fault.errors else fault.values
    return [
        {
            "column": header.name_of(column_of(each["pointer"])),
            "pointer": each["pointer"],
            "detail": say(each["detail"], **values),
            **nearest,
        }
        for each in told
    ]


def fault_of(say: Say, fault: Unusable) -> Line:
    """Why a line, or the rest of the file, cannot be used."""
    nearest = {"nearest": list(fault.nearest)} if fault.nearest else {}
    return {"line": fault.line, "column": fault.column, "detail": say(fault.text, **fault.values), **nearest}
