"""The epoch of an owner: raised when its database is restored from a backup, so that reused sequences are newer."""

from services.chassis.mongo import Database

EPOCH = "epoch"


async def read_epoch(database: Database) -> int:
    """The current epoch, 1 for a database that was never restored."""
    row = await database[EPOCH].find_one({"_id": EPOCH})
    return int(row["value"]) if row else 1


async def raise_epoch(database: Database) -> int:
    """Begins a new epoch and returns it; to be called once after a restore, before the service starts."""
    await database[EPOCH].update_one({"_id": EPOCH}, {"$setOnInsert": {"value": 1}}, upsert=True)
    await database[EPOCH].update_one({"_id": EPOCH}, {"$inc": {"value": 1}})
    return await read_epoch(database)
