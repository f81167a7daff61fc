"""What callers send for the actions on a request; fields that are not listed are refused."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from contracts.requests import Outcome, Visibility
from services.intake.handlers.fields import Code, Companies, FurtherThemes, Line, Prose


class _Command(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Message(_Command):
    """A message; internal ones are read by experts and coordinators only."""

    text: Prose
    visibility: Visibility = "shared"


class Question(_Command):
    """What the expert needs to know; the clock pauses until the answer."""

    text: Prose


class Resolution(_Command):
    """How the request ended, and the explanation."""

    outcome: Outcome
    text: Prose


class Reopening(_Command):
    """Why the request is not solved."""

    reason: Prose


class Closing(_Command):
    """The requester's judgement, if they give one."""

    rating: Annotated[int, Field(ge=1, le=5)] | None = None
    comment: Prose | None = None


class Withdrawal(_Command):
    """Why help is no longer needed, if they say so."""

    reason: Prose | None = None


class Reclassification(_Command):
    """What the request is about."""

    theme: Code
    procedure: Code | None = None
    further_themes: FurtherThemes | None = None
    companies: Companies | None = None


class Merging(_Command):
    """The number of the request that goes on."""

    into: Annotated[Line, Field(pattern=r"^[0-9]{4}-[0-9]{6,12}$")]
