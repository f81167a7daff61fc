"""What a coordinator hears of a request that is kept for one expert: each reason once, and why nobody is asked."""

from tests.routing.material import Routing, person
from tests.routing.test_pins_and_handing_over import PIN, two


async def test_keeping_a_request_tells_again_that_nobody_can_be_asked_only_for_another_reason(routing: Routing) -> None:
    request = await two(routing)
    for name in ("anna", "bea"):
        await routing.expert(name, capacity=0)
    await routing.match()
    async with routing.api("carla") as api:
        for _ in range(3):
            await api.put(PIN, json={"expert": person("bea")})
            await routing.match()
            kept = await routing.decision(request)
            await api.delete(PIN)
            await routing.match()
            freed = await routing.decision(request)
        same = await routing.told(request)
        await routing.expert("bea", active=False)
        await api.put(PIN, json={"expert": person("bea")})
        await routing.match()

    assert same == ["unroutable"]
    assert await routing.told(request) == ["unroutable", "unroutable"]
    assert (kept["pinned"], freed["pinned"]) == (True, False)
    assert {"expert": person("anna"), "reason": "pinned_to_another"} in kept["vetoed"]
