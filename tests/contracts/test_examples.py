"""The golden examples: what was published once must be readable for ever, without losing a field."""

import json
from collections.abc import Iterator
from functools import reduce
from operator import getitem
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from contracts.catalogue import EVENT_TYPES
from contracts.envelope import Event

FOLDER = Path(__file__).parents[2] / "contracts" / "examples"


def example(type_: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((FOLDER / f"{type_}.json").read_text(encoding="utf-8"))
    return loaded


def objects(document: Any) -> list[dict[str, Any]]:
    """The document and every object in it."""
    if isinstance(document, list):
        return [found for item in document for found in objects(item)]
    if isinstance(document, dict):
        return [document, *(found for item in document.values() for found in objects(item))]
    return []


def test_every_event_type_has_an_example_and_every_example_an_event_type():
    assert {path.name for path in FOLDER.iterdir()} == {f"{type_}.json" for type_ in EVENT_TYPES}


@pytest.mark.parametrize(("type_", "model"), EVENT_TYPES.items(), ids=EVENT_TYPES)
def test_an_example_is_read_and_written_again_without_a_difference(type_: str, model: type[Event]):
    written = model.model_validate_json(json.dumps(example(type_))).model_dump_json()

    assert json.loads(written) == example(type_)


@pytest.mark.parametrize(("type_", "model"), EVENT_TYPES.items(), ids=EVENT_TYPES)
def test_what_a_newer_producer_added_is_ignored_at_every_depth(type_: str, model: type[Event]):
    newer = example(type_)
    for found in objects(newer):
        found["added_next_year"] = {"deep": [1, 2]}

    event = model.model_validate(newer)

    assert event.model_dump(mode="json") == example(type_)


def required(model: type[BaseModel], path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The paths of all required fields, also those of the models inside."""
    for name, field in model.model_fields.items():
        if field.is_required():
            yield (*path, name)
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from required(field.annotation, (*path, name))


@pytest.mark.parametrize(("type_", "model"), EVENT_TYPES.items(), ids=EVENT_TYPES)
def test_a_missing_required_field_is_refused_at_every_depth(type_: str, model: type[Event]):
    paths = list(required(model))

    assert ("data",) in paths
    for path in paths:
        incomplete = example(type_)
        inner = reduce(getitem, path[:-1], incomplete)
        del inner[path[-1]]
        with pytest.raises(ValidationError, match=path[-1]):
            model.model_validate(incomplete)


@pytest.mark.parametrize("type_", EVENT_TYPES)
def test_an_example_is_refused_as_an_event_of_any_other_type(type_: str):
    for other, model in EVENT_TYPES.items():
        if other != type_:
            with pytest.raises(ValidationError):
                model.model_validate(example(type_))


@pytest.mark.parametrize("type_", EVENT_TYPES)
def test_the_subject_of_an_example_is_the_id_whose_order_matters(type_: str):
    document = example(type_)
    data = document["data"]
    state = data.get("state", {})

    key = data.get("delivery") or data.get("request") or state.get("request") or state["id"]

    assert document["subject"] == key


@pytest.mark.parametrize("type_", EVENT_TYPES)
def test_times_of_an_example_are_in_utc(type_: str):
    times = [value for found in objects(example(type_)) for key, value in found.items() if key.endswith("_at")]

    assert all(value is None or value.endswith("Z") for value in [example(type_)["time"], *times])
