"""Numbers of requests over a restore: others know the lost requests by theirs, and people have them in letters.

So a restored intake goes on behind every number that it may have given: behind those of the database it replaces,
and, because that may be lost, with a gap that is wider than what is given in some days.
"""

from typing import Any

from pymongo.database import Database

NUMBERS = "numbers"
"""Of intake: how many blocks of a hundred numbers were taken, by year."""
SKIPPED = 100


def blocks_taken(database: Database[Any]) -> dict[str, int]:
    """Year -> blocks; nothing for a database without requests."""
    return {row["_id"]: row["blocks"] for row in database[NUMBERS].find()}


def skip_blocks(database: Database[Any], replaced: dict[str, int]) -> None:
    """Counts from behind what was restored and what it replaced."""
    restored = blocks_taken(database)
    for year in restored.keys() | replaced.keys():
        blocks = max(restored.get(year, 0), replaced.get(year, 0)) + SKIPPED
        database[NUMBERS].update_one({"_id": year}, {"$set": {"blocks": blocks}}, upsert=True)
