"""Composition root of intake: the only file that knows all the others."""

from functools import partial
from pathlib import Path

from services.chassis.clock import Clock
from services.chassis.service import Service
from services.chassis.settings import Settings
from services.intake import api, pages
from services.intake.classifier import recognise
from services.intake.consumers import events
from services.intake.domain.programme import Programme
from services.intake.handlers.mails import receive
from services.intake.handlers.parts import Parts
from services.intake.mailbox.listener import MailListener
from services.intake.programme import read_programme
from services.intake.store import DERIVED, INDEXES, open_stores

PREFIXES: tuple[str, ...] = ("/",)
"""Intake answers every address that is not another service's."""


def build(settings: Settings, clock: Clock, programme: Programme | None = None) -> Service:
    """The service, ready to start."""
    service = Service("intake", settings, clock, Path(__file__).parent)
    runs = programme or read_programme()
    parts = Parts(service.executor, clock, open_stores(service.database), runs, recognise)
    service.stores(INDEXES, DERIVED)
    service.listens_to(events(runs))
    service.web.include(api.router(service, parts))
    service.web.include(pages.router(service, parts))
    listener = _listener(settings, parts)
    service.background.append((listener.start, listener.stop))
    return service


def _listener(settings: Settings, parts: Parts) -> MailListener:
    """Mail to our own domain becomes requests and answers."""
    domain = settings.mail_from.rpartition("@")[2]
    take = partial(receive, parts, settings.mail_from)
    return MailListener(settings.mail_listen_host, settings.mail_listen_port, domain, take)
