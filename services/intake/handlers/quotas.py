"""What a front-end's key may still create: asked before a request is made, given back when none was."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from services.chassis.auth import Caller
from services.chassis.i18n import N_
from services.chassis.problems import Problem
from services.intake.handlers.parts import Parts
from services.intake.store.quotas import QUOTA_DAYS, Lease, UsedUp, Window, give_back


class Meter:
    """Counts the requests of one caller."""

    def __init__(self, parts: Parts, caller: Caller) -> None:
        self._parts = parts
        self._caller = caller

    async def take(self) -> list[Lease]:
        """Counts a request; what `give_back` undoes, nothing for who has no quota. Raises 429."""
        if self._caller.door != "key" or self._caller.id is None:
            return []
        row = await self._parts.stores.quotas.key(self._caller.id)
        if row is None:
            return []
        try:
            return await self._parts.stores.quotas.take(row, self._parts.clock.now())
        except UsedUp as used_up:
            raise _refusal(used_up.window) from used_up

    @asynccontextmanager
    async def one(self) -> AsyncIterator[list[bool]]:
        """Counts one request unless the block fails, or empties the list that it gets: nothing new was made.

        One that is cancelled counts: its request may be on its way into the database.
        """
        taken, made = await self.take(), [True]
        try:
            yield made
        except Exception:
            made.clear()
            raise
        finally:
            if not made:
                give_back(taken)


def _refusal(window: Window) -> Problem:
    daily = window.collection == QUOTA_DAYS
    detail = (
        N_("This key has created the {limit} requests of its day. Ask the Segreteria Tecnica for more.")
        if daily
        else N_("This key has created the {limit} requests of its minute. Wait as Retry-After says.")
    )
    facts = {"RateLimit-Limit": window.limit, "RateLimit-Remaining": 0, "RateLimit-Reset": window.reset}
    headers = {name: str(value) for name, value in facts.items()} | {"Retry-After": str(max(window.reset, 1))}
    values = {"limit": window.limit}
    kind = "quota-of-the-day" if daily else "quota-of-the-minute"
    return Problem(429, N_("The quota is used up"), detail, kind=kind, values=values, headers=headers)
