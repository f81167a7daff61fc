"""/api/routing: decisions explained, the queue of who waits, and a coordinator's own decision."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from contracts.envelope import Id
from services.chassis.auth import Caller, allow
from services.chassis.execution import Executor
from services.chassis.i18n import Translator, language_of
from services.chassis.idempotency import Repeatable, Sent, once
from services.chassis.mongo import Document
from services.chassis.pages import Pages
from services.chassis.paging import Cursor, Limit, moment, position, text
from services.chassis.problems import not_found
from services.routing.api.documents import assignment, decision, page, pinned, waiting
from services.routing.desk import Decide, Desk, Run, manages
from services.routing.explanation import explain, explain_briefly, people_in, say_not_now, say_waiting
from services.routing.names import Names
from services.routing.store import ASSIGNMENTS
from services.routing.store.reading import Reading

Staff = Annotated[Caller, Depends(allow("coordinator", "secretariat"))]


Text = Annotated[
    str, StringConstraints(strip_whitespace=True, max_length=500, pattern=r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*$")
]
Reason = Annotated[Text, Field(description="Kept with the decision, and shown in its explanation.")]


class Assign(BaseModel):
    """Whom a coordinator wants to be asked; co-experts see the request and work along. Not sent: who helps now."""

    model_config = ConfigDict(extra="forbid")
    expert: Id
    co_experts: Annotated[list[Id] | None, Field(max_length=10)] = None
    reason: Reason = ""
    pin: Annotated[bool, Field(description="The matcher may not move the request away from this expert.")] = False


class Pin(BaseModel):
    """For whom a coordinator keeps a request: the matcher asks nobody else."""

    model_config = ConfigDict(extra="forbid")
    expert: Id
    reason: Reason = ""


def router(desk: Desk, reading: Reading, executor: Executor, pages: Pages, names: Names) -> APIRouter:
    """The routes."""
    routes = APIRouter(prefix="/api/routing", tags=["routing"])

    async def explanation(made: Document, translator: Translator, inside: bool) -> list[str]:
        return (
            explain(made, translator, await names.of(people_in(made))) if inside else explain_briefly(made, translator)
        )

    @routes.get("/requests/{number}")
    async def get_decision(request: Request, caller: Staff, number: str) -> dict[str, Any]:
        """Who was chosen and why: shares of the score, runners-up, vetoed with reasons, version of the rules.

        `explanation` names people to whoever directs the task force, and nobody to others, as the pages do.
        """
        case = await reading.case(number)
        if case is None:
            raise not_found()
        translator = pages.translations.translator(language_of(request, caller))
        made = await reading.decision(case["_id"])
        lead = await reading.one(ASSIGNMENTS, case["lead"]["assignment"]) if case["lead"] else None
        veto = (await desk.not_now([case])).get(case["_id"])
        return {
            "request": case["_id"],
            "number": number,
            "assignment": assignment(lead) if lead else None,
            "waiting": waiting(case, say_waiting(case, veto, translator)) if case["queue"] and not lead else None,
            "pinned": pinned(case)["pinned"],
            "decision": decision(made) if made else None,
            "explanation": await explanation(made, translator, manages(caller, [case["theme"]])) if made else [],
        }

    @routes.post("/requests/{number}/assign", status_code=201)
    async def assign(sent: Repeatable, caller: Staff, number: str, wish: Assign) -> dict[str, Any]:
        """A coordinator decides who is asked; whoever was asked before is let go."""
        run = answered_once(sent, caller, executor)
        return await desk.assign(number, caller, wish.expert, wish.co_experts, wish.reason, wish.pin, run)

    @routes.put("/requests/{number}/pin")
    async def pin(request: Request, caller: Staff, number: str, wish: Pin) -> dict[str, Any]:
        """Keeps a request for one expert: the matcher asks nobody else, and does not take it away.

        `not_now`: the veto by which the expert cannot be asked at present, null for none; `explanation` says it.
        """
        case = await desk.pin(number, caller, wish.expert, wish.reason)
        veto = (await desk.not_now([case])).get(case["_id"])
        translator = pages.translations.translator(language_of(request, caller))
        return pinned(case) | {"not_now": veto, "explanation": say_not_now(veto, translator)}

    @routes.delete("/requests/{number}/pin")
    async def unpin(caller: Staff, number: str) -> dict[str, Any]:
        """Lets the matcher decide again."""
        return pinned(await desk.unpin(number, caller))

    @routes.get("/queue")
    async def queue(request: Request, caller: Staff, limit: Limit = 50, cursor: Cursor = None) -> dict[str, Any]:
        """Requests without an expert, those to be served first ahead, each with the reason."""
        translator = pages.translations.translator(language_of(request, caller))
        rows = await reading.queue(limit, position(cursor, moment, text) if cursor is not None else None)
        vetoes = await desk.not_now(rows)
        items = [waiting(row, say_waiting(row, vetoes.get(row["_id"]), translator)) for row in rows]
        return page(items, rows, limit, "precedence", "_id")

    return routes


def answered_once(sent: Sent, caller: Caller, executor: Executor) -> Run:
    """How a decision about an assignment is carried out that may be sent again; it returns what the API answers."""

    async def run(keys: dict[str, list[str]], decide: Decide) -> dict[str, Any]:
        return await once(sent, caller, executor, keys, lambda work: assignment(decide(work)))

    return run
