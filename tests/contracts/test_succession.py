"""What became of bodies that ended, and what a grant on their successor reaches."""

from datetime import UTC, date, datetime, timedelta

import pytest

from contracts.access import Grant, in_force
from contracts.vocabulary import Body, bodies, body, ended_into, predecessors, successor

RONAGO, UGGIATE_TREVANO, UGGIATE_CON_RONAGO = "013199", "013228", "013256"
NEW_YEAR = datetime(2023, 12, 31, 23, 0, tzinfo=UTC)
"""Midnight in Rome."""


def known(code: str) -> Body:
    found = body(code)
    assert found is not None
    return found


def grant(scope: str | None, role: str = "official", **period: datetime) -> Grant:
    start = {"start": datetime(2023, 1, 1, tzinfo=UTC)}
    kind = "body" if scope else "programme"
    return Grant.model_validate({"role": role, "scope_kind": kind, "scope": scope} | start | period)


def test_every_ended_comune_of_the_register_has_a_successor_in_force() -> None:
    today = date(2026, 11, 25)

    ended = {item.name: getattr(successor(item, today), "name", None) for item in bodies() if item.valid_to}

    assert ended == {
        "Ronago": "Uggiate con Ronago",
        "Uggiate-Trevano": "Uggiate con Ronago",
        "Albaredo Arnaboldi": "Campospinoso Albaredo",
        "Lirio": "Montalto Pavese",
    }


def test_a_body_in_force_has_no_successor_and_a_new_one_knows_whose_history_it_carries_on() -> None:
    new = known(UGGIATE_CON_RONAGO)

    assert successor(known("012133"), date(2026, 1, 1)) is None
    assert successor(known(RONAGO), date(2023, 12, 31)) is None
    assert (new.province, new.population, new.valid_from) == ("CO", 5137 + 1652, date(2024, 1, 1))
    assert [item.code for item in predecessors(new.code)] == [RONAGO, UGGIATE_TREVANO]
    assert ended_into(new.code, date(2023, 12, 31)) == ()
    assert len(ended_into(new.code, date(2024, 1, 1))) == 2


@pytest.mark.parametrize(("moment", "reached"), [(timedelta(minutes=-1), 1), (timedelta(0), 3)])
def test_a_grant_reaches_the_bodies_that_ended_into_its_own_from_the_next_day_on(moment, reached) -> None:
    found = in_force([grant(UGGIATE_CON_RONAGO)], NEW_YEAR + moment)

    assert len(found) == reached
    assert {item.scope for item in found} <= {UGGIATE_CON_RONAGO, RONAGO, UGGIATE_TREVANO}
    assert {item.role for item in found} == {"official"}


def test_a_grant_on_an_ended_body_does_not_reach_its_successor() -> None:
    assert [item.scope for item in in_force([grant(RONAGO)], NEW_YEAR)] == [RONAGO]


def test_what_has_ended_or_not_begun_reaches_nothing() -> None:
    grants = [grant(UGGIATE_CON_RONAGO, end=NEW_YEAR), grant(UGGIATE_CON_RONAGO, start=NEW_YEAR + timedelta(days=1))]

    assert in_force(grants, NEW_YEAR) == ()
    assert in_force([grant(None, "secretariat")], NEW_YEAR) == (grant(None, "secretariat"),)
