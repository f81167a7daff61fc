"""Carrying out a merge with everything that it changes: also the requests at the other ends of its links."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from services.chassis.auth import Caller
from services.chassis.mongo import Document
from services.chassis.work import Keys, Work
from services.intake.handlers import requests
from services.intake.handlers.parts import Parts
from services.intake.store.requests import REQUESTS

Result = TypeVar("Result")


async def merge_whole(
    parts: Parts,
    id: str,
    into: str,
    caller: Caller,
    run: Callable[[Keys, Callable[[Work], Document]], Awaitable[Result]],
) -> Result:
    """Merges a request into another one. run: carries the decision out by the executor; it returns the merged request.

    What it is linked to is read before, so that the decision is made once.
    """
    found = await parts.stores.requests.by_ids([id])
    ends = {link["request"] for row in found for link in row.get("links", ())}
    return await run({REQUESTS: sorted({id, into, *ends})}, lambda work: requests.merge(work, id, into, caller))
