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
from pymongo.client_session import ClientSession
from pymongo.database import Database as PlainDatabase
from pymongo.errors import AutoReconnect, ExecutionTimeout, OperationFailure, PyMongoError, WTimeoutError
from pymongo.read_concern import ReadConcern

Document = dict[str, Any]
Session = ClientSession
Collection = AsyncIOMotorCollection[Document]
Result = TypeVar("Result")
Plain = PlainDatabase[Document]
"""The driver's own database, without coroutines: what `at_once` and `transaction` work on."""
Order = Sequence[tuple[str, int]]

_COMMIT_TRIES = 5


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
        self.client: AsyncIOMotorClient[Document] = AsyncIOMotorClient(
            url,
            serverSelectionTimeoutMS=5_000,
            connectTimeoutMS=5_000,
            socketTimeoutMS=30_000,
            maxPoolSize=threads * 4,
            retryWrites=True,
            retryReads=True,
        )
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
        await self.at_once(lambda plain: _transact(client, plain, write))

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


def _allow_threads(threads: int) -> None:
    """Sizes the driver's pool, which the services of one process share.

    The driver reads its own variable when it is imported, before any setting is known.
    """
    if motor_threads.max_workers != threads:
        motor_threads.max_workers = threads
        motor_threads._EXECUTOR = ThreadPoolExecutor(threads, thread_name_prefix="mongo")


def _with_ids(plain: Plain, collection: str, ids: list[str]) -> list[Document]:
    return list(plain[collection].find({"_id": {"$in": ids}})) if ids else []


def _transact(client: MongoClient[Document], plain: Plain, write: Callable[[Plain, Session], None]) -> None:
    with client.start_session() as session:
        session.start_transaction(ReadConcern("snapshot"), WriteConcern(w="majority", j=True, wtimeout=20_000))
        try:
            write(plain, session)
        except BaseException:
            _abort_quietly(session)
            raise
        _commit(session)


def _commit(session: Session) -> None:
    for attempt in range(1, _COMMIT_TRIES + 1):
        try:
            session.commit_transaction()
            return
        except PyMongoError as error:
            if attempt == _COMMIT_TRIES or not error.has_error_label("UnknownTransactionCommitResult"):
                raise


def _abort_quietly(session: Session) -> None:
    try:
        if session.in_transaction:
            session.abort_transaction()
    except (OperationFailure, AutoReconnect):
        pass  # The server aborts it by itself; the first error is the one to tell.
