"""Identifiers: in order where they are new, the same for ever where they are derived."""

import threading
import time
import uuid
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import TypeAdapter

from contracts import envelope
from contracts.envelope import Id, derived_id, new_id


def test_new_ids_are_in_order_and_are_uuids_of_version_7():
    ids = [new_id() for _ in range(20_000)]

    assert ids == sorted(ids)
    assert len(set(ids)) == len(ids)
    assert {(uuid.UUID(id_).version, uuid.UUID(id_).variant) for id_ in ids} == {(7, uuid.RFC_4122)}


def test_a_new_id_is_an_id_of_the_contracts():
    assert TypeAdapter(Id).validate_python(new_id())
    assert TypeAdapter(Id).validate_python(derived_id("x"))


class Hesitating(list[int]):
    """Lets another thread go first between reading and writing."""

    def __getitem__(self, index: Any) -> Any:
        value = super().__getitem__(index)
        time.sleep(0)
        return value


def test_threads_never_get_the_same_id_and_each_gets_them_in_order(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(envelope, "_last", Hesitating([0]))
    monkeypatch.setattr(envelope.wall, "time_ns", lambda: 0)  # one millisecond for all of them
    made: list[list[str]] = [[] for _ in range(8)]
    ready = threading.Barrier(len(made))

    def make(ids: list[str]) -> None:
        ready.wait()
        ids.extend(new_id() for _ in range(500))

    threads = [threading.Thread(target=make, args=(ids,)) for ids in made]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert all(len(ids) == 500 for ids in made)
    assert all(ids == sorted(ids) for ids in made)
    # The counter alone must tell them apart: the random tail would hide a race.
    assert len({id_[:18] for ids in made for id_ in ids}) == 4_000


def test_ids_stay_in_order_when_the_clock_is_set_back(monkeypatch: pytest.MonkeyPatch):
    before = new_id()
    monkeypatch.setattr(envelope.wall, "time_ns", lambda: 0)

    after = new_id()

    assert after > before


def test_a_new_id_of_a_given_moment_encodes_it():
    at = datetime(2026, 4, 1, 7, 12, 30, 412_000, UTC)

    first, second = new_id(at), new_id(at)

    assert int(first.replace("-", "")[:12], 16) == int(at.timestamp() * 1000)
    assert first != second
    assert uuid.UUID(first).version == 7


def test_a_derived_id_never_changes():
    # Golden values: another result would repeat every e-mail ever sent.
    assert derived_id("019d47e2-fb2c-7a01-8b3c-000000000001", "email") == "e0b692da-fa73-5707-96e5-35dea2806aec"
    assert derived_id() == "2ffc19e5-d62c-5b30-9d88-4f915b6efce2"


def test_causes_that_read_the_same_when_joined_differ():
    assert derived_id("ab", "c") != derived_id("a", "bc")
    assert derived_id("ab", "c") != derived_id("abc")
