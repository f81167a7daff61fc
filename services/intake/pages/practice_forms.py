"""The form of a draft: texts, references one a line, boxes for themes."""

from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError
from starlette.datastructures import FormData

from services.chassis.forms import unix_lines
from services.chassis.validation import problem_of
from services.intake.handlers.practices import PracticeChanges


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
            return cls(PracticeChanges.model_validate(fields), int(seen) if seen.isdecimal() else 0)
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


def unsent(form: FormData) -> str:
    """The texts of a form that came too late, to be copied: its fields may no longer be on the page."""
    names = ("title", "problem", "solution", "references", "reason")
    return "\n\n".join(text for name in names if (text := unix_lines(str(form.get(name) or "")).strip()))
