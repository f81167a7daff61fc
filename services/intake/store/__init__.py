"""Intake's collections. Nothing here is derived from other services alone, so a rebuild drops nothing.

requests   one document a request, with its newest assignment and deadlines      messages, timeline   its history
bodies     state of registered bodies; the register itself is vocabulary          persons    names and addresses
access     grants and credentials, the same shape as every service's copy         mails      originals received
api_keys, quota_*  keys of front-ends and what they used   imports    files that wait for a yes
numbers    how many blocks of numbers were taken, by year                         files.*    uploaded files (GridFS)
corrections what people said a request is about, for the next learning            practices, practice_*    articles
attachments files of requests and messages, their contents in attached.* (GridFS)
drafts     what somebody has written and not sent                             views      filters of lists with a name
mail_queue mails that are kept and wait to be taken
"""

from dataclasses import dataclass

from services.chassis.mongo import Database
from services.intake.store import (
    attachments,
    bodies,
    conversation,
    corrections,
    drafts,
    imports,
    mail_queue,
    mails,
    persons,
    practices,
    quotas,
    requests,
)
from services.intake.store.attachments import AttachmentStore
from services.intake.store.bodies import BodyStore
from services.intake.store.conversation import ConversationStore
from services.intake.store.drafts import DraftStore
from services.intake.store.files import INDEXES as FILES
from services.intake.store.files import FileStore
from services.intake.store.imports import ImportStore
from services.intake.store.mail_queue import MailQueueStore
from services.intake.store.mails import MailStore
from services.intake.store.numbers import NumberStore
from services.intake.store.orphans import OrphanStore
from services.intake.store.persons import PersonStore
from services.intake.store.practices import PracticeStore
from services.intake.store.quotas import QuotaStore
from services.intake.store.requests import RequestStore
from services.intake.store.resemblance import ResemblanceStore
from services.intake.store.views import ViewStore

INDEXES = (
    *requests.INDEXES,
    *conversation.INDEXES,
    *corrections.INDEXES,
    *bodies.INDEXES,
    *persons.INDEXES,
    *mails.INDEXES,
    *mail_queue.INDEXES,
    *practices.INDEXES,
    *quotas.INDEXES,
    *imports.INDEXES,
    *attachments.INDEXES,
    *FILES,
    *drafts.INDEXES,
)
DERIVED: tuple[str, ...] = ()


@dataclass(frozen=True)
class Stores:
    """All of them, over one database."""

    database: Database
    requests: RequestStore
    conversation: ConversationStore
    bodies: BodyStore
    persons: PersonStore
    mails: MailStore
    mail_queue: MailQueueStore
    files: FileStore
    numbers: NumberStore
    orphans: OrphanStore
    practices: PracticeStore
    quotas: QuotaStore
    imports: ImportStore
    attachments: AttachmentStore
    drafts: DraftStore
    views: ViewStore
    resemblance: ResemblanceStore


def open_stores(database: Database) -> Stores:
    """The stores of a service's database."""
    files, attached = FileStore(database), AttachmentStore(database)
    return Stores(
        database,
        RequestStore(database),
        ConversationStore(database),
        BodyStore(database),
        PersonStore(database),
        MailStore(database, files),
        MailQueueStore(database),
        files,
        NumberStore(database),
        OrphanStore(database, files, attached.files),
        PracticeStore(database),
        QuotaStore(database),
        ImportStore(database, files),
        attached,
        DraftStore(database),
        ViewStore(database),
        ResemblanceStore(database),
    )
