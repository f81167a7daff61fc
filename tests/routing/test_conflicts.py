"""A conflict of interest that an expert declares after being asked takes the offer away: it goes to somebody else."""

import pytest

from services.routing.store import CASES
from tests.routing.material import Routing, person

COMPANY = "01234567890"


async def offered(routing: Routing) -> str:
    """A request that is offered to Anna, the better of two."""
    await routing.expert("anna", provinces=["VA"])
    await routing.expert("bea")
    await routing.grant("anna", "expert")
    request = await routing.submit(1)
    await routing.match()
    assert await routing.asked(request) == person("anna")
    return request


@pytest.mark.parametrize("which", ["bodies", "companies"])
async def test_an_offer_goes_to_another_when_its_expert_declares_a_conflict(routing: Routing, which: str) -> None:
    request = await offered(routing)
    case = await routing.case(request)
    await routing.database[CASES].update_one({"_id": request}, {"$set": {"companies": [COMPANY]}})
    wanted = {"bodies": case["body"], "companies": COMPANY}[which]

    async with routing.api("anna") as api:
        declared = await api.post(f"/api/experts/{person('anna')}/conflicts", json={which: [wanted]})
    await routing.match()

    assert declared.status_code == 201, declared.text
    assert await routing.asked(request) == person("bea")
    assert await routing.told(request) == ["offered", "declined", "offered"]
    assert (await routing.held(person("anna")), await routing.held(person("bea"))) == (0, 1)


async def test_a_conflict_with_somebody_else_leaves_the_offer(routing: Routing) -> None:
    request = await offered(routing)

    async with routing.api("anna") as api:
        await api.post(f"/api/experts/{person('anna')}/conflicts", json={"companies": [COMPANY]})
    await routing.match()

    assert await routing.asked(request) == person("anna")


async def test_what_was_accepted_stays_until_the_expert_gives_it_back(routing: Routing) -> None:
    request = await offered(routing)
    lead = await routing.lead(request)
    assert lead
    body = (await routing.case(request))["body"]

    async with routing.api("anna") as api:
        await api.post(f"/api/assignments/{lead['_id']}/accept")
        await api.post(f"/api/experts/{person('anna')}/conflicts", json={"bodies": [body]})
        await routing.match()
        kept = await routing.asked(request)
        await api.post(f"/api/assignments/{lead['_id']}/release")
    await routing.match()

    assert (kept, await routing.asked(request)) == (person("anna"), person("bea"))
