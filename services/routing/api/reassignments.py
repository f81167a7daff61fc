"""/api/routing/reassignments: an expert's cases to others, previewed and confirmed; and decisions about several."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel, ConfigDict, Field, model_validator

from contracts.envelope import Id, Number
from services.chassis.auth import Caller, allow
from services.chassis.execution import Executor
from services.chassis.i18n import N_, language_of
from services.chassis.idempotency import Repeatable, once
from services.chassis.mongo import Document
from services.chassis.pages import Pages
from services.chassis.problems import invalid
from services.routing.api.decisions import Reason
from services.routing.api.documents import plain
from services.routing.bulk.decisions import Action, Decisions
from services.routing.bulk.reassignments import Reassignments, keep
from services.routing.handlers.assigning import Wish

Staff = Annotated[Caller, Depends(allow("coordinator", "secretariat"))]
Numbers = Annotated[list[Number], Field(min_length=1, max_length=200)]
_SHOWN = (
    "number", "request", "assignment", "theme", "province", "status", "pinned", "chosen", "reason", "runners_up",
    "vetoed_counts", "co_experts",
)  # fmt: skip
_WHY = (
    "Number -> why a line of the outcome `changed` was not applied: `over` the request is over, `elsewhere` it is with "
    "somebody else, `answered` the expert has answered, `request` it is another one now, `taker` whoever was to get it "
    "or to help changed, has no place or is not there, `rules` other rules decide now."
)


class Reassignment(BaseModel):
    """Whose cases go to others; requests: these of them only."""

    model_config = ConfigDict(extra="forbid")
    expert: Id
    requests: Numbers | None = None
    reason: Reason = ""


class Confirmation(BaseModel):
    """What of the preview is applied, all of it if nothing is said."""

    model_config = ConfigDict(extra="forbid")
    requests: Numbers | None = None
    release_rest: Annotated[
        bool, Field(description="What nobody can take now waits for somebody else instead of staying with the expert.")
    ] = False


class SeveralDecisions(BaseModel):
    """One decision about several requests; unpinning needs no expert."""

    model_config = ConfigDict(extra="forbid")
    requests: Numbers
    action: Action
    expert: Id | None = None
    reason: Reason = ""

    @model_validator(mode="after")
    def _names_somebody(self) -> "SeveralDecisions":
        if self.action != "unpin" and self.expert is None:
            raise ValueError(N_("Name the expert."))
        return self


class Decided(BaseModel):
    """What became of one request; `detail` says why it was refused, or not kept for anybody before (`unchanged`).

    With `pinned` it says why the expert cannot be asked now.
    """

    number: str
    outcome: Literal["assigned", "pinned", "unpinned", "unchanged", "refused"]
    detail: str


class DecidedList(BaseModel):
    """All of them, in the order they were named."""

    items: list[Decided]
    next_cursor: None = None


class Preview(BaseModel):
    """Who would get each case, and what became of it after the confirmation. `again`: the preview of what changed."""

    id: str
    expert: str
    at: str
    rules_version: str
    reason: str
    items: list[dict[str, Any]]
    outcome: dict[str, list[str]] | None
    why: Annotated[dict[str, str], Field(description=_WHY)] = {}
    again: str | None
    not_theirs: Annotated[
        list[str], Field(description="Numbers that were sent and are not with this expert, or not yours to decide.")
    ] = []


def router(reassignments: Reassignments, decisions: Decisions, executor: Executor, pages: Pages) -> APIRouter:
    """The routes."""
    routes = APIRouter(prefix="/api/routing", tags=["routing"])

    @routes.post("/reassignments", status_code=201, summary="Preview who would get an expert's cases")
    async def preview(sent: Repeatable, response: Response, caller: Staff, wish: Reassignment) -> Preview:
        """Matches all cases of an expert to others by the rules in force, and changes nothing but this preview."""
        made = await reassignments.preview(caller, wish.expert, wish.requests, wish.reason)
        if made["not_theirs"] and not made["items"]:
            raise invalid([{"pointer": "/requests", "detail": N_("None of these requests is with this expert.")}])
        kept = await once(sent, caller, executor, {}, lambda work: {"preview": keep(work, made)})
        response.headers["Location"] = f"/api/routing/reassignments/{kept['preview']['_id']}"
        return _document(kept["preview"])

    @routes.get("/reassignments/{id}", summary="Read a preview or its outcome")
    async def read(caller: Staff, id: str) -> Preview:
        """A preview that the caller made, with its outcome once it was confirmed."""
        found = await reassignments.find(id, caller)
        return _document({**found, "again": await reassignments.follow_up(found, caller)})

    @routes.post("/reassignments/{id}/confirmation", summary="Apply a preview")
    async def confirm(caller: Staff, id: str, choice: Confirmation | None = None) -> Preview:
        """Applies it in one unit of work. What has changed since is not applied, but shown again in `again`."""
        told = choice or Confirmation()
        return _document(await reassignments.confirm(id, caller, told.requests, told.release_rest))

    @routes.post("/decisions", summary="Assign or keep several requests at once")
    async def decide(sent: Repeatable, caller: Staff, wish: SeveralDecisions) -> DecidedList:
        """A coordinator decides about several requests; what cannot be done is told, and does not stop the others."""
        expert, by = wish.expert or str(caller.id), str(caller.id)
        wanted = Wish(expert, by, reason=wish.reason, pin=wish.action == "assign_and_pin")
        rows, keys = await decisions.needs(wish.requests, expert)
        told = await once(
            sent, caller, executor, keys,
            lambda work: {"items": decisions.decide(work, rows, wish.requests, caller, wish.action, wanted)},
        )  # fmt: skip
        translator = pages.translations.translator(language_of(sent.request, caller))
        return DecidedList(items=[Decided(**line | {"detail": translator(line["detail"])}) for line in told["items"]])

    return routes


def _document(preview: Document) -> Preview:
    items = [
        {name: plain(item[name]) for name in _SHOWN} | {"until": plain(item["until"])} for item in preview["items"]
    ]
    facts = {name: preview[name] for name in ("expert", "rules_version", "reason", "outcome", "again")}
    return Preview(
        id=preview["_id"],
        at=plain(preview["at"]),
        items=items,
        why=preview.get("why", {}),
        not_theirs=preview.get("not_theirs", []),
        **facts,
    )
