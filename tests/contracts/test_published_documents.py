"""The committed JSON Schemas and the AsyncAPI document say what the models say, and a validator accepts them."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft7Validator, Draft202012Validator

from contracts.catalogue import COMPACTED, EVENT_TYPES, OWNERS, PARTITIONS, STREAMS, topic_of
from contracts.envelope import event_type
from services.chassis.settings import Settings

ROOT = Path(__file__).parents[2]
CONTRACTS = ROOT / "contracts"
OFFICIAL = ROOT / ".local/assets/node_modules/@asyncapi/specs/schemas/3.0.0-without-$id.json"


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((CONTRACTS / "asyncapi.yaml").read_text(encoding="utf-8"))
    return loaded


def example(type_: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((CONTRACTS / "examples" / f"{type_}.json").read_text(encoding="utf-8"))
    return loaded


@pytest.mark.parametrize("type_", EVENT_TYPES)
def test_a_schema_is_valid_and_accepts_its_example_alone(type_: str):
    schema = json.loads((CONTRACTS / "schemas" / f"{type_}.json").read_text(encoding="utf-8"))

    Draft202012Validator.check_schema(schema)

    validator = Draft202012Validator(schema)
    assert [other for other in EVENT_TYPES if validator.is_valid(example(other))] == [type_]
    assert validator.is_valid(example(type_) | {"added_next_year": 1})


@pytest.mark.parametrize("attribute", ["specversion", "id", "source", "type", "subject", "time", "correlationid"])
def test_a_schema_requires_the_attributes_of_cloudevents(attribute: str):
    schema = json.loads((CONTRACTS / "schemas" / "affianca.request.submitted.v1.json").read_text(encoding="utf-8"))
    incomplete = example("affianca.request.submitted.v1")
    del incomplete[attribute]

    assert not Draft202012Validator(schema).is_valid(incomplete)


def test_the_official_schema_of_asyncapi_accepts_the_document_and_refuses_a_spoilt_one(document: dict[str, Any]):
    if not OFFICIAL.exists():
        missing = f"{OFFICIAL.relative_to(ROOT)} is missing: npm install of the devDependencies brings it"
        if os.environ.get("CI") == "true":
            pytest.fail(missing)
        pytest.skip(missing)
    validator = Draft7Validator(json.loads(OFFICIAL.read_text(encoding="utf-8")))

    assert [error.message for error in validator.iter_errors(document)] == []

    spoilt = document | {"operations": {"intake.requests": document["operations"]["intake.requests"] | {"action": "?"}}}
    assert not validator.is_valid(spoilt)


def test_every_reference_in_the_asyncapi_document_leads_somewhere(document: dict[str, Any]):
    def references(node: Any) -> list[str]:
        if isinstance(node, dict):
            own = [node["$ref"]] if isinstance(node.get("$ref"), str) else []
            return own + [found for value in node.values() for found in references(value)]
        return [found for value in node for found in references(value)] if isinstance(node, list) else []

    found = references(document)

    assert len(found) > len(EVENT_TYPES)
    for reference in found:
        target: Any = document
        for part in reference.removeprefix("#/").split("/"):
            target = target[part]


def test_a_channel_is_a_topic_with_its_partitions_key_and_retention(document: dict[str, Any]):
    kept = Settings.model_fields["kafka_retention_days"].default * 86_400_000

    assert set(document["channels"]) == set(STREAMS)
    for stream, channel in document["channels"].items():
        kafka = channel["bindings"]["kafka"]
        policy = ["compact"] if stream in COMPACTED else ["delete"]
        assert channel["address"].format(prefix="affianca") == topic_of("affianca", stream)
        assert channel["parameters"]["prefix"]["default"] == Settings.model_fields["prefix"].default
        assert kafka["partitions"] == PARTITIONS
        assert kafka["topicConfiguration"] == {"cleanup.policy": policy, "retention.ms": kept}
        assert list(channel["messages"]) == [model.__name__ for model in STREAMS[stream]]


def test_every_stream_is_published_by_its_owner_alone(document: dict[str, Any]):
    published = {
        operation["channel"]["$ref"].rpartition("/")[2]: name.partition(".")[0]
        for name, operation in document["operations"].items()
        if operation["action"] == "send"
    }

    assert published == OWNERS
    assert len(document["operations"]) == len(OWNERS)


@pytest.mark.parametrize("type_", EVENT_TYPES)
def test_a_message_carries_its_golden_example_which_its_payload_accepts(type_: str, document: dict[str, Any]):
    name = EVENT_TYPES[type_].__name__
    message = document["components"]["messages"][name]
    schema = {"$ref": message["payload"]["$ref"], "components": document["components"]}

    assert message["name"] == event_type(EVENT_TYPES[type_]) == type_
    assert [sample["payload"] for sample in message["examples"]] == [example(type_)]
    assert message["bindings"]["kafka"]["key"]["type"] == "string"
    assert message["contentType"] == "application/cloudevents+json"
    Draft7Validator(schema).validate(example(type_))
    assert not Draft7Validator(schema).is_valid(example(type_) | {"sequence": 0})


def test_a_tuple_of_two_numbers_is_checked_in_the_older_dialect_too(document: dict[str, Any]):
    schema = {"$ref": "#/components/schemas/AssignmentOffered", "components": document["components"]}
    wrong = example("affianca.assignment.offered.v1")
    wrong["data"]["state"]["request_order"] = ["1", 1]

    assert not Draft7Validator(schema).is_valid(wrong)
