"""The one door to MongoDB: client, durability, transactions, indexes, and which errors are the infrastructure's.

With the stores this is the only place that imports the driver, so that its successor is a change of few files.
"""

from collections.abc import AsyncIterator, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from bson.codec_options import CodecOptions
from motor.frameworks import asyncio as motor_threads
from motor.motor_asyncio import AsyncIOMotorClient, AsyncIOMotorClientSession, AsyncIOMotorCollection
from pymongo import IndexModel, WriteConcern
from pymongo.errors import (
    AutoReconnect,
    ConfigurationError,
    ExecutionTimeout,
    InvalidName,
    OperationFailure,
    PyMongoError,
    WTimeoutError,
)
from pymongo.read_concern import ReadConcern

from services.chassis.errors import PermanentError

Document = dict[str, Any]
Session = AsyncIOMotorClientSession
Collection = AsyncIOMotorCollection[Document]

_COMMIT_TRIES = 5
_UNAUTHORIZED, _AUTHENTICATION_FAILED = 13, 18


@dataclass(frozen=True)
class Index:
    """An index a store needs; `partial` keeps it small, `ttl_days` lets MongoDB delete old documents."""

    collection: str
    keys: tuple[tuple[str, int], ...]
    unique: bool = False
    partial: Document | None = field(default=None, hash=False)
    ttl_days: int | None = None

    def model(self) -> IndexModel:
        """The driver's description of this index."""
        options: Document = {"unique": True} if self.unique else {}
        if self.partial is not None:
            options["partialFilterExpression"] = self.partial
        if self.ttl_days is not None:
            options["expireAfterSeconds"] = self.ttl_days * 86_400
        return IndexModel(list(self.keys), **options)


class Misconfigured(PermanentError):
    """Waiting does not help: a setting must be changed. The message names it and quotes no value: it may be secret."""


def refusal(error: OperationFailure) -> Misconfigured:
    """What the server's refusal means for whoever runs the service."""
    if error.code == _AUTHENTICATION_FAILED:
        return Misconfigured("MongoDB refuses the name or the password in AFFIANCA_MONGO_URL")
    if error.code == _UNAUTHORIZED:
        return Misconfigured("MongoDB does not let the user in AFFIANCA_MONGO_URL work on this service's database")
    name = (error.details or {}).get("codeName", "no code")
    return Misconfigured(f"MongoDB refuses to prepare this service's database: {name} ({error.code})")


def is_infrastructure(error: BaseException) -> bool:
    """Whether the same work may succeed when tried again as it is: nobody's message is to blame for it."""
    if isinstance(error, PyMongoError) and (
        error.has_error_label("TransientTransactionError") or error.has_error_label("UnknownTransactionCommitResult")
    ):
        return True
    # AutoReconnect covers network errors, server selection and a primary that stepped down.
    return isinstance(error, AutoReconnect | ExecutionTimeout | WTimeoutError)


class Database:
    """A service's own database: majority writes, journaled; times come back in UTC."""

    def __init__(self, url: str, name: str, threads: int = 8) -> None:
        _allow_threads(threads)
        self.name = name
        self.client = _client(url, threads)
        self._database = self.client.get_database(
            name,
            codec_options=CodecOptions(tz_aware=True),
            write_concern=WriteConcern(w="majority", j=True, wtimeout=20_000),
            read_concern=ReadConcern("majority"),
        )

    def __getitem__(self, collection: str) -> Collection:
        return self._database[collection]

    @property
    def raw(self) -> Any:
        """The driver's database, for GridFS."""
        return self._database

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Session]:
        """All writes with the session happen together or not at all.

        Raises the driver's errors: see `is_infrastructure`. A commit whose outcome is unknown is asked again,
        which the server answers without doing it twice.
        """
        async with await self.client.start_session() as session:
            session.start_transaction(ReadConcern("snapshot"), WriteConcern(w="majority", j=True, wtimeout=20_000))
            try:
                yield session
            except BaseException:
                await _abort_quietly(session)
                raise
            await _commit(session)

    async def ensure(self, indexes: Iterable[Index]) -> None:
        """Creates collections and indexes that are missing; changing one is a migration."""
        wanted: dict[str, list[Index]] = {}
        for index in indexes:
            wanted.setdefault(index.collection, []).append(index)
        for collection, its in wanted.items():
            await self[collection].create_indexes([index.model() for index in its])

    async def by_ids(self, collection: str, ids: Iterable[str]) -> list[Document]:
        """The documents with these ids that exist, in any order."""
        return [row async for row in self[collection].find({"_id": {"$in": list(ids)}})]

    async def collections(self) -> list[str]:
        """The names of the collections that exist."""
        return list(await self._database.list_collection_names())

    async def ping(self) -> None:
        """Raises when the primary cannot be reached."""
        await self._database.command("ping")

    async def drop(self) -> None:
        """Deletes the whole database: for tests."""
        await self.client.drop_database(self.name)

    def close(self) -> None:
        """Closes all connections."""
        self.client.close()


def _client(url: str, threads: int) -> AsyncIOMotorClient[Document]:
    try:
        return AsyncIOMotorClient(
            url,
            serverSelectionTimeoutMS=5_000,
            connectTimeoutMS=5_000,
            socketTimeoutMS=30_000,
            maxPoolSize=threads * 4,
            retryWrites=True,
            retryReads=True,
        )
    except (ConfigurationError, InvalidName, ValueError, TypeError) as error:
        # Not the driver's words: they may quote a part of the password.
        raise Misconfigured(f"AFFIANCA_MONGO_URL is no address of a MongoDB ({type(error).__name__})") from None


def _allow_threads(threads: int) -> None:
    """Sizes the driver's pool, which the services of one process share.

    The driver reads its own variable when it is imported, before any setting is known.
    """
    if motor_threads.max_workers != threads:
        motor_threads.max_workers = threads
        motor_threads._EXECUTOR = ThreadPoolExecutor(threads, thread_name_prefix="mongo")


async def _commit(session: Session) -> None:
    for attempt in range(1, _COMMIT_TRIES + 1):
        try:
            await session.commit_transaction()
            return
        except PyMongoError as error:
            if attempt == _COMMIT_TRIES or not error.has_error_label("UnknownTransactionCommitResult"):
                raise


async def _abort_quietly(session: Session) -> None:
    try:
        if session.delegate.in_transaction:
            await session.abort_transaction()
    except (OperationFailure, AutoReconnect):
        pass  # The server aborts it by itself; the first error is the one to tell.
