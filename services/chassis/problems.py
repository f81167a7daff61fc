"""Problems: every error answer is problem+json (RFC 9457) on APIs and a page of the frame elsewhere.

Texts are English msgids with `{placeholders}`, translated when the answer is made; no internals in them.
"""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from services.chassis.errors import PermanentError
from services.chassis.i18n import N_

TYPE = "urn:affianca:problem:"


class Problem(PermanentError):
    """An answer that tells the caller what is wrong and what to do.

    detail: msgid, formatted with `values`. errors: `{pointer, detail}` of each wrong field (422).
    extra: further members of the answer, for instance the allowed transitions. kind: last part of its `type`.
    """

    def __init__(
        self,
        status: int,
        title: str,
        detail: str = "",
        *,
        kind: str = "",
        errors: Sequence[Mapping[str, str]] = (),
        values: Mapping[str, object] | None = None,
        headers: Mapping[str, str] | None = None,
        extra: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(title)
        self.status = status
        self.title = title
        self.detail = detail
        self.kind = kind or HTTPStatus(status).name.lower().replace("_", "-")
        self.errors = [dict(error) for error in errors]
        self.values = dict(values or {})
        self.headers = dict(headers or {})
        self.extra = dict(extra or {})

    def document(self, instance: str, translate: Any) -> dict[str, Any]:
        """The members of the answer; `translate` turns a msgid into the reader's language."""
        members: dict[str, Any] = {
            "type": TYPE + self.kind,
            "title": translate(self.title),
            "status": self.status,
            "detail": translate(self.detail).format(**self.values) if self.detail else translate(self.title),
            "instance": instance,
        }
        if self.errors:
            members["errors"] = [
                {"pointer": error["pointer"], "detail": translate(error["detail"])} for error in self.errors
            ]
        return members | self.extra


def unauthenticated(detail: str = N_("Send a bearer token or an API key.")) -> Problem:
    """401: nobody is recognised."""
    challenge = {"WWW-Authenticate": 'Bearer realm="affianca"'}
    return Problem(401, N_("You are not recognised"), detail, headers=challenge)


def forbidden(detail: str = N_("Your role does not allow this. Ask the Segreteria Tecnica if it should.")) -> Problem:
    """403: recognised, but not allowed."""
    return Problem(403, N_("Not allowed"), detail)


def without_role() -> Problem:
    """403: recognised, but whatever they were given has ended, or has not begun."""
    detail = N_(
        "You have no role now: it has ended, or none was given to you yet. Ask the representative of your body, or the "
        "Segreteria Tecnica, to enable you."
    )
    return Problem(403, N_("Not allowed"), detail, kind="no-role")


def not_found(detail: str = N_("It does not exist, or you may not see it.")) -> Problem:
    """404, also for what the caller may not see: its existence is not disclosed."""
    return Problem(404, N_("Not found"), detail)


def invalid(errors: Sequence[Mapping[str, str]], detail: str = N_("Correct the fields named in errors.")) -> Problem:
    """422: fields that cannot be used."""
    return Problem(422, N_("Some fields are not valid"), detail, errors=errors)


def unavailable() -> Problem:
    """503: an outside party is away, nothing is known to be stored."""
    detail = N_("Nothing was lost. Try again in a few seconds, with the same Idempotency-Key.")
    return Problem(503, N_("Temporarily unavailable"), detail, headers={"Retry-After": "5"})
