"""How it was decided, on a page: with names and points for coordinators, without names for everybody else."""

from tests.routing.material import Routing

PAGE = "/desk/requests/2026-000001/decision"


async def test_a_coordinator_sees_every_candidate_with_the_points_of_each_criterion(routing: Routing) -> None:
    near, far = await routing.expert("near", provinces=["VA"]), await routing.expert("far")
    full = await routing.expert("full", capacity=0)
    await routing.submit(1)
    await routing.match()
    await routing.grant("carla", "coordinator")

    async with routing.browser("carla") as browser:
        page = await browser.get(PAGE)

    assert page.status_code == 200
    assert f"Scelta: {near}" in page.text
    assert far in page.text
    assert full in page.text
    assert "vicinanza al territorio" in page.text
    assert "Le richieste si servono in ordine di attesa" in page.text
    assert "versione 2 delle regole" in page.text


async def test_an_official_of_the_body_learns_why_and_no_name(routing: Routing) -> None:
    people = [await routing.expert(name) for name in ("near", "far")]
    await routing.submit(1)
    await routing.match()
    await routing.grant("ugo", "official", "body", "012133")
    await routing.grant("eva", "official", "body", "012026")

    async with routing.browser("ugo") as own, routing.browser("eva") as other:
        page, foreign = await own.get(PAGE), await other.get(PAGE)

    assert page.status_code == 200
    assert "L&#39;esperto è stato scelto con" in page.text
    assert not [id for id in people if id in page.text]
    assert foreign.status_code == 404


async def test_every_decision_of_the_request_stays_with_its_reasons(routing: Routing) -> None:
    await routing.submit(1)
    await routing.match()
    await routing.expert("late")
    await routing.match()
    await routing.grant("carla", "coordinator")

    async with routing.browser("carla") as browser:
        page = await browser.get(PAGE)

    assert page.text.count("Decisione del") == 2
    assert "Nessun esperto del programma" in page.text
