"""What is wrong with a request's fields, as the caller can read it: a pointer and a sentence for each."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import Request, params
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError

from services.chassis.i18n import N_
from services.chassis.middleware import media_type
from services.chassis.problems import Problem, invalid

SENTENCES = {
    "missing": N_("This field is required."),
    "extra_forbidden": N_("This field does not exist here."),
    "string_too_short": N_("Too short."),
    "string_too_long": N_("Too long."),
    "too_short": N_("Too short."),
    "too_long": N_("Too long."),
    "string_type": N_("A text is needed."),
    "string_pattern_mismatch": N_("The form is not the expected one."),
    "literal_error": N_("Not one of the allowed values."),
    "int_parsing": N_("A whole number is needed."),
    "int_type": N_("A whole number is needed."),
    "greater_than_equal": N_("Too small."),
    "less_than_equal": N_("Too large."),
    "datetime_parsing": N_("A date and time such as 2026-03-28T18:00:00Z is needed."),
    "datetime_from_date_parsing": N_("A date and time such as 2026-03-28T18:00:00Z is needed."),
    "timezone_aware": N_("The time needs a zone, such as Z or +01:00."),
    "date_from_datetime_parsing": N_("A date such as 2026-03-28 is needed."),
    "date_parsing": N_("A date such as 2026-03-28 is needed."),
}
"""Kind of fault -> sentence. What a field's own validator says (`value_error`) is taken as a msgid."""
_OF_LISTS = {"too_short": N_("Too few entries."), "too_long": N_("Too many entries.")}
"""What is said of a list, of which a sentence about a text would be wrong."""
_OTHERWISE = N_("Not a valid value.")
_MOST = 50


def problem_of(error: RequestValidationError | ValidationError) -> Problem:
    """422 naming every wrong field, or 400 for a body that is not JSON at all."""
    faults = error.errors()
    if any(fault["type"] == "json_invalid" for fault in faults):
        detail = N_("The body is not valid JSON in UTF-8.")
        return Problem(400, N_("The request cannot be read"), detail)
    if any(fault["loc"] == ("body",) and fault["type"] == "missing" for fault in faults):
        return Problem(400, N_("The request cannot be read"), N_("The body is missing."))
    told = invalid([{"pointer": pointer(fault["loc"]), "detail": _sentence(fault)} for fault in faults[:_MOST]])
    if choices := {pointer(fault["loc"]): _choices(fault) for fault in faults[:_MOST] if "expected" in _context(fault)}:
        told.extra["allowed_values"] = choices
        if len(faults) == 1 and faults[0]["loc"][:1] == ("query",):
            return not_allowed(choices)
    return told


def not_allowed(choices: Mapping[str, Sequence[str]]) -> Problem:
    """422 for parameters of an address that are none of their allowed values. choices: these, by pointer."""
    place, values = next(iter(choices.items()))
    return Problem(
        422,
        N_("Some fields are not valid"),
        N_("The parameter {name} takes one of: {allowed}."),
        errors=[{"pointer": place, "detail": SENTENCES["literal_error"]} for place in choices],
        values={"name": place.split("/")[2], "allowed": ", ".join(values)},
        extra={"allowed_values": dict(choices)},
    )


def unsupported(request: Request) -> Problem | None:
    """415 when the body is of a kind that this route does not read; its content was then never looked at."""
    field = getattr(request.scope.get("route"), "body_field", None)
    sent = media_type(request)
    if field is None or not sent:
        return None
    is_form = isinstance(field.field_info, params.Form)
    if is_form == (sent == "multipart/form-data") and (is_form or sent.endswith("json")):
        return None
    wanted = "multipart/form-data" if is_form else "application/json"
    return Problem(415, N_("This content type is not accepted"), N_("Send one of: {types}."), values={"types": wanted})


def pointer(location: tuple[Any, ...]) -> str:
    """A JSON pointer (RFC 6901) into the body; `/query/limit`, `/path/number` for the other places."""
    parts = location[1:] if location and location[0] == "body" else location
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in parts)


def _context(fault: Any) -> Mapping[str, Any]:
    return fault.get("ctx", {}) if fault["type"] == "literal_error" else {}


def _choices(fault: Any) -> list[str]:
    """Pydantic says them in a sentence: 'a', 'b' or 'c'."""
    return re.findall(r"'([^']*)'", str(_context(fault)["expected"]))


def _sentence(fault: Any) -> str:
    if fault["type"] == "value_error":
        return str(fault.get("ctx", {}).get("error", _OTHERWISE))
    sentences = SENTENCES if isinstance(fault.get("input"), str) else SENTENCES | _OF_LISTS
    return sentences.get(fault["type"], _OTHERWISE)
