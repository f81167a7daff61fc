"""Collections and indexes are made once for many tests, because making them costs a second; each test begins empty."""

from pymongo import WriteConcern

from services.chassis.mongo import Database
from services.chassis.transactions import Plain

_AT_ONCE = WriteConcern(w=1)


async def empty(database: Database) -> None:
    """Deletes every document; collections and their indexes stay."""
    await database.at_once(_empty)


def _empty(plain: Plain) -> None:
    names = plain.list_collection_names()
    for name in names:
        plain.get_collection(name, write_concern=_AT_ONCE).delete_many({})
    if names:
        # One wait for all of them: also a deletion of nothing waits until what was written before is durable.
        plain[names[-1]].delete_many({})
