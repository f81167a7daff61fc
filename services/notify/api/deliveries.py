"""Every delivery, for those who run the programme: what became of it, and "retry now" after an outage."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Path, Query
from pydantic import BaseModel

from contracts.envelope import Id
from contracts.mails import Fate
from services.chassis.auth import Caller, allow
from services.chassis.i18n import N_
from services.chassis.mongo import Document
from services.chassis.paging import Cursor, key_of, page_of, uuid
from services.chassis.problems import Problem, not_found
from services.chassis.service import Service
from services.notify import handlers
from services.notify.domain import GIVE_UP_AFTER
from services.notify.store import DELIVERIES
from services.notify.store import deliveries as store

Operator = Annotated[Caller, Depends(allow("coordinator", "secretariat"))]
Status = Literal["due", "sending", "sent", "failed", "unwanted", "late"]
Which = Annotated[str | None, Query(pattern=r"^[0-9a-f-]{11,36}$", description="Id or number of a request.")]


class Attempt(BaseModel):
    """One try: what the other side answered, as a code."""

    number: int
    at: datetime
    outcome: Literal["sent", "delayed", "refused"]
    reason: str | None


class Receipt(BaseModel):
    """What a mail server, or the PEC, told afterwards. code: an enhanced status or a word of the PEC."""

    fate: Fate
    code: str | None
    at: datetime


class Delivery(BaseModel):
    """One message to one person by one channel; persons by id only.

    receipt: the farthest that was told of it since it was last sent. A mail that came back has the status `failed` and
    a reason that begins with `returned_`; `address_unusable`: not sent, because an earlier one came back for good.
    """

    id: str
    message: str
    request: str
    number: str
    recipient: str
    channel: str
    status: Status
    reason: str | None
    happened_at: datetime
    due_at: datetime
    sent_at: datetime | None
    attempts: list[Attempt]
    receipt: Fate | None
    receipts: list[Receipt]


class Deliveries(BaseModel):
    """A page of deliveries, newest first."""

    items: list[Delivery]
    next_cursor: str | None


class Queue(BaseModel):
    """How many deliveries wait, are in hand and have failed; `hurried`: how many were made due just now."""

    due: int
    sending: int
    failed: int
    hurried: int = 0


def _shown(row: Document, attempts: list[Document]) -> Delivery:
    same = ("message", "request", "number", "recipient", "channel", "status", "reason", "due_at", "sent_at")
    tries = [Attempt(**{name: attempt[name] for name in Attempt.model_fields}) for attempt in attempts]
    told = [Receipt(**{name: each[name] for name in Receipt.model_fields}) for each in row.get("receipts", ())]
    found = {name: row[name] for name in same}
    return Delivery(
        id=row["_id"], happened_at=row["at"], attempts=tries, receipt=row.get("receipt"), receipts=told, **found
    )


def router(service: Service) -> APIRouter:
    """The routes of /api/deliveries and /api/notify/queue."""
    routes = APIRouter(prefix="/api", tags=["deliveries"])

    async def with_attempts(rows: list[Document]) -> list[Delivery]:
        attempts = await store.attempts_of(service.database, [row["_id"] for row in rows])
        return [_shown(row, attempts[row["_id"]]) for row in rows]

    @routes.get("/deliveries")
    async def listed(
        caller: Operator,
        request: Which = None,
        status: Status | None = None,
        limit: Annotated[int, Query(ge=1, le=100)] = 25,
        cursor: Cursor = None,
    ) -> Deliveries:
        """Deliveries of a request or in a status, newest first, with every attempt."""
        rows = await store.find_deliveries(service.database, request, status, key_of(cursor, uuid), limit + 1)
        items, following = page_of(rows, limit, "position")
        return Deliveries(items=await with_attempts(items), next_cursor=following)

    @routes.post("/deliveries/{id}/retry")
    async def retried(caller: Operator, id: Annotated[Id, Path()]) -> Delivery:
        """Tries a delivery that failed or waits again at once, for another 48 hours."""
        ends = service.clock.now() + GIVE_UP_AFTER
        try:
            row = await service.executor.run({DELIVERIES: [id]}, lambda work: handlers.retry(work, id, ends))
        except handlers.NotYours as error:
            raise not_found() from error
        except handlers.WrongState as error:
            detail = N_("Only what has failed or waits can be tried again; this one is: {status}.")
            values = {"status": str(error)}
            raise Problem(409, N_("It cannot be tried again"), detail, values=values) from error
        return (await with_attempts([row]))[0]

    @routes.get("/notify/queue")
    async def depth(caller: Operator) -> Queue:
        """How much waits to be sent."""
        return Queue(**await store.queue_depth(service.database))

    @routes.post("/notify/queue/retry")
    async def hurried(caller: Operator) -> Queue:
        """Makes everything that waits due at once, for instance when the mail server is back."""
        count = await store.hurry(service.database, service.clock.now())
        service.bell.set()
        return Queue(**await store.queue_depth(service.database), hurried=count)

    return routes
