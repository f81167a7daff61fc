"""Idempotency keys: a POST that creates may be sent again, and has its effect and answer once.

The key is claimed in the same transaction as the effect. The same key with another body is refused; two at
once are decided by the database, and the later one gets the first one's answer.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Header, Request

from services.chassis.auth import Caller
from services.chassis.execution import Executor
from services.chassis.i18n import N_
from services.chassis.mongo import Index
from services.chassis.problems import Problem
from services.chassis.work import Keys, Work

IDEMPOTENCY = "idempotency"
_DAYS = 7
INDEXES = (Index(IDEMPOTENCY, (("at", 1),), ttl_days=_DAYS),)
_TOLD = (
    f"A name of the caller's own for this call. Sent again with it within {_DAYS} days, the call has no further effect "
    "and the first one's answer; with another body it is 422 (`idempotency-key-reused`)."
)
Answer = dict[str, Any]


@dataclass(frozen=True)
class Sent:
    """A call that may have been sent before; without a key it never was."""

    request: Request
    key: str | None = None


async def sent(
    request: Request,
    key: Annotated[str | None, Header(alias="Idempotency-Key", min_length=1, max_length=255, description=_TOLD)] = None,
) -> Sent:
    """A dependency: the call with its `Idempotency-Key`."""
    return Sent(request, key)


Repeatable = Annotated[Sent, Depends(sent)]
"""A parameter of each route that uses `once`, which its API document tells."""


async def once(
    sent: Sent,
    caller: Caller,
    executor: Executor,
    keys: Keys,
    decide: Callable[[Work], Answer],
    content: bytes | None = None,
) -> Answer:
    """Runs `decide` (which returns a document that MongoDB can keep), or returns its earlier answer.

    Without an `Idempotency-Key` header it simply runs. Raises 422 for a key that came with another body.
    content: what stands for a body that is not kept in memory, such as the checksum of an upload.
    """
    request, key = sent.request, sent.key
    if key is None:
        return await executor.run(keys, decide, request.state.correlation)
    id = _digest(f"{caller.id}|{request.method} {request.url.path}|{key}".encode())
    body = _digest(await request.body() if content is None else content)

    def decide_once(work: Work) -> Answer:
        earlier = work.get(IDEMPOTENCY, id)
        if earlier is None:
            answer = decide(work)
            work.put(IDEMPOTENCY, {"_id": id, "body": body, "answer": answer, "at": work.now})
            return answer
        if earlier["body"] != body:
            detail = N_("This Idempotency-Key was used with another body. Use a new key for a new request.")
            raise Problem(422, N_("The key was used before"), detail, kind="idempotency-key-reused")
        return dict(earlier["answer"])

    return await executor.run({**keys, IDEMPOTENCY: [id]}, decide_once, request.state.correlation)


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
