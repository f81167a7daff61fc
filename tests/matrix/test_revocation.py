"""Nothing for the wrong eyes, also from now on: a role that was taken away ends within five seconds, everywhere."""

import asyncio
import time

import pytest

from tests.promises.people import VARESE, until
from tests.promises.programme import Programme

pytestmark = pytest.mark.timeout(60)
WITHIN = 5.0
OF_AN_OFFICIAL = ("/api/requests", "/desk/requests/{number}/assignment", "/api/notifications",
                  "/reports/requests/{number}/deadlines")  # fmt: skip
OF_AN_EXPERT = ("/api/requests", "/api/assignments", "/api/notifications", "/reports/requests/{number}/deadlines")
"""One route of each of the four services."""


async def _answers(town: Programme, who: str, paths: tuple[str, ...], number: str) -> list[int]:
    found = await asyncio.gather(*(town.call(who, "GET", path.format(number=number)) for path in paths))
    return [answer.status_code for answer in found]


async def _let_in(town: Programme, who: str, paths: tuple[str, ...], number: str) -> None:
    async def everywhere() -> bool:
        answers = await _answers(town, who, paths, number)
        assert answers == [200] * 4, answers
        return True

    await until(everywhere)


async def _shut_out_within(town: Programme, who: str, paths: tuple[str, ...], number: str) -> float:
    began = time.monotonic()

    async def everywhere() -> bool:
        return await _answers(town, who, paths, number) == [403] * 4

    await until(everywhere, seconds=WITHIN * 2)
    return time.monotonic() - began


async def test_an_official_who_loses_the_role_is_shut_out_of_all_services(town: Programme) -> None:
    person = await town.person("leaver", "official", VARESE)
    await town.settled()
    number = (await town.submit("leaver"))["number"]
    await _let_in(town, "leaver", OF_AN_OFFICIAL, number)

    gone = {"role": "official", "scope": VARESE}
    await town.done("admin", "POST", f"/api/persons/{person.id}/revocation", json=gone)

    assert await _shut_out_within(town, "leaver", OF_AN_OFFICIAL, number) <= WITHIN


async def test_an_expert_who_loses_the_role_cannot_accept_what_was_offered(town: Programme) -> None:
    person = await town.expert("leaving_expert", "waste-management")
    await town.settled()
    number = (await town.submit(theme="waste-management"))["number"]
    offer = await town.offered(number)
    await _let_in(town, "leaving_expert", OF_AN_EXPERT, number)

    gone = {"role": "expert", "scope": "waste-management"}
    await town.done("admin", "POST", f"/api/persons/{person.id}/revocation", json=gone)

    assert await _shut_out_within(town, "leaving_expert", OF_AN_EXPERT, number) <= WITHIN
    accepted = await town.call("leaving_expert", "POST", f"/api/assignments/{offer['id']}/accept")
    assert accepted.status_code == 403


async def test_an_erased_person_is_unknown_to_all_services(town: Programme) -> None:
    person = await town.person("erased", "official", VARESE)
    await town.settled()
    number = (await town.submit("official"))["number"]
    await _let_in(town, "erased", OF_AN_OFFICIAL, number)

    await town.done("admin", "DELETE", f"/api/persons/{person.id}")

    async def unknown() -> bool:
        return await _answers(town, "erased", OF_AN_OFFICIAL, number) == [401] * 4

    await until(unknown, seconds=WITHIN)


async def test_who_has_lost_the_role_gets_no_mail_about_what_is_said_afterwards(town: Programme) -> None:
    person = await town.person("former", "official", VARESE)
    await town.settled()
    number = (await town.submit("former"))["number"]
    await town.accepted(number)
    gone = {"role": "official", "scope": VARESE}
    await town.done("admin", "POST", f"/api/persons/{person.id}/revocation", json=gone)
    await _shut_out_within(town, "former", OF_AN_OFFICIAL, number)

    text = {"text": "Solo per chi lavora ancora qui"}
    await town.done("expert", "POST", f"/api/requests/{number}/messages", json=text)

    async def planned() -> bool:
        notices = town.services["notify"].database["notices"].find({"number": number, "message": "answer"})
        return [row["status"] for row in await notices.to_list(None)] == ["planned"]

    await until(planned)
    # The mail about the solution is planned after the answer's: once its turn has come, the answer's has passed.
    await town.done("expert", "POST", f"/api/requests/{number}/resolve", json={"outcome": "solved", "text": "Fatto"})
    deliveries = town.services["notify"].database["deliveries"]

    async def sent() -> bool:
        return await deliveries.count_documents({"number": number, "status": {"$in": ["due", "sending"]}}) == 0

    await until(sent)
    assert not [mail for mail in town.mailbox.find(person.email) if "Solo per chi lavora ancora qui" in str(mail)]
