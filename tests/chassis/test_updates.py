"""Updates: only what changed is sent, and what is then stored is the whole document that was put."""

from datetime import UTC, datetime
from typing import Any

import pytest

from services.chassis.execution import load
from services.chassis.mongo import Database
from services.chassis.saving import save
from services.chassis.updates import update_of
from services.chassis.work import Origin, View, Work, Write, copied

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
OLD = {"_id": "a", "version": 1, "same": [1, {"x": "y"}], "list": [1, 2], "gone": 1, "at": NOW, "number": 1}


def write(new: dict[str, Any], base: int = 1) -> Write:
    return Write(("notes", "a"), {**new, "version": 2}, base, OLD)


def test_only_fields_that_changed_are_sent() -> None:
    new = {**copied(OLD), "list": [1, 3]}
    del new["gone"]

    update = update_of(write(new))

    assert update == {"$set": {"version": 2, "list": [1, 3]}, "$unset": {"gone": 1}}


@pytest.mark.parametrize("value", [True, 1.0, "1", [1], None])
def test_values_that_only_python_takes_for_equal_are_sent(value: Any) -> None:
    deep = {**OLD, "number": value, "list": [value, 2]}

    update = update_of(write(deep))

    assert update
    assert set(update["$set"]) == {"version", "number", "list"}


@pytest.mark.parametrize("name", ["a.b", "$a"])
def test_a_name_that_would_be_a_path_makes_a_replacement(name: str) -> None:
    assert update_of(write({**OLD, name: 1})) is None


def test_a_document_read_at_another_version_is_replaced() -> None:
    assert update_of(write(dict(OLD), base=7)) is None


def test_a_copy_shares_nothing_that_can_change() -> None:
    made = copied(OLD)

    made["same"][1]["x"] = "z"
    made["list"].append(3)

    assert (OLD["same"], OLD["list"]) == ([1, {"x": "y"}], [1, 2])


async def test_what_is_stored_is_the_whole_document_that_was_put(database: Database) -> None:
    await database["notes"].insert_one(copied(OLD))
    new = {"_id": "a", "list": [], "same": [1, {"x": "z"}], "added": {"deep.er": NOW}, "at": NOW, "number": 1.0}

    view = await load(database, [{"notes": ["a"]}])
    work = Work(view if isinstance(view, View) else View(), NOW, Origin("urn:x"))
    read = work.get("notes", "a")
    assert read
    work.put("notes", {**new, "version": read["version"]})
    work.put("notes", {**new, "version": 2, "twice": True})
    await save(database, [work])

    stored = await database["notes"].find_one({"_id": "a"})
    assert stored == {**new, "version": 2, "twice": True}
    assert isinstance(stored["number"], float)
