"""A simulation of what was decided, with nothing changed, decides the same: it is the code of production."""

from collections.abc import AsyncIterator

import pytest

from contracts.envelope import new_id
from services.chassis.settings import Settings
from services.routing.simulation.engine import Engine
from tests.routing.material import Routing, routing_at_hand
from tests.routing.scripted import Scripted, Standing
from tests.servers import MongoServer


@pytest.fixture(scope="module")
async def standing(mongod: MongoServer) -> AsyncIterator[Routing]:
    """Routing whose clock stands still between two acts."""
    prefix = f"t{new_id().replace('-', '')[4:24]}"
    settings = Settings(prefix=prefix, mongo_url=mongod.url, intake_url="http://127.0.0.1:9", secret_key="x" * 32)
    async with routing_at_hand(settings, Standing()) as at_hand:
        yield at_hand


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_unchanged_rules_decide_as_production_did(standing: Routing, seed: int) -> None:
    await standing.clear()
    script = Scripted(standing, seed)
    await script.play(70)

    scenario, real = await script.replayed()
    run = Engine(scenario).run()

    assert len(real) > 90
    assert sorted((offer.at, offer.request, offer.expert) for offer in run.offers) == real
