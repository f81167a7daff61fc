"""A simulation of what was decided, with nothing changed, decides the same: it is the code of production."""

import asyncio

from services.routing.simulation.engine import Engine
from tests.routing.material import MONDAY, routing_at_hand
from tests.routing.scripted import Scripted, Standing
from tests.servers import MongoServer

SEEDS = (1, 2, 3)


async def as_production_did(mongo_url: str, seed: int) -> None:
    """Plays some weeks on a clock that stands still between two acts, then simulates them."""
    async with routing_at_hand(mongo_url, Standing()) as routing:
        routing.clock.move_to(MONDAY)
        script = Scripted(routing, seed)
        await script.play(70)
        scenario, real = await script.replayed()

    run = Engine(scenario).run()

    assert len(real) > 90
    assert sorted((offer.at, offer.request, offer.expert) for offer in run.offers) == real, f"seed {seed}"


async def test_unchanged_rules_decide_as_production_did(mongod: MongoServer) -> None:
    """All seeds at once, each on a database of its own: most of the time one waits for the disk."""
    await asyncio.gather(*(as_production_did(mongod.url, seed) for seed in SEEDS))
