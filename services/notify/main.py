"""Composition root of notify: the only file that knows all the others."""

from pathlib import Path

import httpx

from services.chassis.clock import Clock
from services.chassis.service import Service
from services.chassis.settings import Settings
from services.notify import api, pages
from services.notify.channels import open_channels
from services.notify.consumers import EVENTS
from services.notify.directory import Directory
from services.notify.letters import Letters
from services.notify.planner import Planner
from services.notify.sender import Sender, Tools
from services.notify.store import DERIVED, INDEXES
from services.notify.stream import Stream
from services.notify.texts import Texts

FOLDER = Path(__file__).parent
PREFIXES: tuple[str, ...] = (
    "/notifications", "/api/notifications", "/api/notification-preferences", "/api/webhooks", "/api/deliveries",
    "/api/notify",
)  # fmt: skip


def build(settings: Settings, clock: Clock, intake: httpx.AsyncClient | None = None) -> Service:
    """The service, not started. `intake`: another way to ask intake, for tests."""
    service = Service("notify", settings, clock, FOLDER, pace=0.3, relay_pace=0.3)
    service.stores(INDEXES, DERIVED)
    service.listens_to(EVENTS)
    texts = Texts(FOLDER)
    directory = Directory(settings, intake)
    channels = open_channels(settings, texts)
    letters = Letters(directory, settings)
    tools = Tools(service.database, service.executor, clock, directory, letters, channels, settings.smtp_connections)
    planner, sender = Planner(service.database, service.executor, clock), Sender(tools)
    service.runs("planner", every=0.5, run=planner.run)
    service.runs("sender", every=0.5, run=sender.run)
    stream = Stream(service.database, service.bell)
    service.background += [(sender.start, sender.stop), (stream.start, stream.stop)]
    service.closing.append(stream.close)
    service.web.include(api.router(service, texts, stream))
    service.web.include(pages.router(service, texts))
    return service
