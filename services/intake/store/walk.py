"""Every document of a collection once, in the order of its ids: for work that goes through all that is stored."""

from services.chassis.mongo import Database, Document


async def ids_behind(database: Database, collection: str, after: str, limit: int) -> list[Document]:
    """The next ids behind one, read from the index of ids, with what was joined to each."""
    query: Document = {"_id": {"$gt": after}}
    wanted = {"_id": 1, "merged_from": 1}
    return await database[collection].find(query, wanted).sort("_id", 1).limit(limit).to_list(limit)
