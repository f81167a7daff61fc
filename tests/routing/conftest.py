"""Fixtures of the tests of routing."""

from collections.abc import AsyncIterator

import pytest

from services.chassis.clock import Clock
from tests.routing.material import Routing, routing_at_hand
from tests.servers import MongoServer


@pytest.fixture(scope="session")
async def built_routing(mongod: MongoServer) -> AsyncIterator[Routing]:
    """Built once: indexes and templates take a second."""
    async with routing_at_hand(mongod.url, Clock()) as at_hand:
        yield at_hand


@pytest.fixture
async def routing(built_routing: Routing) -> Routing:
    """Routing on an empty database, on a Monday morning."""
    await built_routing.clear()
    return built_routing
