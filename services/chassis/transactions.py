"""Transactions as steps of the driver without coroutines: committed with majority and journal, or undone."""

from collections.abc import Callable
from typing import Any

from pymongo import MongoClient, WriteConcern
from pymongo.client_session import ClientSession as Session
from pymongo.database import Database
from pymongo.errors import AutoReconnect, OperationFailure, PyMongoError
from pymongo.read_concern import ReadConcern

__all__ = ["Plain", "Session", "transact"]

Plain = Database[dict[str, Any]]
"""The driver's own database, without coroutines."""
_COMMIT_TRIES = 5


def transact(client: MongoClient[dict[str, Any]], plain: Plain, write: Callable[[Plain, Session], None]) -> None:
    """Does what `write` does with the session together, or nothing of it when it raises.

    Raises the driver's errors. A commit whose outcome is unknown is asked again, which the server answers without
    doing it twice.
    """
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
