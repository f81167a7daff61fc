"""What a practice says: its fields, checked, and how a draft is made of a request."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from services.chassis.i18n import N_
from services.chassis.mongo import Document
from services.chassis.problems import invalid
from services.intake.domain.anonymity import Known, neutral
from services.intake.domain.texts import tokens
from services.intake.handlers.fields import Code, Line, Prose, Title
from services.intake.handlers.subjects import checked_further, checked_subject

Reference = Annotated[Line, Field(min_length=1, max_length=500)]
"""A law, a ruling, a circular, a web page."""
_FIELDS = ("title", "problem", "solution", "references", "themes", "procedure")
TEXTS = ("title", "problem", "solution")


class PracticeChanges(BaseModel):
    """The fields to change; what is not sent stays. Null takes the procedure away."""

    model_config = ConfigDict(extra="forbid")

    title: Title | None = None
    problem: Prose | None = None
    solution: Prose | None = None
    references: Annotated[list[Reference], Field(max_length=30)] | None = None
    themes: Annotated[list[Code], Field(min_length=1, max_length=5)] | None = None
    procedure: Code | None = None

    def fields(self) -> dict[str, Any]:
        """What was sent. Raises 422 for a null that is none of the values."""
        sent = self.model_dump(exclude_unset=True)
        empty = [name for name, value in sent.items() if value is None and name != "procedure"]
        if empty:
            raise invalid([{"pointer": f"/{name}", "detail": N_("This field cannot be taken away.")} for name in empty])
        return sent


Content = dict[str, Any]
"""title, problem, solution, references, themes, procedure."""


def checked(content: Content) -> Content:
    """The content with codes that exist. Raises 422."""
    themes = checked_further(content["themes"], field="themes")
    procedure = content["procedure"]
    if procedure is not None:
        theme = checked_subject(None, procedure).theme
        if theme is not None and theme not in themes:
            themes = [*themes, theme]
    return {**{name: content[name] for name in _FIELDS}, "themes": themes}


def draft_of(request: Document, messages: list[Document], known: Known) -> Content:
    """A first text: what the request asked and how it was resolved, with neutral words for names."""
    resolution = (request["resolution"] or {}).get("message")
    said = next((message["text"] for message in messages if message["_id"] == resolution), "")
    themes = [theme for theme in (request["theme"], *request.get("further_themes", ())) if theme]
    return {
        "title": neutral(request["title"], known)[:200],
        "problem": neutral(request["description"], known)[:20_000],
        "solution": neutral(said, known)[:20_000],
        "references": [],
        "themes": list(dict.fromkeys(themes)),
        "procedure": request["procedure"],
    }


def last_return(practice: Document) -> str | None:
    """Why it was returned to its author last, also when it has been sent for review since."""
    returns = (line for line in reversed(practice["history"]) if line["action"] == "returned")
    return next((line.get("reason") for line in returns), None)


def found_by(content: Content, *names: str) -> list[str]:
    """The stems by which a practice is found. names: of its themes and procedure."""
    return tokens(content["title"], *names, content["problem"], content["solution"], *content["references"])
