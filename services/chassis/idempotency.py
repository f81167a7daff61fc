"""Idempotency keys: a POST that creates may be sent again, and has its effect and answer once.

The key is claimed in the same transaction as the effect. The same key with another body is refused; two at
once are decided by the database, and the later one gets the first one's answer.
"""

import hashlib
from collections.abc import Callable
from typing import Any

from starlette.requests import Request

from services.chassis.auth import Caller
from services.chassis.execution import Executor
from services.chassis.i18n import N_
from services.chassis.mongo import Index
from services.chassis.problems import Problem, invalid
from services.chassis.work import Keys, Work

IDEMPOTENCY = "idempotency"
INDEXES = (Index(IDEMPOTENCY, (("at", 1),), ttl_days=7),)
_LONGEST = 255
Answer = dict[str, Any]


async def once(
    request: Request,
    caller: Caller,
    executor: Executor,
    keys: Keys,
    decide: Callable[[Work], Answer],
    content: bytes | None = None,
) -> Answer:
    """Runs `decide` (which returns a document that MongoDB can keep), or returns its earlier answer.

    content: stands for the body where that was read already, for instance the digest of an upload.

    Without an `Idempotency-Key` header it simply runs. Raises 422 for a key that came with another body.
    """
    key = request.headers.get("idempotency-key")
    if key is None:
        return await executor.run(keys, decide, request.state.correlation)
    if not 1 <= len(key) <= _LONGEST:
        raise invalid([{"pointer": "/header/Idempotency-Key", "detail": N_("Use 1 to 255 characters.")}])
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
