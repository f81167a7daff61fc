"""Fixtures of the tests of routing."""

from collections.abc import AsyncIterator

import pytest

from contracts.envelope import new_id
from services.chassis.clock import Clock
from services.chassis.settings import Settings
from tests.routing.material import Routing, routing_at_hand
from tests.servers import MongoServer


@pytest.fixture(scope="session")
async def built_routing(mongod: MongoServer) -> AsyncIterator[Routing]:
    """Built once: indexes and templates take a second."""
    prefix = f"t{new_id().replace('-', '')[4:24]}"
    settings = Settings(prefix=prefix, mongo_url=mongod.url, intake_url="http://127.0.0.1:9", secret_key="x" * 32)
    async with routing_at_hand(settings, Clock()) as at_hand:
        yield at_hand


@pytest.fixture
async def routing(built_routing: Routing) -> Routing:
    """Routing on an empty database, on a Monday morning."""
    await built_routing.clear()
    return built_routing
