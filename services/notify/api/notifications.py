"""A person's own notifications: list, read, and the live stream."""

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Path, Query, Request
from pydantic import BaseModel
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from contracts.envelope import Id
from services.chassis.auth import Caller, person
from services.chassis.i18n import N_, Language, language_of
from services.chassis.paging import Cursor, key_of, page_of, uuid
from services.chassis.problems import Problem, not_found
from services.chassis.service import Service
from services.notify import handlers
from services.notify.store import NOTIFICATIONS
from services.notify.store.notifications import notifications_of
from services.notify.stream import Listener, Stream, TooMany, rows_of
from services.notify.texts import Texts
from services.notify.views import Notification, shown

Person = Annotated[Caller, Depends(person)]


class Notifications(BaseModel):
    """A page of notifications, newest first."""

    items: list[Notification]
    next_cursor: str | None


class _EventStream(StreamingResponse):
    """Leaves the stream however the answer ends, also before its first word."""

    def __init__(self, stream: Stream, listener: Listener, content: AsyncIterator[str]) -> None:
        super().__init__(content, media_type="text/event-stream", headers={"X-Accel-Buffering": "no"})
        self._stream, self._listener = stream, listener

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._stream.leave(self._listener)


async def _events(listener: Listener, texts: Texts, language: Language) -> AsyncIterator[str]:
    yield "retry: 3000\n\n"
    async for row in rows_of(listener):
        if row is None:
            yield ": still here\n\n"
        else:
            data = shown(row, texts, language).model_dump_json()
            yield f"id: {row['position']}\nevent: notification\ndata: {data}\n\n"


def router(service: Service, texts: Texts, stream: Stream) -> APIRouter:
    """The routes below /api/notifications."""
    routes = APIRouter(prefix="/api/notifications", tags=["notifications"])

    @routes.get("")
    async def listed(
        request: Request, caller: Person, limit: Annotated[int, Query(ge=1, le=100)] = 25, cursor: Cursor = None
    ) -> Notifications:
        """The caller's own notifications, newest first."""
        rows = await notifications_of(service.database, str(caller.id), key_of(cursor, uuid), limit + 1)
        items, following = page_of(rows, limit, "position")
        language = language_of(request, caller)
        return Notifications(items=[shown(row, texts, language) for row in items], next_cursor=following)

    @routes.get("/stream", response_class=Response, responses={200: {"content": {"text/event-stream": {}}}})
    async def followed(
        request: Request,
        caller: Person,
        last_event_id: Annotated[Id | None, Header(description="The id of the last event that arrived.")] = None,
    ) -> Response:
        """New notifications as server-sent events; Last-Event-ID resumes behind what arrived."""
        try:
            listener = await stream.join(str(caller.id), last_event_id)
        except TooMany as error:
            detail = N_("Close another stream first, or try again later.")
            raise Problem(429, N_("Too many open streams"), detail, headers={"Retry-After": "30"}) from error
        return _EventStream(stream, listener, _events(listener, texts, language_of(request, caller)))

    @routes.post("/{id}/read")
    async def read(request: Request, caller: Person, id: Annotated[Id, Path()]) -> Notification:
        """Marks one of the caller's notifications as read."""
        try:
            row = await service.executor.run(
                {NOTIFICATIONS: [id]}, lambda work: handlers.mark_read(work, str(caller.id), id)
            )
        except handlers.NotYours as error:
            raise not_found() from error
        return shown(row, texts, language_of(request, caller))

    return routes
