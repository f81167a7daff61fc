"""Waiting for a neighbour that is away at the start: tried again until it is there, said seldom, ended by cancelling.

What is no absence (a wrong password, a fault of ours) is raised at once: waiting would hide it.
"""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable

import structlog

_FIRST_DELAY = 0.1
_LONGEST_DELAY = 3.0
_SAY_EVERY = 30.0
_TRY_FOR = 120.0
"""Seconds of one attempt: what hangs for longer begins anew, with new connections."""
log = structlog.get_logger()


async def until_there(
    neighbour: str, attempt: Callable[[], Awaitable[None]], is_away: Callable[[BaseException], bool]
) -> None:
    """Returns when `attempt` has succeeded. It must be safe to call again after a failure."""
    began, said, delay = time.monotonic(), -_SAY_EVERY, _FIRST_DELAY
    failed = False
    while True:
        try:
            await asyncio.wait_for(attempt(), _TRY_FOR)
            break
        except Exception as error:
            if not (isinstance(error, TimeoutError) or is_away(error)):
                raise
            failed = True
            now = time.monotonic()
            if now - said >= _SAY_EVERY:
                said = now
                log.warning(
                    "waiting_for_neighbour", neighbour=neighbour, error=type(error).__name__, seconds=int(now - began)
                )
        await asyncio.sleep(random.uniform(delay / 2, delay))
        delay = min(delay * 2, _LONGEST_DELAY)
    if failed:
        log.info("neighbour_is_there", neighbour=neighbour, seconds=int(time.monotonic() - began))
