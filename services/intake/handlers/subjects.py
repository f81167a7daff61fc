"""What a request is about and whose it is, checked against the vocabulary; a wrong code is told its nearest ones."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from contracts import vocabulary
from services.chassis.i18n import N_
from services.chassis.problems import Problem

_ENDED = N_("That body has ended; send the request in the name of its successor.")
CARRIED_ON = N_("{body} has ended. {successor} ({code}) carries on for it.")
_UNKNOWN_BODY = N_("No body has this ISTAT or IPA code.")
_UNKNOWN_THEME = N_("No theme has this code.")
_UNKNOWN_PROCEDURE = N_("No procedure has this code.")


@dataclass(frozen=True)
class Subject:
    """A theme, None while nobody has told it, and perhaps one of its procedures."""

    theme: str | None = None
    procedure: str | None = None

    def codes(self) -> dict[str, str | None]:
        """Both, as the timeline keeps them."""
        return {"theme": self.theme, "procedure": self.procedure}


def checked_subject(theme: str | None, procedure: str | None) -> Subject:
    """The subject; a procedure alone tells its theme. Raises 422."""
    if procedure is not None:
        known = vocabulary.procedure(procedure)
        if known is None:
            raise unknown("/procedure", _UNKNOWN_PROCEDURE, vocabulary.nearest(procedure, "procedure"))
        if theme is None or theme == known.theme:
            return Subject(known.theme, procedure)
    if theme is not None and vocabulary.theme(theme) is None:
        raise unknown("/theme", _UNKNOWN_THEME, vocabulary.nearest(theme, "theme"))
    if procedure is not None:
        known_theme = vocabulary.theme(theme or "")
        raise unknown(
            "/procedure",
            N_("This procedure belongs to another theme."),
            list(known_theme.procedures) if known_theme else [],
        )
    return Subject(theme)


def checked_further(themes: Iterable[str], main: str | None = None, *, field: str = "further_themes") -> list[str]:
    """Themes beside the main one, each once. Raises 422 for a code that does not exist, pointing into `field`."""
    named = list(themes)
    for number, theme in enumerate(named):
        if vocabulary.theme(theme) is None:
            raise unknown(f"/{field}/{number}", _UNKNOWN_THEME, vocabulary.nearest(theme, "theme"))
    return [theme for theme in dict.fromkeys(named) if theme != main]


def checked_body(code: str, day: date) -> vocabulary.Body:
    """The body with this ISTAT or IPA code. Raises 422, naming the successor of one that has ended."""
    body = vocabulary.body(code.strip())
    if body is None:
        raise unknown("/body", _UNKNOWN_BODY, vocabulary.nearest(code, "body"))
    if not body.valid_on(day):
        raise _ended(body, vocabulary.successor(body, day))
    return body


def body_now(code: str, day: date) -> str:
    """The code of this body; of one that has ended, that of the one which carries on for it, if there is one."""
    body = vocabulary.body(code)
    heir = vocabulary.successor(body, day) if body and not body.valid_on(day) else None
    return heir.code if heir else code


def carried_on(ended: vocabulary.Body, heir: vocabulary.Body) -> dict[str, str]:
    """The values of `CARRIED_ON`."""
    return {"body": ended.name, "successor": heir.name, "code": heir.code}


def _ended(body: vocabulary.Body, heir: vocabulary.Body | None) -> Problem:
    """422 for a body that is not in force, naming the one that carries on for it."""
    problem = unknown("/body", _ENDED, [heir.code] if heir else [])
    if heir:
        problem.detail = CARRIED_ON
        problem.values |= carried_on(body, heir)
    problem.extra["successor"] = heir.code if heir else None
    return problem


def unknown(pointer: str, fault: str, nearest: list[str]) -> Problem:
    """422 for a code that cannot be used, with those that may have been meant."""
    detail = N_("A code cannot be used. Nearest valid ones: {nearest}.") if nearest else fault
    return Problem(
        422,
        N_("Some fields are not valid"),
        detail,
        errors=[{"pointer": pointer, "detail": fault}],
        values={"nearest": ", ".join(nearest)},
        extra={"nearest": nearest},
    )
