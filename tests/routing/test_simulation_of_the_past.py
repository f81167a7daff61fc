"""A simulation of what was decided, with nothing changed, decides the same: it is the code of production."""

import pytest

from services.routing.simulation.engine import Engine
from tests.routing.material import MONDAY, routing_at_hand
from tests.routing.scripted import Scripted, Standing
from tests.servers import MongoServer


# One script in the quick tests, others among the slow ones: each takes ten seconds and more.
@pytest.mark.parametrize("seed", [1, pytest.param(2, marks=pytest.mark.slow), pytest.param(3, marks=pytest.mark.slow)])
async def test_unchanged_rules_decide_as_production_did(mongod: MongoServer, seed: int) -> None:
    """Plays some weeks on a clock that stands still between two acts, then simulates them."""
    async with routing_at_hand(mongod.url, Standing()) as routing:
        routing.clock.move_to(MONDAY)
        script = Scripted(routing, seed)
        await script.play(70)
        scenario, real = await script.replayed()

    run = Engine(scenario).run()

    assert len(real) > 90
    assert sorted((offer.at, offer.request, offer.expert) for offer in run.offers) == real
