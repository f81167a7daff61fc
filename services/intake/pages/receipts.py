"""A form that is sent twice has its effect once, also without a script.

Each form carries a key of its own (`once`). Key and content together are remembered in the same transaction as the
effect, as `services.chassis.idempotency` does for the header of the API; who goes back and sends something else
with the same key has meant something else.
"""

import hashlib
import json
import secrets
from collections.abc import Callable, Iterable

from starlette.datastructures import FormData
from starlette.requests import Request

from services.chassis.auth import Caller
from services.chassis.execution import Executor
from services.chassis.forms import TOKEN_FIELD
from services.chassis.idempotency import IDEMPOTENCY, Answer
from services.chassis.work import Keys, Work
from services.intake.handlers.attachments import Held

FIELD = "once"


def new_key() -> str:
    """The key of a form that is shown for the first time."""
    return secrets.token_urlsafe(16)


async def once(
    request: Request,
    caller: Caller,
    executor: Executor,
    keys: Keys,
    form: FormData,
    decide: Callable[[Work], Answer],
    held: Iterable[Held] = (),
) -> Answer:
    """Runs `decide`, or returns what it answered when this very form came before."""
    if not form.get(FIELD):
        return await executor.run(keys, decide, request.state.correlation)
    id = _digest(request, caller, form, held)

    def decide_once(work: Work) -> Answer:
        earlier = work.get(IDEMPOTENCY, id)
        if earlier is not None:
            return dict(earlier["answer"])
        answer = decide(work)
        work.put(IDEMPOTENCY, {"_id": id, "body": id, "answer": answer, "at": work.now})
        return answer

    return await executor.run({**keys, IDEMPOTENCY: [id]}, decide_once, request.state.correlation)


def _digest(request: Request, caller: Caller, form: FormData, held: Iterable[Held]) -> str:
    fields = [(name, value) for name, value in form.multi_items() if name != TOKEN_FIELD and isinstance(value, str)]
    sent = sorted([*fields, *((file.name, file.sha256 or "") for file in held)])
    return hashlib.sha256(json.dumps([caller.id, request.url.path, sent]).encode()).hexdigest()
