"""The ledger finds each kind of loss and of doubling, and nothing where all is well."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import pytest

from services.notify.messages import MESSAGES
from tests.chaos.clients import Promises
from tests.chaos.experts import Desk
from tests.chaos.installation import OFFICIAL, Installation, address_of
from tests.chaos.ledger import Books, Ledger
from tests.chaos.schedule import Arrival, Schedule
from tests.kafka.post import Post

NUMBER, EXPERT = "2026-000001", "expert"
PLAN = Arrival(1, 0.0, "api", "k1", "Aiuto", False, False, "accept", True, False)


class World:
    """One request that was submitted, accepted and answered; the tests take something away, or add to it."""

    def __init__(self) -> None:
        self.promises = Promises({PLAN.title: NUMBER}, {"a1"}, said={"Ecco": NUMBER})
        self.desk = Desk(Schedule(1, (PLAN,), ()))
        self.desk.finish(PLAN.title)
        self.post = Post()
        request = {
            "_id": "r1", "number": NUMBER, "title": PLAN.title, "description": PLAN.text, "channel": "api",
            "status": "in_progress", "base": "open", "sequence": 4, "lead": EXPERT,
        }  # fmt: skip
        message = {"_id": "m1", "request": "r1", "kind": "message", "text": "Ecco"}
        case = {"_id": "r1", "number": NUMBER, "order": [1, 4], "sequence": 2, "queue": "done", "stuck": None}
        fact = {"_id": "r1", "number": NUMBER, "order": [1, 4], "assignment": {"order": [1, 2]}}
        lead = {
            "_id": "a1", "request": "r1", "number": NUMBER, "expert": EXPERT, "status": "accepted", "accepted_at": 1,
        }  # fmt: skip
        self.books = Books({"r1": request}, [message], {"r1": case}, [lead], {"r1": fact}, 0, Counter())
        for step in self.books.steps():
            self.post.arrived[step, f"<{step}>"] = 1

    @property
    def found(self) -> set[str]:
        ledger = Ledger(cast(Installation, SimpleNamespace(post=self.post)), self.promises, self.desk)
        findings = {**_named("lost", ledger.missing(self.books)), **_named("doubled", ledger.doubled(self.books))}
        return {name for name, what in findings.items() if what}

    def change(self, **fields: Any) -> None:
        self.books = replace(self.books, **fields)


def _named(kind: str, findings: dict[str, list[str]]) -> dict[str, list[str]]:
    return {f"{kind} {name}": what for name, what in findings.items()}


def _another_lead(world: World) -> None:
    world.change(assignments=[*world.books.assignments, world.books.assignments[0] | {"_id": "a2"}])


def _another_request(world: World) -> None:
    world.books.requests["r2"] = world.books.requests["r1"] | {"_id": "r2", "number": "2026-000002"}


def _another_message_id(world: World) -> None:
    world.post.arrived[(NUMBER, address_of(OFFICIAL), MESSAGES["received"].title), "<other>"] = 1


FAULTS: dict[str, Callable[[World], object]] = {
    "lost requests": lambda world: world.promises.requests.update({"Pratica k2": ""}),
    "lost requests_changed": lambda world: world.books.requests["r1"].update(description="Altro"),
    "lost acceptances": lambda world: world.promises.accepted.add("a9"),
    "lost messages": lambda world: world.promises.said.update({"Anche questo": NUMBER}),
    "lost resolutions": lambda world: world.promises.resolved.add(NUMBER),
    "lost without_one_lead": lambda world: world.books.requests["r1"].update(lead=None),
    "lost not_worked_on": lambda world: world.desk.unfinished.add(PLAN.title),
    "lost not_in_the_report": lambda world: world.books.facts.clear(),
    "lost mails": lambda world: world.post.arrived.popitem(),
    "lost events_not_published": lambda world: world.change(unpublished=1),
    "lost deliveries_waiting": lambda world: world.books.unsent.update(due=1),
    "doubled requests": _another_request,
    "doubled requests_of_nobody": lambda world: world.promises.requests.clear(),
    "doubled leads": _another_lead,
    "doubled messages": lambda world: world.books.messages.append(world.books.messages[0] | {"_id": "m2"}),
    "doubled rows_in_the_report": lambda world: world.books.facts.update(r2=world.books.facts["r1"]),
    "doubled message_ids": _another_message_id,
    "doubled mails_of_nobody": lambda world: world.post.arrived.update({((NUMBER, "x@y.example", "?"), "<z>"): 1}),
    "doubled deliveries_given_up": lambda world: world.books.unsent.update(failed=1),
}


def test_nothing_is_found_where_all_is_well() -> None:
    assert World().found == set()


@pytest.mark.parametrize("name", FAULTS)
def test_each_fault_is_found_by_its_comparison(name: str) -> None:
    world = World()

    FAULTS[name](world)

    assert name in world.found


def test_every_comparison_has_a_fault_here() -> None:
    world = World()
    ledger = Ledger(cast(Installation, SimpleNamespace(post=world.post)), world.promises, world.desk)

    names = {*_named("lost", ledger.missing(world.books)), *_named("doubled", ledger.doubled(world.books))}

    assert names == FAULTS.keys()


def test_another_number_than_the_one_of_the_201_is_found() -> None:
    world = World()

    world.promises.requests[PLAN.title] = "2026-000009"

    assert world.found == {"lost requests_changed"}


def test_a_doubled_request_is_not_called_lost_too() -> None:
    world = World()

    _another_request(world)

    assert "lost requests_changed" not in world.found


def test_a_report_row_that_is_not_the_newest_state_is_found() -> None:
    world = World()

    world.books.facts["r1"]["order"] = [1, 3]

    assert world.found == {"lost not_in_the_report"}


def test_the_same_mail_twice_under_one_message_id_is_a_repeat_and_no_doubling() -> None:
    world = World()
    world.post.arrived[next(iter(world.post.arrived))] += 1

    ledger = Ledger(cast(Installation, SimpleNamespace(post=world.post)), world.promises, world.desk)

    assert world.found == set()
    assert ledger.repeated() == 1
