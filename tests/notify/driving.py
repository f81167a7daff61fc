"""Notify under test, driven step by step."""

from email.message import EmailMessage
from typing import Any

from contracts.envelope import Event
from services.chassis.consumption import Batches
from services.chassis.service import Service
from services.notify.consumers import EVENTS
from services.notify.directory import Memory
from services.notify.planner import Planner
from services.notify.sender import Sender
from tests.emptying import empty
from tests.notify.material import record_of
from tests.notify.outside import Intake, Post, parsed


class Notify:
    """Notify under test, driven step by step."""

    def __init__(self, service: Service, post: Post, intake: Intake, tools: Any) -> None:
        self.service, self.post, self.intake, self.tools = service, post, intake, tools
        self.database, self.clock = service.database, service.clock
        self.batches = Batches(service.database, EVENTS, service.clock, service.metrics)
        self.planner = Planner(service.database, service.executor, service.clock)
        self.sender = Sender(tools)

    async def reset(self) -> None:
        """As it was before the test."""
        await empty(self.database)
        self.clock.reset()
        self.intake.reset()
        await self.post.reset()
        self.tools.directory._memory = Memory()
        self.sender = Sender(self.tools)

    async def hear(self, *events: Event) -> None:
        """Consumes as one batch; nothing may be parked."""
        outcome = await self.batches.apply([record_of(event, number) for number, event in enumerate(events)])
        assert not outcome.parked, [(parked.reason, parked.exception) for parked in outcome.parked]

    async def plan(self) -> None:
        while await self.planner.run():
            pass

    async def work(self, *events: Event) -> None:
        """Hears, plans and sends what is due."""
        if events:
            await self.hear(*events)
        await self.plan()
        while await self.sender.run():
            pass

    @property
    def mails(self) -> list[EmailMessage]:
        """What arrived at the SMTP receiver."""
        return [parsed(raw) for raw in self.post.raw]

    async def rows(self, collection: str, **query: Any) -> list[dict[str, Any]]:
        return await self.database[collection].find(query).sort("_id", 1).to_list(None)
