"""The form of a draft: texts, references one a line, boxes for themes."""

import re
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BaseModel, Field, ValidationError
from starlette.datastructures import FormData

from services.chassis.forms import unix_lines
from services.chassis.problems import invalid
from services.chassis.validation import problem_of
from services.intake.handlers.fields import Prose
from services.intake.handlers.practices import PracticeChanges

_VERSION = re.compile(r"[0-9]{1,15}")


class _Reason(BaseModel):
    text: Annotated[Prose, Field(max_length=2000)]


@dataclass(frozen=True)
class DraftForm:
    """What was sent. seen: the version of the draft that the writer had before their eyes."""

    sent: PracticeChanges
    seen: int

    @classmethod
    def read(cls, form: FormData) -> "DraftForm":
        """Raises 422, naming the wrong fields."""
        values = written(form)
        references = [line.strip() for line in values["references"].split("\n") if line.strip()]
        fields = {**values, "references": references, "procedure": values["procedure"] or None}
        seen = fields.pop("seen")
        try:
            return cls(PracticeChanges.model_validate(fields), int(seen) if _VERSION.fullmatch(seen) else 0)
        except ValidationError as error:
            raise problem_of(error) from error

    def changes(self) -> dict[str, Any]:
        """The fields that stood on the page: all of them."""
        return self.sent.fields()


def written(form: FormData) -> dict[str, Any]:
    """What was written, to be read or to be shown again."""
    names = ("title", "problem", "solution", "references", "procedure", "seen")
    texts: dict[str, Any] = {name: unix_lines(str(form.get(name) or "")) for name in names}
    return {**texts, "themes": [theme for theme in form.getlist("themes") if isinstance(theme, str)]}


def reason_of(form: FormData, name: str) -> str | None:
    """Why a draft is returned or withdrawn; None for nothing. Raises 422 for what cannot be kept as it is written."""
    text = unix_lines(str(form.get(name) or "")).strip()
    try:
        return _Reason(text=text).text if text else None
    except ValidationError as error:
        raise invalid([{**problem_of(error).errors[0], "pointer": f"/{name}"}]) from error


def kept(form: FormData) -> dict[str, Any]:
    """What the forms of the page show again: the draft, or the reason."""
    reasons = {name: unix_lines(str(form[name])) for name in ("reason", "why") if name in form}
    return {**(written(form) if "problem" in form else {}), **reasons}


def unsent(form: FormData) -> str:
    """The texts of a form that is no longer on the page, to be copied."""
    names = ("title", "problem", "solution", "references", "reason", "why")
    return "\n\n".join(text for name in names if (text := unix_lines(str(form.get(name) or "")).strip()))
