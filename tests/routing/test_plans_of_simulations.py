"""What a simulation reads is found by an index, however much is stored."""

from datetime import timedelta

from services.routing.store import ASSIGNMENTS, CASES
from services.routing.store.rules import RULES
from tests.routing.material import MONDAY, Routing
from tests.routing.test_plans import stages

SINCE = {"$gte": MONDAY - timedelta(days=1), "$lt": MONDAY + timedelta(days=1)}
QUESTIONS = [
    (CASES, {"received_at": SINCE}, "received_at_1"),
    (CASES, {"number": {"$in": ["2026-000001", "2026-000002"]}}, "number_1"),
    (ASSIGNMENTS, {"offered_at": SINCE}, "offered_at_1"),
    (RULES, {"version": {"$in": ["1", "2"]}}, "version_1_since_-1"),
]


async def test_every_question_of_a_simulation_has_its_index(routing: Routing) -> None:
    await routing.expert("only", capacity=50)
    for number in range(30):
        await routing.submit(number)
    await routing.match()

    for collection, query, index in QUESTIONS:
        plan = (await routing.database[collection].find(query).explain())["queryPlanner"]["winningPlan"]

        assert "COLLSCAN" not in stages(plan)
        assert f"'indexName': '{index}'" in str(plan), f"{collection} {query}: {plan}"
