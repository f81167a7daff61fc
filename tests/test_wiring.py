"""The wiring of the four services: every route is guarded, every form checked, every stream listened to."""

import importlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.routing import APIRoute

from contracts.catalogue import EVENT_TYPES, STREAMS
from services.chassis.auth import permission_of
from services.chassis.clock import Clock
from services.chassis.preconditions import seen
from services.chassis.service import Service
from services.chassis.settings import Settings

SERVICES = ("intake", "routing", "notify", "reporting")
ROOT = Path(__file__).parents[1]
NOT_OURS = {"assets", "openapi"}
"""Routes that serve public files: what the assets' catalogue lists, and the description of the API."""


@pytest.fixture(scope="module")
def services(mongod) -> Iterator[dict[str, Service]]:
    settings = Settings(mongo_url=mongod.url, prefix="wiring")
    built = {name: importlib.import_module(f"services.{name}.main").build(settings, Clock()) for name in SERVICES}
    yield built
    for service in built.values():
        service.database.close()


def routes(service: Service) -> list[Any]:
    """All routes, also those of included routers, which the framework keeps as one entry each."""
    found, waiting = [], list(service.app.routes)
    while waiting:
        route = waiting.pop()
        if hasattr(route, "path"):
            found.append(route)
        else:
            waiting += route.original_router.routes
    return [route for route in found if route.name not in NOT_OURS]


def test_every_route_declares_who_may_call_it(services) -> None:
    undeclared = [
        f"{name}: {getattr(route, 'methods', '')} {route.path}"
        for name, service in services.items()
        for route in routes(service)
        if permission_of(route) is None
    ]

    assert undeclared == []


def test_every_form_of_a_page_checks_its_token(services) -> None:
    unchecked = [
        f"{name}: {route.path}"
        for name, service in services.items()
        for route in routes(service)
        if isinstance(route, APIRoute) and "POST" in route.methods and not route.path.startswith("/api/")
        if not any(getattr(dependency.call, "checks_token", False) for dependency in route.dependant.dependencies)
    ]

    assert unchecked == []


def test_the_routes_that_change_what_was_seen_read_it_in_one_way(services) -> None:
    found = {
        f"{method} {route.path}"
        for service in services.values()
        for route in routes(service)
        if isinstance(route, APIRoute) and any(needed.call is seen for needed in route.dependant.dependencies)
        for method in route.methods
    }
    readers = [path for path in ROOT.glob("services/**/*.py") if re.search(r"[\"']if-match", path.read_text(), re.I)]

    assert found == {
        "PATCH /api/requests/{number}",
        "PATCH /api/practices/{id}",
        "PATCH /api/experts/{id}",
        "PATCH /api/experts/{id}/absences",
        "PATCH /api/experts/{id}/availability",
        "PATCH /api/assignments/{id}/actions/{action}",
        "PUT /api/notification-preferences",
    }
    assert [path.name for path in readers] == ["preconditions.py"]


def test_what_creates_may_be_sent_again_and_the_document_says_so(services) -> None:
    posts = {
        path: item["post"]
        for service in services.values()
        for path, item in service.app.openapi()["paths"].items()
        if "post" in item
    }
    told = {path: _parameter(post, "Idempotency-Key") for path, post in posts.items()}
    readers = [
        path.name
        for path in ROOT.glob("services/**/*.py")
        if re.search(r"[\"']idempotency-key", path.read_text(), re.I)
    ]

    assert [path for path, post in posts.items() if "201" in post["responses"] and not told[path]] == []
    assert {"/api/intake/answers", "/api/routing/decisions"} <= {path for path, known in told.items() if known}
    for known in filter(None, told.values()):
        limits = known["schema"]["anyOf"][0]
        assert (limits["minLength"], limits["maxLength"], known["required"]) == (1, 255, False)
        assert "7 days" in known["description"]
    assert readers == ["idempotency.py"]


def _parameter(operation: dict[str, Any], name: str) -> dict[str, Any] | None:
    return next((known for known in operation.get("parameters", ()) if known["name"] == name), None)


def test_a_service_answers_only_below_its_prefixes(services) -> None:
    probes = {"/live", "/ready", "/status", "/metrics"}
    everybody = [importlib.import_module(f"services.{name}.main").PREFIXES for name in SERVICES[1:]]
    assert all(prefixes for prefixes in everybody)

    for name in SERVICES[1:]:
        prefixes = importlib.import_module(f"services.{name}.main").PREFIXES
        for route in routes(services[name]):
            assert route.path in probes or route.path.startswith(tuple(prefixes)), f"{name}: {route.path}"
    others = tuple(prefix for prefixes in everybody for prefix in prefixes)
    for route in routes(services["intake"]):
        assert not route.path.startswith(others), f"intake: {route.path} belongs to another service"


def test_the_reverse_proxy_knows_the_same_prefixes(services) -> None:
    text = (ROOT / "deploy" / "Caddyfile").read_text()

    for name in SERVICES[1:]:
        line = re.search(rf"@{name} path (.+)", text)
        assert line, name
        known = {path.rstrip("*") for path in line[1].split()}
        assert known == set(importlib.import_module(f"services.{name}.main").PREFIXES)


def test_every_stream_is_listened_to_by_another_service(services) -> None:
    listened = {entry.model.STREAM for service in services.values() for entry in service.table}

    # Notifications and measurements of this stage have no listener of every type, but each stream has one.
    assert set(STREAMS) - listened <= {"notifications", "bodies"}


def test_every_event_in_a_table_is_published_language(services) -> None:
    for service in services.values():
        for entry in service.table:
            assert EVENT_TYPES[entry.model.model_fields["type"].default] is entry.model


def test_every_service_but_the_owner_keeps_its_copy_of_the_grants(services) -> None:
    for name in SERVICES[1:]:
        assert "access" in {entry.model.STREAM for entry in services[name].table}


def test_what_others_cannot_tell_again_is_never_derived(services) -> None:
    sacred = {"outbox", "inbox", "attempts", "deliveries", "preferences", "webhooks", "deadlines", "assignments"}

    for service in services.values():
        assert sacred.isdisjoint(service.derived)
