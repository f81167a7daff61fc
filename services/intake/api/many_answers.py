"""`/api/intake/answers`: one answer to many requests that ask the same."""

from typing import Annotated, Literal

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field

from contracts.envelope import Number
from contracts.requests import Outcome
from services.chassis.auth import Caller, allow
from services.chassis.i18n import language_of
from services.chassis.idempotency import Repeatable, once
from services.chassis.service import Service
from services.intake.handlers.answering import MOST, Answer, answer_all
from services.intake.handlers.fields import Prose
from services.intake.handlers.parts import Parts
from services.intake.store.requests import REQUESTS

Worker = Annotated[Caller, Depends(allow("expert", "coordinator", "secretariat"))]


class ManyAnswers(BaseModel):
    """The requests by number, and what is said in the conversation of each; `resolve`: each is resolved with it."""

    model_config = ConfigDict(extra="forbid")

    requests: Annotated[list[Number], Field(min_length=1, max_length=MOST)]
    text: Prose
    resolve: Outcome | None = None


class Answered(BaseModel):
    """What became of one request; `detail` says why it was refused."""

    number: str
    outcome: Literal["done", "refused"]
    message: str | None
    detail: str


class AnsweredList(BaseModel):
    """All of them, in the order they were named."""

    items: list[Answered]
    next_cursor: None = None


def router(service: Service, parts: Parts) -> APIRouter:
    """The route."""
    routes = APIRouter(prefix="/api/intake", tags=["requests"])

    @routes.post("/answers", summary="Answer many requests at once")
    async def answer_many(sent: Repeatable, form: ManyAnswers, caller: Worker) -> AnsweredList:
        """Says the same to several bodies, each in its own conversation; what cannot be done is told, one by one."""
        named = await parts.stores.requests.ids_of(form.requests)
        keys = {REQUESTS: [id for _, id in named if id]}
        said = Answer(form.text, form.resolve)
        told = await once(
            sent, caller, parts.executor, keys, lambda work: {"items": answer_all(work, named, caller, said)}
        )
        words = service.web.pages.translations.translator(language_of(sent.request, caller))
        return AnsweredList(items=[Answered(**line | {"detail": words(line["detail"])}) for line in told["items"]])

    return routes
