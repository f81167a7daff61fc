"""What the models of events accept, and what they must never be able to carry."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import pytest
from pydantic import BaseModel, Field, ValidationError, create_model

from contracts.catalogue import COMPACTED, EVENT_TYPES, OWNERS, STREAMS, topic_of
from contracts.envelope import Code, Event, Id, event_type
from contracts.requests import RequestState, RequestSubmitted

EXAMPLES = Path(__file__).parents[2] / "contracts" / "examples"

PERSONAL = ("Maria Rossi", "maria.rossi@comune.example.it", "+39 0332 255111", "Via Sacco, 5", "perché no?")
SPEAKING_NAMES = re.compile(
    r"(?:^|_)(?:(?:sur|first|last|user)?name|e?mail|phone|address|street|birth\w*|tax|fiscal|text|note|title"
    r"|comment|description|body_name|ip)(?:_|$)"
)
SETTINGS = {"source"}
"""Strings that the installation sets, not a person."""


def open_fields(node: Any, schema: dict[str, Any], path: str = "") -> Iterator[str]:
    """The paths of a JSON Schema below which words of people, or anything at all, could travel."""
    if "$ref" in node:
        name = node["$ref"].rpartition("/")[2]
        yield from open_fields(schema["$defs"][name], schema, path)
    elif "anyOf" in node or "oneOf" in node or "allOf" in node:
        for option in [*node.get("anyOf", []), *node.get("oneOf", []), *node.get("allOf", [])]:
            yield from open_fields(option, schema, path)
    elif "const" in node or "enum" in node or node.get("type") in ("integer", "number", "boolean", "null"):
        return
    elif node.get("type") == "string":
        pattern = node.get("pattern")
        safe = pattern and pattern.startswith("^") and pattern.endswith("$")
        if node.get("format") != "date-time" and (not safe or any(re.search(pattern, words) for words in PERSONAL)):
            yield path
    elif node.get("type") == "array":
        items = [*node.get("prefixItems", []), *([node["items"]] if "items" in node else [])]
        for item in items or [{}]:
            yield from open_fields(item, schema, f"{path}[]")
    elif node.get("type") == "object" and "properties" in node and not node.get("additionalProperties"):
        for name, field in node["properties"].items():
            if SPEAKING_NAMES.search(name):
                yield f"{path}.{name}"
            yield from open_fields(field, schema, f"{path}.{name}")
    else:
        yield path


def leaks(model: type[BaseModel]) -> set[str]:
    schema = model.model_json_schema()
    return set(open_fields({key: value for key, value in schema.items() if key != "$defs"}, schema))


@pytest.mark.parametrize("model", EVENT_TYPES.values(), ids=EVENT_TYPES)
def test_no_event_can_carry_free_text_or_personal_data(model: type[Event]):
    assert leaks(model) == {f".{name}" for name in SETTINGS}


@pytest.mark.parametrize(
    ("name", "annotation"),
    [
        ("requested_by", str),
        ("requested_by", str | None),
        ("requested_by", Annotated[str, Field(max_length=80)]),
        ("requested_by", Annotated[str, Field(pattern="[a-z]")]),
        ("tags", tuple[str, ...]),
        ("tags", list[Any]),
        ("labels", dict[str, str]),
        ("extra", Any),
        ("raw", bytes),
        ("inner", create_model("Inner", text=(str, ...))),
        ("email", Code),
        ("author_name", Code),
        ("tax_code", Code),
    ],
    ids=str,
)
def test_the_guard_against_personal_data_sees_a_field_that_is_added(name: str, annotation: Any):
    grown = create_model("Grown", __base__=RequestState, **{name: (annotation, ...)})

    assert {leak.lstrip(".").partition(".")[0].removesuffix("[]") for leak in leaks(grown)} == {name}


def test_the_guard_lets_ids_codes_numbers_and_times_pass():
    grown = create_model("Grown", __base__=RequestState, expert=(Id, ...), reason=(Code | None, None), days=(int, 0))

    assert leaks(grown) == set()


def test_every_stream_has_exactly_one_owner():
    assert set(OWNERS) == set(STREAMS)
    assert set(OWNERS.values()) == {"intake", "routing", "notify", "reporting"}
    assert set(STREAMS) >= COMPACTED


def test_every_event_is_in_the_stream_that_its_class_names():
    for stream, models in STREAMS.items():
        for model in models:
            assert stream == model.STREAM


def test_every_event_class_of_the_language_is_in_the_catalogue():
    def leaves(model: type[Event]) -> list[type[Event]]:
        below = [leaf for child in model.__subclasses__() for leaf in leaves(child)]
        return below or [model]

    defined = {leaf for leaf in leaves(Event) if leaf.__module__.startswith("contracts.")}

    assert defined == set(EVENT_TYPES.values())


def test_no_two_events_share_a_type_and_all_types_are_versioned():
    models = [model for models in STREAMS.values() for model in models]

    assert len({event_type(model) for model in models}) == len(models)
    assert all(re.fullmatch(r"affianca\.[a-z]+\.[a-z-]+\.v[1-9]\d*", type_) for type_ in EVENT_TYPES)


def test_a_topic_is_named_for_its_installation_stream_and_key_version():
    assert topic_of("lombardia", "service-levels") == "lombardia.service-levels.v1"


def submitted(**changes: Any) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((EXAMPLES / "affianca.request.submitted.v1.json").read_text(encoding="utf-8"))
    return document | changes


@pytest.mark.parametrize("time", ["2026-04-01T09:12:30", "2026-04-01", "yesterday", ""])
def test_a_time_without_a_zone_is_refused(time: str):
    with pytest.raises(ValidationError, match="time"):
        RequestSubmitted.model_validate(submitted(time=time))


@pytest.mark.parametrize(
    "time",
    ["0001-01-01T00:00:00+14:00", "0001-01-01T13:00:00Z", "9999-12-31T10:00:00Z", "9999-12-31T23:59:59-12:00"],
)
def test_a_time_without_a_date_in_every_zone_is_refused_like_any_other_bad_message(time: str):
    with pytest.raises(ValidationError, match="time"):
        RequestSubmitted.model_validate(submitted(time=time))


def test_a_time_of_another_zone_becomes_utc():
    event = RequestSubmitted.model_validate(submitted(time="2026-04-01T09:12:30.412+02:00"))

    assert event.time == datetime(2026, 4, 1, 7, 12, 30, 412_000, UTC)
    assert event.time.tzinfo == UTC
    assert '"time":"2026-04-01T07:12:30.412000Z"' in event.model_dump_json()


@pytest.mark.parametrize(
    ("attribute", "value"),
    [
        ("specversion", "0.3"),
        ("id", "019D47E2-F8CC-71F5-88B9-145B24D108D7"),
        ("id", "42"),
        ("subject", "Comune di Varese"),
        ("sequence", 0),
        ("epoch", 0),
        ("source", ""),
        ("source", "x" * 201),
        ("type", "affianca.request.submitted.v2"),
        ("data", None),
    ],
)
def test_an_attribute_out_of_its_range_is_refused(attribute: str, value: Any):
    with pytest.raises(ValidationError, match=attribute):
        RequestSubmitted.model_validate(submitted(**{attribute: value}))


@pytest.mark.parametrize(
    "number", ["2026-123", "2026-\u0661\u0661\u0661\u0661\u0661\u0661", "2026-0001234567890", "2026-000123\n", "000123"]
)
def test_a_request_number_of_another_form_is_refused(number: str):
    document = submitted()
    document["data"]["state"]["number"] = number

    with pytest.raises(ValidationError, match="number"):
        RequestSubmitted.model_validate(document)


def test_an_event_and_its_state_cannot_be_changed():
    event = RequestSubmitted.model_validate(submitted())

    with pytest.raises(ValidationError, match="frozen"):
        event.sequence = 2
    with pytest.raises(ValidationError, match="frozen"):
        event.data.state.status = "closed"


def test_a_restored_owner_is_newer_than_a_higher_sequence_before_it():
    before = RequestSubmitted.model_validate(submitted(epoch=1, sequence=9))
    after = RequestSubmitted.model_validate(submitted(epoch=2, sequence=3))

    assert after.order > before.order
