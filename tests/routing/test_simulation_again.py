"""What a run did, written down as routing keeps it and played again, happens again: nothing of the past is lost."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from services.routing.domain import working_hours_after
from services.routing.simulation.asked import Behaviour as Stated
from services.routing.simulation.engine import Engine
from services.routing.simulation.past import Past, arrivals, behaviour, carried, loads
from services.routing.simulation.scenario import Scenario
from tests.routing.material import RULES
from tests.routing.playing import scenario_of


class Written(Engine):
    """An engine that keeps cases and assignments as documents."""

    def __init__(self, scenario: Scenario) -> None:
        super().__init__(scenario)
        self.rows: dict[str, dict[str, Any]] = {}

    def _offer(self, course, expert, wave, now):
        super()._offer(course, expert, wave, now)
        self.rows[course.assignment] = {
            "_id": course.assignment, "request": course.case.id, "round": course.round, "expert": expert,
            "status": "offered", "offered_at": now, "accepted_at": None, "ended_at": None, "reason": None,
            "province": course.case.province, "task_force": course.case.theme,
            "expires_at": working_hours_after(now, course.case.province, RULES.answer_within_hours),
        }  # fmt: skip

    def _accepted(self, course, given_back, now):
        self.rows[course.assignment] |= {"status": "accepted", "accepted_at": now}
        super()._accepted(course, given_back, now)

    def _refused(self, course, now):
        row = self.rows[course.assignment]
        row["status"] = "expired" if now == row["expires_at"] else "declined"
        super()._refused(course, now)

    def _give(self, expert, assignment, now):
        row = self.rows[assignment]
        row["ended_at"] = now
        row["reason"] = {"accepted": "resolved", "offered": "expert_unavailable"}.get(row["status"])
        super()._give(expert, assignment, now)

    def cases(self) -> list[dict[str, Any]]:
        return [
            {
                "_id": one.case.id, "number": one.case.id, "theme": one.case.theme, "procedure": None,
                "kind": one.case.kind, "province": one.case.province, "precedence": one.case.precedence,
                "body": one.case.body, "urgency": "normal", "received_at": one.at, "queue": "ready",
            }
            for one in self._scenario.arrivals
        ]  # fmt: skip


@given(seed=st.integers(0, 10**9))
@settings(max_examples=25, deadline=None)
def test_a_past_that_is_played_again_happens_again(seed) -> None:
    scenario = scenario_of(seed)
    first = Written(scenario)
    run = first.run()

    past = Past.of(scenario.start, scenario.end, _with_ids(first.cases()), _with_requests(first.rows.values()))
    again = Engine(
        Scenario(
            scenario.start, scenario.end, RULES, scenario.profiles, loads(past), arrivals(past), carried(past),
            behaviour(past, Stated()), seed + 1,
        )
    ).run()  # fmt: skip

    assert [(one.at, _id(one.request), one.expert, one.round) for one in run.offers] == [
        (one.at, one.request, one.expert, one.round) for one in again.offers
    ]


def _id(name: str) -> str:
    """An id as requests have them, in the order of the names."""
    return f"00000000-0000-5000-8000-{int(name.rpartition('-')[2]):012}"


def _with_ids(rows: Any) -> list[dict[str, Any]]:
    return [{**row, "_id": _id(row["_id"])} for row in rows]


def _with_requests(rows: Any) -> list[dict[str, Any]]:
    return [{**row, "request": _id(row["request"])} for row in rows]
