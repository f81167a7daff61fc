"""The committed table of who may call what, and what the four services declare."""

import csv
import importlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from services.chassis.auth import permission_of
from services.chassis.service import Service

ROLES = (
    "official", "representative", "expert", "coordinator", "secretariat", "monitor", "front_end", "service",
    "anonymous",
)  # fmt: skip
SERVICES = ("intake", "routing", "notify", "reporting")
PUBLIC_FILES = {"assets", "openapi"}
"""Routes of the framework that serve files without a declaration; the table says that they are for everybody."""

Call = tuple[str, str, str]
"""(service, method, path)."""


def committed() -> dict[Call, frozenset[str]]:
    """Call -> the roles that may, as the table says it. Written by hand from the API, never from the code."""
    rows: dict[Call, frozenset[str]] = {}
    with (Path(__file__).parent / "permissions.csv").open() as file:
        lines = csv.reader(file)
        assert tuple(next(lines)) == ("service", "method", "path", *ROLES)
        for service, method, path, *cells in lines:
            call = (service, method, path)
            assert call not in rows, f"{call} stands in the table twice"
            assert set(cells) <= {"yes", "no"} and len(cells) == len(ROLES), f"{call}: every cell is yes or no"
            rows[call] = frozenset(role for role, cell in zip(ROLES, cells, strict=True) if cell == "yes")
    return rows


def routes_of(app: Any) -> Iterator[Any]:
    """All routes of an application, also those of included routers."""
    waiting = list(app.routes)
    while waiting:
        route = waiting.pop()
        if hasattr(route, "path"):
            yield route
        else:
            waiting += route.original_router.routes


def declared(services: Mapping[str, Service]) -> dict[Call, frozenset[str]]:
    """Call -> the roles that may, as the routes declare it; nobody for a route that declares nothing."""
    found: dict[Call, frozenset[str]] = {}
    for name, service in services.items():
        for route in routes_of(service.app):
            roles = permission_of(route) or (("public",) if route.name in PUBLIC_FILES else ())
            for method in set(route.methods) - {"HEAD"}:
                found[name, method, route.path] = frozenset(ROLES) if "public" in roles else frozenset(roles)
    return found


def differences(services: Mapping[str, Service]) -> list[str]:
    """What stands only in the table, only in the code, or differently in both."""
    table, code = committed(), declared(services)
    told = [f"no row for {' '.join(call)}" for call in code.keys() - table.keys()]
    told += [f"no route for {' '.join(call)}" for call in table.keys() - code.keys()]
    for call in table.keys() & code.keys():
        wrong = sorted(table[call] ^ code[call])
        told += [f"{' '.join(call)}: {', '.join(wrong)} in one of them only"] if wrong else []
    return sorted(told)


def built(settings: Any, clock: Any) -> dict[str, Service]:
    """The four services, not started."""
    return {name: importlib.import_module(f"services.{name}.main").build(settings, clock) for name in SERVICES}
