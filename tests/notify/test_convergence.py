"""Whatever comes first, twice or late: the same people are told the same."""

import os
import random
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from contracts.access import AccessRevoked
from contracts.assignments import AssignmentAccepted, AssignmentOffered, RequestUnroutable
from contracts.envelope import Event
from contracts.requests import RequestClassified, RequestMessagePosted, RequestResolved, RequestSubmitted
from contracts.service_levels import DeadlineBreached
from tests.notify.driving import Notify
from tests.notify.material import (
    BODY,
    COORDINATOR,
    LEAD,
    MESSAGE,
    NOW,
    OFFICIAL,
    THEME,
    about_assignment,
    about_deadline,
    about_request,
    granted,
    id_of,
    said,
)


@pytest.fixture
async def notify(the_notify: Notify) -> AsyncIterator[Notify]:
    """Here nobody holds a role yet: who holds which, and since when, is what these tests are about."""
    yield the_notify
    await the_notify.reset()


# The same on every worker of a run, other ones in the next run.
SEEDS = random.Random(os.environ.get("PYTEST_XDIST_TESTRUNUID")).sample(range(1_000_000), 5)
SECRETARY, LATECOMER = id_of("secretary"), id_of("latecomer")


def history() -> list[Event]:
    """A request that came through a front-end, and the people of its body, task force and secretariat."""
    by_front_end: dict[str, Any] = {"requester": None}
    unroutable = about_assignment(RequestUnroutable, 1, expert=None, status="unroutable", reason="no_capacity")
    return [
        granted(id_of("clerk"), "official", BODY),
        granted(id_of("mayor"), "official", BODY, at=NOW - timedelta(hours=1)),
        granted(id_of("stranger"), "official", "012001"),
        granted(COORDINATOR, "coordinator", THEME),
        granted(id_of("other coordinator"), "coordinator", "energy"),
        granted(SECRETARY, "secretariat"),
        # Told after everything happened, though dated back: no old news.
        granted(LATECOMER, "official", BODY, at=NOW + timedelta(hours=1)),
        about_request(RequestSubmitted, 1, **by_front_end),
        about_request(RequestClassified, 2, **by_front_end, confidence=0.9, corrected=False),
        unroutable,
        about_assignment(AssignmentOffered, 2, request_order=(1, 2), round=1),
        about_assignment(AssignmentAccepted, 3, request_order=(1, 2), round=1),
        about_request(RequestMessagePosted, 3, **by_front_end, lead=LEAD, **said("requester")),
        about_request(RequestMessagePosted, 4, **by_front_end, lead=LEAD, **said("expert", author=LEAD)),
        about_request(RequestResolved, 5, **by_front_end, lead=LEAD, outcome="solved", message=MESSAGE),
        about_deadline(DeadlineBreached, 1),
    ]


async def told(notify) -> set[tuple[str, str, str]]:
    """Every (message, person, status), once what waited has been planned."""
    for _ in range(4):
        notify.clock.advance(timedelta(minutes=11))
        await notify.plan()
    return {(row["message"], row["recipient"], row["status"]) for row in await notify.rows("deliveries")}


EXPECTED = {
    *((message, id_of("clerk"), "due") for message in ("received", "taken", "answer", "resolved")),
    *((message, id_of("mayor"), "due") for message in ("received", "taken", "answer", "resolved")),
    *((message, LEAD, "due") for message in ("offer", "requester-wrote", "deadline-breached")),
    *((message, COORDINATOR, "due") for message in ("unroutable", "deadline-breached")),
    ("unroutable", SECRETARY, "due"),
}  # fmt: skip


@pytest.mark.parametrize("seed", [0, *SEEDS])
async def test_shuffled_repeated_and_late_events_reach_the_same_people(notify, seed) -> None:
    chance = random.Random(seed)
    events = history() + (chance.sample(history(), 6) if seed else [])
    if seed:
        chance.shuffle(events)

    while events:
        size = chance.randint(1, 5)
        batch, events = events[:size], events[size:]
        await notify.hear(*batch)
        await notify.plan()

    assert await told(notify) == EXPECTED, f"seed {seed}"
    state = (await notify.rows("requests"))[0]
    assert (state["order"], state["lead"]) == ([1, 5], LEAD)


async def test_who_lost_the_role_before_is_not_told(notify) -> None:
    clerk = id_of("clerk")
    given = granted(clerk, "official", BODY)
    taken = granted(clerk, "official", BODY, sequence=2, end=NOW - timedelta(minutes=1))
    revoked = AccessRevoked.model_validate(taken.model_dump() | {"type": "affianca.access.revoked.v1"})

    await notify.hear(given, revoked, about_request(RequestSubmitted, requester=None))

    assert await told(notify) == set()


async def test_a_request_that_a_machine_may_have_sent_is_not_acknowledged(notify) -> None:
    await notify.hear(granted(OFFICIAL, "official", BODY), about_request(RequestSubmitted, automatic=True))

    assert await told(notify) == set()


async def test_a_notice_waits_until_the_request_is_known_as_far_as_the_event_knew_it(notify) -> None:
    await notify.hear(
        granted(OFFICIAL, "official", BODY), about_assignment(AssignmentAccepted, 3, request_order=(1, 2))
    )
    await notify.plan()
    await notify.hear(about_request(RequestSubmitted, 1))
    early = {message for message, _, _ in await told(notify)}
    await notify.hear(about_request(RequestClassified, 2, confidence=1, corrected=False))

    assert early == {"received"}
    assert {message for message, _, _ in await told(notify)} == {"received", "taken"}


async def test_a_requester_who_left_the_body_is_not_told_and_their_successors_are(notify) -> None:
    successor = id_of("successor")
    left = granted(OFFICIAL, "official", BODY, end=NOW - timedelta(minutes=1))

    await notify.hear(left, granted(successor, "official", BODY), about_request(RequestSubmitted, requester=OFFICIAL))

    assert {person for _, person, _ in await told(notify)} == {successor}


async def test_of_a_body_that_has_merged_the_people_of_its_successor_are_told(notify) -> None:
    heir = granted(id_of("heir"), "official", "013256")
    stranger = granted(OFFICIAL, "official", BODY)

    await notify.hear(heir, stranger, about_request(RequestSubmitted, body="013199", province="CO", requester=None))

    assert {person for _, person, _ in await told(notify)} == {id_of("heir")}


async def test_nobody_is_told_what_they_wrote_themselves(notify) -> None:
    own = about_request(RequestMessagePosted, 2, requester=LEAD, **said("expert", author=LEAD))

    await notify.hear(granted(LEAD, "official", BODY), about_request(RequestSubmitted, requester=LEAD), own)

    assert {message for message, _, _ in await told(notify)} == {"received"}
