"""The four API documents keep the rules of ModI: what the national catalogue asks of a description."""

import importlib
import re
from collections.abc import Iterator
from typing import Any

import pytest

from services.chassis.clock import Clock
from services.chassis.settings import Settings
from tests.bad_input.installation import SERVICES

Json = dict[str, Any]
METHODS = ("get", "put", "post", "delete", "patch", "head", "options", "trace")
PROBLEM = "application/problem+json"
LIMITS = {"RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset"}


@pytest.fixture(scope="module", params=SERVICES)
def document(request, mongod) -> Iterator[Json]:
    """The document as a caller gets it, of an installation without TLS."""
    service = importlib.import_module(f"services.{request.param}.main").build(
        Settings(mongo_url=mongod.url, prefix="documents"), Clock()
    )
    yield {**service.app.openapi(), "x-name": request.param}
    service.database.close()


def operations(document: Json) -> Iterator[tuple[str, Json]]:
    for path, item in document["paths"].items():
        yield from ((f"{method} {path}", item[method]) for method in METHODS if method in item)


def resolved(document: Json, value: Json) -> Json:
    while "$ref" in value:
        found: Any = document
        for part in value["$ref"].removeprefix("#/").split("/"):
            found = found[part.replace("~1", "/").replace("~0", "~")]
        value = found
    return value


def answers(document: Json) -> Iterator[tuple[str, str, Json]]:
    for name, operation in operations(document):
        yield from ((name, code, resolved(document, known)) for code, known in operation["responses"].items())


def schemas(value: Any) -> Iterator[Json]:
    if isinstance(value, dict):
        yield value
        for item in value.values():
            yield from schemas(item)
    elif isinstance(value, list):
        for item in value:
            yield from schemas(item)


def test_the_document_is_openapi_3_1(document) -> None:
    assert re.fullmatch(r"3\.1\.\d+", document["openapi"])
    for found in schemas(document):
        if isinstance(found.get("$ref"), str):
            assert resolved(document, found), found


def test_the_document_says_who_answers_for_it(document) -> None:
    info = document["info"]

    assert re.fullmatch(r"\d+\.\d+\.\d+", info["version"])
    assert info["contact"]["name"]
    assert "@" in info["contact"]["email"]
    assert info["contact"]["url"].startswith("http")
    assert info["termsOfService"].startswith("http")
    assert info["x-summary"]
    assert info["description"]


def test_servers_use_tls_or_say_that_they_are_a_sandbox(document) -> None:
    servers = document["servers"] + [s for item in document["paths"].values() for s in item.get("servers", ())]

    assert len(servers) == 2
    for server in servers:
        assert server["url"].startswith("https://") or server["x-sandbox"] is True
        assert server["description"]


def test_a_server_with_tls_is_no_sandbox(mongod) -> None:
    settings = Settings(mongo_url=mongod.url, prefix="documents", public_url="https://assistenza.example")
    service = importlib.import_module("services.routing.main").build(settings, Clock())

    servers = service.app.openapi()["servers"]
    service.database.close()

    assert servers == [{"url": "https://assistenza.example", "description": "This installation."}]


def test_the_status_is_found_and_answers_with_a_problem_document(document) -> None:
    status = document["paths"]["/status"]["get"]

    assert document["paths"]["/status"]["servers"][0]["url"].endswith("/api/" + document["x-name"])
    assert set(status["responses"]["200"]["content"]) <= {PROBLEM, "application/json"}
    assert "503" in status["responses"]


def test_every_error_is_a_problem_and_is_described(document) -> None:
    for name, code, answer in answers(document):
        assert answer["description"], (name, code)
        if code[0] in "45":
            assert set(answer["content"]) == {PROBLEM}, (name, code)
    for name, operation in operations(document):
        assert {"400", "401", "422", "429", "500", "503"} <= operation["responses"].keys(), name


def test_every_answer_tells_what_is_left_of_the_rate_limit(document) -> None:
    for name, code, answer in answers(document):
        assert answer.get("headers", {}).keys() >= LIMITS, (name, code)
        for header in answer["headers"].values():
            assert resolved(document, header)["schema"], (name, code)


def test_a_caller_that_must_wait_is_told_how_long(document) -> None:
    for name, code, answer in answers(document):
        if code in ("429", "503"):
            assert "Retry-After" in answer["headers"], (name, code)


def test_numbers_say_how_large_they_may_be(document) -> None:
    for schema in schemas(document):
        if schema.get("type") == "integer":
            assert schema["format"] in ("int32", "int64"), schema
        if schema.get("type") == "number":
            assert schema["format"] in ("float", "double"), schema


def test_headers_that_belong_to_the_protocol_are_no_parameters(document) -> None:
    for name, operation in operations(document):
        for parameter in operation.get("parameters", ()):
            if parameter["in"] == "header":
                assert parameter["name"].lower() not in ("accept", "content-type", "authorization"), name
                assert not parameter["name"].lower().startswith("x-"), name


def test_credentials_never_stand_in_an_address(document) -> None:
    for scheme in document["components"]["securitySchemes"].values():
        assert (scheme["type"], scheme.get("in")) in (("http", None), ("apiKey", "header"))
    for name, operation in operations(document):
        for parameter in operation.get("parameters", ()):
            assert not re.search(r"token|password|secret|api.?key", parameter["name"], re.I), name


def test_who_may_call_is_declared(document) -> None:
    schemes = document["components"]["securitySchemes"].keys()

    assert {name for way in document["security"] for name in way} == schemes == {"bearer", "key"}


def test_changes_of_a_part_are_merge_patches_and_have_a_body(document) -> None:
    for name, operation in operations(document):
        if name.startswith("patch "):
            assert set(operation["requestBody"]["content"]) == {"application/merge-patch+json"}, name


def test_an_answer_without_content_has_none(document) -> None:
    for name, code, answer in answers(document):
        if code in ("204", "205"):
            assert "content" not in answer, name


def test_addresses_are_kebab_case(document) -> None:
    for path in document["paths"]:
        *folders, last = path.strip("/").split("/")
        for part in (*folders, re.sub(r"\.(csv|pdf|zip)$", "", last)):
            assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*|\{[a-z_]+\}", part), path


def test_operations_have_a_name_of_their_own_and_a_description(document) -> None:
    names = [operation["operationId"] for _, operation in operations(document)]

    assert len(set(names)) == len(names)
    assert all(operation.get("summary") or operation.get("description") for _, operation in operations(document))
