"""A request of two themes gets a lead for the first and a co-expert for the second, and both can work on it."""

from typing import Any

from contracts.envelope import new_id
from services.chassis.settings import Settings
from tests.promises.people import THEME, until
from tests.promises.programme import open_programme

SECOND = "waste-management"


async def test_a_request_of_two_themes_gets_a_lead_and_a_co_expert(mongod: Any, broker: Any) -> None:
    prefix = f"t{new_id().replace('-', '')[4:24]}"
    settings = Settings(prefix=prefix, mongo_url=mongod.url, source=f"urn:affianca:{prefix}", **broker.settings)
    async with open_programme(settings) as programme:
        helper = await programme.expert("helper", SECOND)
        await programme.settled()

        number = (await programme.submit(further_themes=[SECOND], companies=["00743110157"]))["number"]
        await programme.accepted(number)

        async def both() -> bool:
            read = await programme.done("official", "GET", f"/api/requests/{number}")
            return [person["id"] for person in read["assignment"]["co_experts"]] == [helper.id]

        await until(both)
        read = await programme.done("helper", "GET", f"/api/requests/{number}")
        assert read["theme"]["code"] == THEME
        assert read["assignment"]["expert"]["id"] == programme.people["expert"].id
        said = {"text": "Ai rifiuti penso io."}
        message = await programme.done("helper", "POST", f"/api/requests/{number}/messages", json=said)
        assert message["author_role"] == "expert"


async def test_a_company_keeps_its_conflict_from_the_request(mongod: Any, broker: Any) -> None:
    prefix = f"t{new_id().replace('-', '')[4:24]}"
    settings = Settings(prefix=prefix, mongo_url=mongod.url, source=f"urn:affianca:{prefix}", **broker.settings)
    async with open_programme(settings) as programme:
        conflict = {"companies": ["00743110157"]}
        id = programme.people["expert"].id
        await programme.done("expert", "POST", f"/api/experts/{id}/conflicts", json=conflict)
        other = await programme.expert("other")
        await programme.settled()

        number = (await programme.submit(companies=["00743110157"]))["number"]

        assert (await programme.offered(number))["expert"] == other.id
