"""Composition root of intake: the only file that knows all the others."""

from dataclasses import replace
from email.utils import parseaddr
from functools import partial
from pathlib import Path

from prometheus_client import Gauge

from services.chassis.clock import Clock
from services.chassis.execution import InStep
from services.chassis.jobs import Job
from services.chassis.service import Service
from services.chassis.settings import Settings
from services.intake import api, case, pages
from services.intake.api import attachments, imports
from services.intake.classifier import recognise
from services.intake.consumers import events
from services.intake.domain.programme import Programme
from services.intake.domain.signed_documents import LARGEST
from services.intake.files.clamd import Clamd
from services.intake.files.settings import FileSettings
from services.intake.handlers.attachments.scanning import scan_unchecked
from services.intake.handlers.mails import Door, MailQueue, remove_expired, send_answers
from services.intake.handlers.parts import Parts
from services.intake.handlers.upkeep import Admissions, OrphanFiles
from services.intake.mailbox.listener import MailListener
from services.intake.mailbox.poller import Poller
from services.intake.mailbox.postman import Postman
from services.intake.mailbox.settings import MailSettings
from services.intake.pages import imports as import_pages
from services.intake.pages import uploads
from services.intake.programme import read_programme
from services.intake.store import DERIVED, INDEXES, open_stores

PREFIXES: tuple[str, ...] = ("/",)
"""Intake answers every address that is not another service's."""


def build(
    settings: Settings,
    clock: Clock,
    programme: Programme | None = None,
    mail: MailSettings | None = None,
    files: FileSettings | None = None,
) -> Service:
    """The service, ready to start."""
    service = Service("intake", settings, clock, Path(__file__).parent, relay_pace=0.06)
    runs = programme or read_programme(Path(settings.phases) if settings.phases else None)
    policy = files or FileSettings()
    parts = Parts(service.executor, clock, open_stores(service.database), runs, recognise, policy)
    service.stores(INDEXES, DERIVED)
    service.listens_to(events(runs))
    service.runs("orphan-files", 3600.0, OrphanFiles(parts).run, woken=False)
    service.runs("admissions", 600.0, Admissions(parts).run, woken=False)
    service.web.include(api.router(service, parts))
    service.web.include(pages.router(service, parts))
    service.web.include(case.router(service, parts))
    _take_files(service, policy)
    for job in _file_jobs(service, parts):
        service.background.append((job.start, job.stop))
    for part in _mail_doors(service, parts, mail or MailSettings()):
        service.background.append((part.start, part.stop))
    return service


def _take_files(service: Service, policy: FileSettings) -> None:
    """The addresses where files go, and how large they may be there."""
    take = service.web.takes_files
    take(attachments.PATH, policy.largest + attachments.FORM)
    take(uploads.PATHS, policy.most + attachments.FORM)
    take(r"/(api/bodies|my-body)/[^/]+/registration", 2 * LARGEST)
    take("/requests/import", import_pages.LARGEST)
    take("/api/requests/import", imports.LARGEST, "text/csv")


def _file_jobs(service: Service, parts: Parts) -> list[Job]:
    """Looking for viruses, if there is a scanner, and for imports that nobody said yes to."""
    policy, database = parts.files, service.database
    jobs = [
        Job(database, "import-files", 600.0, partial(import_pages.forget_old, parts)),
    ]
    if policy.scans:
        scanner = Clamd(policy.clamav_host, policy.clamav_port, policy.clamav_timeout)
        jobs.append(Job(database, "virus-scan", 1.0, partial(scan_unchecked, parts, scanner.scan)))
    return jobs


def _mail_doors(service: Service, parts: Parts, policy: MailSettings) -> list[MailListener | Poller | Job]:
    """Mail to our own domain becomes requests and answers; strangers are told why theirs does not."""
    settings = service.settings
    own = parseaddr(settings.mail_from)[1]
    door = service.app.state.mail_door = Door(own, settings.secret_key.get_secret_value(), policy)
    # Each connection waits for its answer before it sends the next mail.
    together = replace(parts, executor=InStep(parts.executor, parts.stores.mails.wave))
    registry = service.metrics.registry
    queue = MailQueue(
        together, door,
        Gauge("affianca_intake_mails_waiting", "Mails that are kept and not taken yet.", registry=registry),
        Gauge("affianca_intake_mails_waiting_seconds", "Since when the oldest of them waits.", registry=registry),
    )  # fmt: skip
    working_off = Job(service.database, "mail-queue", 0.5, queue.work_off)
    queue.filled = working_off.woken.set
    take = queue.receive
    host, domain = settings.mail_listen_host, own.rpartition("@")[2]
    postman = Postman(settings.smtp_host, settings.smtp_port)
    answer = partial(send_answers, parts, door, settings.public_url, postman.send)
    return [
        Poller(service.database, policy, own, take),
        MailListener(host, settings.mail_listen_port, domain, take),
        MailListener(host, policy.lmtp_listen_port, domain, take, each=True),
        # Not woken by every save: an answer to a stranger may wait a second.
        Job(service.database, "mail-answers", 1.0, answer),
        working_off,
        Job(service.database, "mail-retention", 600.0, partial(remove_expired, parts, door)),
    ]
