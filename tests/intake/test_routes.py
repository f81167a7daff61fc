"""The wiring: every route says who may call it, and every event in the table has its handler."""

from collections.abc import Iterable, Iterator
from typing import Any

from fastapi.routing import APIRoute

from contracts.catalogue import OWNERS
from services.chassis.auth import permission_of
from services.intake.consumers import EVENTS
from tests.intake.conftest import Town


def flat(routes: Iterable[Any]) -> Iterator[APIRoute]:
    """The routes of included routers too."""
    for route in routes:
        if hasattr(route, "original_router"):
            yield from flat(route.original_router.routes)
        elif isinstance(route, APIRoute):
            yield route


def test_every_route_declares_who_may_call_it(town: Town) -> None:
    routes = list(flat(town.service.app.routes))

    assert len(routes) > 25
    assert [route.path for route in routes if permission_of(route) is None] == []


def test_intake_listens_to_other_owners_only() -> None:
    assert {OWNERS[entry.model.STREAM] for entry in EVENTS} == {"routing", "reporting"}


async def test_the_vocabulary_is_public_and_shows_only_terms_with_a_source(town: Town) -> None:
    themes = await town.call("GET", "/api/themes", None)
    procedures = await town.call("GET", "/api/procedures?theme=renewable-energy", None)

    assert len(themes.json()["items"]) == 8
    assert {item["theme"] for item in procedures.json()["items"]} == {"renewable-energy"}
    terms = [item["statutory_term"] for item in procedures.json()["items"]]
    assert None in terms
    assert all(term["statute"] and "as_of" in term for term in terms if term)
