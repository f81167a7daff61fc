"""Experts whose role has ended and begins again later, without any news: they are asked again from then on."""

from collections.abc import Iterable
from datetime import datetime

from services.chassis.access import ACCESS
from services.chassis.execution import Executor
from services.chassis.mongo import Document
from services.chassis.work import Work
from services.routing.handlers.entitlement import renew
from services.routing.store import EXPERTS


async def renew_roles(profiles: Iterable[Document], now: datetime, executor: Executor) -> list[str]:
    """Lets the next period of their role count for those of these experts whose last one is over; who these are."""
    over = [row["_id"] for row in profiles if (end := row.get("role_end")) and end <= now and row["entitled"]]
    if not over:
        return []

    def decide(work: Work) -> list[str]:
        return [expert for expert in over if renew(work, expert)]

    return await executor.run({EXPERTS: over, ACCESS: over}, decide)
