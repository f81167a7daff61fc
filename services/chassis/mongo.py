"""The one door to MongoDB: client, durability, transactions, indexes, and which errors are the infrastructure's.

With the stores this is the only place that imports the driver, so that its successor is a change of few files.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, TypeVar

from bson.codec_options import CodecOptions
from motor.frameworks import asyncio as motor_threads
from motor.motor_asyncio import AsyncIOMotorClient, AsyncIOMotorCollection
from pymongo import IndexModel, MongoClient, WriteConcern
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
from services.chassis.transactions import Plain, Session, transact

Document = dict[str, Any]
Collection = AsyncIOMotorCollection[Document]
Result = TypeVar("Result")
Order = Sequence[tuple[str, int]]

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

    async def at_once(self, steps: Callable[[Plain], Result]) -> Result:
        """Several commands in one of the driver's threads: going there and back for each costs as much as a small one.

        A caller that is cancelled leaves; the steps go on to their end.
        """
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(motor_threads._EXECUTOR, steps, self._database.delegate)

    async def transaction(self, write: Callable[[Plain, Session], None]) -> None:
        """All that `write` does with the session happens together, or nothing of it when it raises.

        Raises the driver's errors: see `is_infrastructure`. A commit whose outcome is unknown is asked again,
        which the server answers without doing it twice.
        """
        client: MongoClient[Document] = self.client.delegate
        await self.at_once(lambda plain: transact(client, plain, write))

    async def ensure(self, indexes: Iterable[Index]) -> None:
        """Creates collections and indexes that are missing; changing one is a migration."""
        wanted: dict[str, list[Index]] = {}
        for index in indexes:
            wanted.setdefault(index.collection, []).append(index)
        for collection, its in wanted.items():
            await self[collection].create_indexes([index.model() for index in its])

    async def find(
        self, collection: str, query: Document, fields: Document | None = None, sort: Order = (), limit: int = 0
    ) -> list[Document]:
        """All documents that match, at most `limit` unless that is 0; keep the number bounded in another way then."""
        return await self.at_once(
            lambda plain: list(plain[collection].find(query, fields, sort=list(sort) or None, limit=limit))
        )

    async def by_ids(self, collection: str, ids: Iterable[str]) -> list[Document]:
        """The documents with these ids that exist, in any order."""
        return (await self.by_ids_of({collection: ids}))[collection]

    async def by_ids_of(self, wanted: Mapping[str, Iterable[str]]) -> dict[str, list[Document]]:
        """The same from several collections: one query for each that is asked for any id."""
        asked = {name: list(ids) for name, ids in wanted.items()}
        return await self.at_once(lambda plain: {name: _with_ids(plain, name, ids) for name, ids in asked.items()})

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


def _with_ids(plain: Plain, collection: str, ids: list[str]) -> list[Document]:
    return list(plain[collection].find({"_id": {"$in": ids}})) if ids else []
