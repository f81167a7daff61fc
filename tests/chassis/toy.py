"""A small service that only tests use: it keeps bodies that it hears of, and has one route of each kind."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, Any

import httpx
from fastapi import Depends
from pydantic import BaseModel, ConfigDict, Field
from starlette.datastructures import FormData

from contracts.bodies import BodyApproved, BodyData, BodyRegistered, BodyState
from contracts.envelope import Event, derived_id, new_id
from services.chassis import access
from services.chassis.auth import Caller, allow, public
from services.chassis.clock import Clock
from services.chassis.decoding import On
from services.chassis.forms import checked_form
from services.chassis.idempotency import Repeatable, once
from services.chassis.service import Service
from services.chassis.settings import Settings
from services.chassis.work import Keys, Work

NOTES = "notes"


def body_event(number: int, sequence: int = 1, model: type[Event] = BodyRegistered, **changes: Any) -> Event:
    """A valid event about body `number`."""
    subject = derived_id("toy-body", str(number))
    state = BodyState(
        id=subject, code=f"{number:06d}", ipa_code=f"c_{number}", province="VA", kind="comune", status="registered"
    )
    now = Clock().now()
    facts = {"id": new_id(), "source": "urn:test", "subject": subject, "time": now, "correlationid": new_id()}
    return model(**{**facts, "sequence": sequence, "data": BodyData(state=state), **changes})


def keep(work: Work, event: Event) -> None:
    """Keeps the newest state; body 666 is more than this handler can bear."""
    if event.data.state.code == "000666":
        raise RuntimeError("it always fails, and says nothing personal")
    known = work.get(NOTES, event.subject)
    if known and tuple(known["order"]) >= event.order:
        return
    applied = (known or {}).get("applied", 0) + 1
    work.put(NOTES, {**(known or {"_id": event.subject}), "order": list(event.order), "applied": applied})


def _needs(event: Event) -> Keys:
    return {NOTES: [event.subject]}


TABLE: Sequence[On[Any]] = (On(BodyRegistered, keep, _needs), On(BodyApproved, keep, _needs), *access.EVENTS)


class Note(BaseModel):
    """What the toy's POST takes."""

    model_config = ConfigDict(extra="forbid")
    title: str = Field(min_length=1, max_length=20)


def toy(settings: Settings, clock: Clock, folder: Path, table: Sequence[On[Any]] = TABLE) -> Service:
    """The service, not started."""
    service = Service("toy", settings, clock, folder)
    service.listens_to(table)
    app, executor = service.app, service.executor

    @app.post("/api/notes", status_code=201)
    async def create(sent: Repeatable, note: Note, caller: Annotated[Caller, Depends(allow("secretariat"))]) -> Any:
        id = new_id()

        def decide(work: Work) -> dict[str, Any]:
            work.put(NOTES, {"_id": id, "title": note.title})
            event = body_event(1)
            work.publish(BodyRegistered, event.subject, 1, event.data)
            return {"id": id, "title": note.title}

        return await once(sent, caller, executor, {}, decide)

    @app.get("/api/experts-only")
    async def restricted(caller: Annotated[Caller, Depends(allow("expert"))]) -> dict[str, Any]:
        return {"id": caller.id}

    @app.get("/api/failing")
    async def failing(caller: Annotated[Caller, Depends(public)]) -> None:
        raise RuntimeError("internal detail")

    @app.post("/form")
    async def form(
        caller: Annotated[Caller, Depends(allow("expert"))], form: Annotated[FormData, Depends(checked_form)]
    ) -> dict[str, Any]:
        return {"word": form.get("word")}

    return service


@asynccontextmanager
async def running(service: Service) -> AsyncIterator[Service]:
    """The service between start and stop; its database is dropped at the end."""
    try:
        await service.start()
        yield service
    finally:
        await service.database.drop()
        await service.stop()


def client(service: Service, **headers: str) -> httpx.AsyncClient:
    """An HTTP client of the service's application."""
    transport = httpx.ASGITransport(service.app, raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://toy", headers=headers)
