"""`/api/practices/{id}/...`: sending a draft for review, publishing or returning it, withdrawing it, judging it."""

from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict
from starlette.responses import Response

from services.chassis.auth import PEOPLE, Caller, allow
from services.intake.api.answers import parts_of
from services.intake.api.practices import readable_practice, shown
from services.intake.handlers import practices
from services.intake.handlers.fields import Prose
from services.intake.handlers.parts import Parts
from services.intake.store.practices import PRACTICES, VOTES

routes = APIRouter(prefix="/api/practices/{id}", tags=["practices"])
Here = Annotated[Parts, Depends(parts_of)]
Writer = Annotated[Caller, Depends(allow("expert", "coordinator", "secretariat"))]
Reviewer = Annotated[Caller, Depends(allow("coordinator", "secretariat"))]
Person = Annotated[Caller, Depends(allow(*PEOPLE))]


class Publication(BaseModel):
    """Whether it may be published; a refusal needs its reason."""

    model_config = ConfigDict(extra="forbid")

    approved: bool
    reason: Prose | None = None


class Withdrawal(BaseModel):
    """Why it is no longer to be read."""

    model_config = ConfigDict(extra="forbid")

    reason: Prose | None = None


class Judgement(BaseModel):
    """Whether it helped."""

    model_config = ConfigDict(extra="forbid")

    helpful: bool


@routes.post("/review")
async def send_practice_for_review(id: str, caller: Writer, parts: Here) -> Response:
    """Its author gives a draft to those who review; 422 while it names the people or the body of its request."""
    found = await readable_practice(parts, caller, id)
    known = await practices.known_for(parts, found)
    keys = {PRACTICES: [found["_id"]]}
    sent = await parts.executor.run(keys, lambda work: practices.send_for_review(work, found["_id"], caller, known))
    return await shown(parts, caller, sent)


@routes.post("/publication")
async def decide_about_practice(id: str, form: Publication, caller: Reviewer, parts: Here) -> Response:
    """Somebody else than its author publishes it as a new edition, or returns it with a reason."""
    found = await readable_practice(parts, caller, id)
    known = await practices.known_for(parts, found)
    keys = {PRACTICES: [found["_id"]]}
    decided = await parts.executor.run(
        keys, lambda work: practices.decide(work, found["_id"], caller, form.approved, form.reason, known)
    )
    return await shown(parts, caller, decided)


@routes.post("/withdrawal")
async def withdraw_practice(id: str, form: Withdrawal, caller: Writer, parts: Here) -> Response:
    """Takes it from its readers; its editions stay."""
    found = await readable_practice(parts, caller, id)
    keys = {PRACTICES: [found["_id"]]}
    withdrawn = await parts.executor.run(keys, lambda work: practices.withdraw(work, found["_id"], caller, form.reason))
    return await shown(parts, caller, withdrawn)


@routes.put("/feedback")
async def judge_practice(id: str, form: Judgement, caller: Person, parts: Here) -> Response:
    """Says whether it helped; one judgement for each reader, the last one counts."""
    found = await readable_practice(parts, caller, id)
    keys = {PRACTICES: [found["_id"]], VOTES: [practices.vote_id(found["_id"], caller)]}
    await parts.executor.run(keys, lambda work: practices.vote(work, found["_id"], caller, form.helpful))
    return await shown(parts, caller, found)
