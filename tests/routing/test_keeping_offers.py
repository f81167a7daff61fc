"""An unanswered offer stays with somebody who is there until its term, whatever comes after it."""

from datetime import timedelta

from services.routing.handlers import experts
from services.routing.store import EXPERTS
from tests.routing.material import MONDAY, Routing


async def test_an_absence_after_the_term_of_an_offer_does_not_take_it_away(routing: Routing) -> None:
    anna = await routing.expert("anna")
    request = await routing.submit(1)
    await routing.match()
    lead = await routing.lead(request)
    assert lead
    routing.clock.move_to(lead["expires_at"] - timedelta(hours=1))
    # It begins after this term, and before the one of an offer that would be made now.
    start = lead["expires_at"] + timedelta(hours=1)
    days = {"from": "x", "to": "y", "start": start, "end": start + timedelta(days=3)}

    await routing.service.executor.run({EXPERTS: [anna]}, lambda work: experts.add_absence(work, anna, days))
    await routing.match()

    assert await routing.asked(request) == anna


async def test_an_absence_before_the_term_of_an_offer_takes_it_away(routing: Routing) -> None:
    anna = await routing.expert("anna")
    request = await routing.submit(1)
    await routing.match()
    days = {"from": "x", "to": "y", "start": MONDAY + timedelta(hours=2), "end": MONDAY + timedelta(days=9)}

    await routing.service.executor.run({EXPERTS: [anna]}, lambda work: experts.add_absence(work, anna, days))
    await routing.match()

    assert await routing.asked(request) is None
