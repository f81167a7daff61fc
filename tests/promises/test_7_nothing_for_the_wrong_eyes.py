"""Promise 7: kept by tests/matrix, which holds every route against every role, every stranger and every revocation.

    permissions.csv        who may call what, written from the API's description and compared with the routes
    test_permissions.py    every route really called as every role
    test_visibility.py     nobody finds, reads, changes or is told what is another body's
    test_revocation.py     a role that was taken away ends everywhere within five seconds

Here stands what would let that matrix pass in silence.
"""

from collections.abc import Iterator
from typing import Any

import pytest

from services.chassis.auth import permission_of
from services.chassis.clock import Clock
from services.chassis.service import Service
from services.chassis.settings import Settings
from tests.matrix.table import PUBLIC_FILES, ROLES, built, committed, differences, routes_of


@pytest.fixture
def services(mongod: Any) -> Iterator[dict[str, Service]]:
    them = built(Settings(mongo_url=mongod.url, prefix="promise7"), Clock())
    yield them
    for service in them.values():
        service.database.close()


def test_a_route_without_a_declaration_is_nobodys_and_is_noticed(services) -> None:
    @services["intake"].app.get("/api/requests/export")
    async def unguarded() -> None:
        """Forgotten: it declares nobody, and stands in no table."""

    assert "no row for intake GET /api/requests/export" in differences(services)


def test_a_route_that_lets_in_more_than_the_table_is_noticed(services) -> None:
    route = next(route for route in routes_of(services["intake"].app) if route.path == "/api/persons/{id}")
    was = permission_of(route)
    declared = next(d for d in route.dependant.dependencies if hasattr(d.call, "permitted"))

    declared.call.permitted = (*was, "official")

    assert "intake GET /api/persons/{id}: official in one of them only" in differences(services)
    declared.call.permitted = was


def test_only_files_and_what_is_public_are_for_everybody() -> None:
    everybody = {path for (_, _, path), roles in committed().items() if roles == frozenset(ROLES)}
    probes = {path for path in everybody if path.rsplit("/", 1)[-1] in ("live", "ready", "status", "metrics")}
    files = {path for path in everybody if path.startswith("/assets/") or path.endswith(("/openapi.json", "/docs"))}

    assert len(PUBLIC_FILES) == 2
    assert everybody - probes - files == {
        "/", "/accessibilita", "/privacy", "/login", "/callback", "/logout", "/api/themes", "/api/procedures",
        "/practices", "/practices/{key}", "/api/practices", "/api/practices/{id}",
    }  # fmt: skip
