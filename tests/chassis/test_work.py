from datetime import timedelta

import pytest

from contracts.envelope import new_id
from services.chassis.clock import Clock
from services.chassis.work import NotLoaded, View, Work
from tests.chassis.material import ORIGIN, tell, telling, unit


def test_a_document_that_was_not_declared_is_a_mistake_and_not_an_absent_one() -> None:
    work = unit(view=View({("things", "a"): None}))

    assert work.get("things", "a") is None
    with pytest.raises(NotLoaded, match="things/b"):
        work.get("things", "b")


def test_a_unit_sees_what_it_has_put() -> None:
    work = unit({"_id": "a", "colour": "red"})

    assert work.get("things", "a") == {"_id": "a", "colour": "red", "version": 1}


def test_changing_what_was_read_changes_nothing_until_it_is_put() -> None:
    view = View({("things", "a"): {"_id": "a", "version": 4, "tags": ["old"]}})
    work = unit(view=view)

    read = work.get("things", "a")
    assert read is not None
    read["tags"].append("new")

    assert view.documents["things", "a"] == {"_id": "a", "version": 4, "tags": ["old"]}
    assert work.get("things", "a") == {"_id": "a", "version": 4, "tags": ["old"]}


def test_a_document_put_twice_goes_up_by_one_version_and_keeps_its_base() -> None:
    work = unit(view=View({("things", "a"): {"_id": "a", "version": 4}}))

    for _ in range(2):
        document = work.get("things", "a")
        assert document is not None
        work.put("things", document)

    write = work.writes["things", "a"]
    assert (write.base, write.document["version"]) == (4, 5)


def test_a_later_unit_sees_an_earlier_one_only_when_it_was_absorbed() -> None:
    view = View({("things", "a"): None})
    earlier, later = unit({"_id": "a"}, view=view), unit(view=view)

    assert later.get("things", "a") is None
    view.absorb(earlier)

    assert later.get("things", "a") == {"_id": "a", "version": 1}


def test_deciding_again_about_the_same_cause_gives_the_same_event_ids() -> None:
    cause, subject = telling().events[0], new_id()

    first, second = unit(cause=cause), unit(cause=cause)
    ids = [[tell(work, subject, sequence).id for sequence in (1, 2)] for work in (first, second)]

    assert ids[0] == ids[1]
    assert len(set(ids[0])) == 2


def test_another_cause_gives_other_event_ids() -> None:
    subject = new_id()

    ids = {tell(unit(cause=telling().events[0]), subject).id for _ in range(2)}

    assert len(ids) == 2


def test_an_event_carries_the_correlation_of_its_cause() -> None:
    cause = telling().events[0]

    event = tell(unit(cause=cause))

    assert event.correlationid == cause.correlationid


def test_the_time_of_an_event_is_the_moment_of_the_decision_unless_told_otherwise() -> None:
    now = Clock().now()
    work = Work(View(), now, ORIGIN)

    decided, earlier = tell(work), tell(work, at=now - timedelta(days=1))

    assert (decided.time, earlier.time) == (now, now - timedelta(days=1))
