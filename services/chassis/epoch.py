"""The epoch of an owner: raised when its database is restored from a backup, so that reused sequences are newer."""

from services.chassis.mongo import Database

EPOCH = "epoch"


async def read_epoch(database: Database) -> int:
    """The current epoch, 1 for a database that was never restored."""
    row = await database[EPOCH].find_one({"_id": EPOCH})
    return int(row["value"]) if row else 1


async def raise_epoch(database: Database, above: int = 0) -> int:
    """Begins a new epoch and returns it; to be called once after a restore, before the service starts.

    above: an epoch that was in use already, although this database does not know it: the one it replaces.
    """
    value = max(await read_epoch(database), above) + 1
    await database[EPOCH].update_one({"_id": EPOCH}, {"$set": {"value": value}}, upsert=True)
    return value
