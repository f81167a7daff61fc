"""/api/experts/{id}/slots, /api/routing/requests/{number}/talks and /api/routing/talks/{id}: talks in offered slots."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Response

from services.chassis.auth import Caller, allow
from services.chassis.execution import Executor
from services.chassis.i18n import N_
from services.chassis.idempotency import Repeatable, once
from services.chassis.problems import Problem, invalid, not_found
from services.chassis.work import Work
from services.routing.api.meetings import (
    Choice,
    NewSlots,
    Offered,
    Slots,
    Talk,
    TalksOfRequest,
    slot_document,
    talk_document,
)
from services.routing.handlers import talks as handlers
from services.routing.store import AGENDAS
from services.routing.talks import Talks

Expert = Annotated[Caller, Depends(allow("expert"))]
Reader = Annotated[Caller, Depends(allow("expert", "coordinator", "secretariat"))]
Booking = Annotated[Caller, Depends(allow("official", "representative"))]
Anybody = Annotated[Caller, Depends(allow("official", "representative", "expert", "coordinator", "secretariat"))]
Taking = Annotated[Caller, Depends(allow("official", "representative", "expert"))]


def router(talks: Talks, executor: Executor) -> APIRouter:
    """The routes."""
    routes = APIRouter(tags=["talks"])

    @routes.get("/api/experts/{id}/slots", response_model=Slots)
    async def list_slots(caller: Reader, id: str) -> dict[str, Any]:
        """The slots that an expert offers from now on, free and booked."""
        if caller.id != id and not caller.has("coordinator", "secretariat"):
            raise not_found()
        return {"items": [slot_document(slot) for slot in await talks.slots(id)]}

    @routes.post("/api/experts/{id}/slots", status_code=201, response_model=Offered)
    async def offer_slots(sent: Repeatable, caller: Expert, id: str, slots: NewSlots) -> dict[str, Any]:
        """The expert can be met then, once or weekly. 422 if nothing is left: all have passed, or overlap others."""
        _own(caller, id)

        def offer(work: Work) -> dict[str, Any]:
            added, left_out = handlers.offer_slots(work, id, slots.wanted(), slots.way, slots.place)
            if not added:
                raise invalid([{"pointer": "/day", "detail": handlers.NOTHING_OFFERED}])
            return {"items": [slot_document(slot) for slot in added], "left_out": left_out}

        return await once(sent, caller, executor, {AGENDAS: [id]}, offer)

    @routes.delete("/api/experts/{id}/slots/{slot}", status_code=204)
    async def withdraw_slot(
        caller: Expert, id: str, slot: str, following: Annotated[bool, Query(description="Later ones, too.")] = False
    ) -> Response:
        """A free slot is offered no longer; `following`: nor the later free ones of its series."""
        _own(caller, id)
        await talks.withdraw(id, slot, following)
        return Response(status_code=204)

    @routes.get("/api/routing/requests/{number}/talks", response_model=TalksOfRequest)
    async def list_talks(caller: Anybody, number: str) -> dict[str, Any]:
        """The talks about a request; the slots to choose from for its body and its expert."""
        found = await talks.about(number, caller)
        free = [slot_document(slot) for slot in found.free]
        return {"items": [talk_document(talk) for talk in found.talks], "free": free}

    @routes.post("/api/routing/requests/{number}/talks", status_code=201, response_model=Talk, responses={409: {}})
    async def book_talk(sent: Repeatable, caller: Booking, number: str, choice: Choice) -> dict[str, Any]:
        """The body of the request books a talk with the expert who follows it."""
        found = await talks.about(number, caller)
        decide = talks.book(found, choice.slot, caller)
        if found.lead is None:
            raise Problem(
                409, N_("Nobody follows this request now"), N_("A talk can be booked once an expert has accepted.")
            )
        return await once(sent, caller, executor, talks.book_keys(found), lambda work: talk_document(decide(work)))

    @routes.get("/api/routing/talks/{id}", response_model=Talk)
    async def get_talk(caller: Anybody, id: str) -> dict[str, Any]:
        """One talk."""
        return talk_document(await talks.talk(id, caller))

    @routes.post("/api/routing/talks/{id}/move", response_model=Talk)
    async def move_talk(caller: Taking, id: str, choice: Choice) -> dict[str, Any]:
        """The talk takes another free slot of the same expert."""
        return talk_document(await talks.move(id, choice.slot, caller))

    @routes.post("/api/routing/talks/{id}/cancel", response_model=Talk)
    async def cancel_talk(caller: Taking, id: str) -> dict[str, Any]:
        """The talk does not take place; its slot is free again."""
        return talk_document(await talks.cancel(id, caller))

    return routes


def _own(caller: Caller, id: str) -> None:
    if caller.id != id:
        raise not_found()
