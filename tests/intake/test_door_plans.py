"""What the machine doors ask of the database is answered by an index, whatever else is stored."""

from typing import Any

import pytest

from services.chassis.clock import Clock
from tests.intake.conftest import Town

NOW = Clock().now()
AMONG = {"$in": ["a", "b"], "$type": "string"}
QUERIES: dict[str, tuple[str, dict[str, Any], list[tuple[str, int]]]] = {
    "newest keys": ("api_keys", {}, [("created_at", -1), ("_id", -1)]),
    "use of keys": ("quota_days", {"key": {"$in": ["a", "b"]}, "day": {"$gte": "2026-11-01"}}, []),
    "files that wait": ("imports", {"at": {"$lt": NOW}}, []),
    "undecided mails": (
        "mails",
        {
            "state": {"$in": ["quarantined", "aside", "expired"]}, "reason": {"$type": "string"},
            "received_at": {"$lt": NOW},
        },
        [],
    ),
    "mails that wait": ("mail_queue", {"_id": {"$gt": "", "$lte": "~"}}, [("_id", 1)]),
    "files of mails that wait": ("mail_queue", {"file": AMONG}, []),
    "mails answered": ("mails", {"message_id": {"$in": ["<a>", "<b>"]}, "request": {"$ne": None}}, []),
    "answers in a row": (
        "messages",
        {"request": "a", "at": {"$gte": NOW}, "author": "b", "channel": {"$in": ["email", "pec"]}},
        [],
    ),
    "what moves the clocks of a long story": (
        "timeline", {"request": "a", "action": {"$in": ["closed", "resolved"]}}, [("at", 1), ("rank", 1)],
    ),
    "what an expert said in it": (
        "messages", {"request": "a", "kind": "message", "visibility": "shared", "author_role": "expert",
                     "automatic": False}, [("at", 1), ("rank", 1)],
    ),
    "mails in a row": ("mails", {"sender": "a", "received_at": {"$gte": NOW}}, []),
    "senders": ("persons", {"$or": [{name: AMONG} for name in ("email_key", "pec_key")]}, []),
}  # fmt: skip


@pytest.mark.parametrize("name", QUERIES)
async def test_a_question_reads_an_index(town: Town, name: str) -> None:
    collection, where, order = QUERIES[name]
    find = {"find": collection, "filter": where} | ({"sort": dict(order)} if order else {})

    plan = await town.service.database.raw.command("explain", find, verbosity="queryPlanner")

    told = str(plan["queryPlanner"]["winningPlan"])
    assert "IXSCAN" in told and "COLLSCAN" not in told and "'SORT'" not in told
