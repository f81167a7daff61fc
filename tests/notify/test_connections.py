"""Mails leave over several connections: few, in order within a thread, and one that breaks holds up only its own."""

from datetime import timedelta

from contracts.assignments import AssignmentAccepted, AssignmentOffered
from contracts.requests import RequestMessagePosted, RequestResolved, RequestSubmitted
from services.notify.sender import lanes_of
from tests.notify.material import MESSAGE, about_assignment, about_request, id_of, message_id_of, said

LATER = timedelta(hours=1, minutes=30)


async def plan(notify, count: int) -> None:
    await notify.hear(*(about_request(RequestSubmitted, request=id_of(f"request {n}")) for n in range(count)))
    await notify.plan()


async def test_many_mails_share_a_few_connections(notify) -> None:
    await plan(notify, 60)

    await notify.work()

    assert len(notify.mails) == 60
    assert notify.post.connections == notify.tools.connections == 4


async def test_mails_of_one_thread_leave_in_order_though_others_leave_at_the_same_time(notify) -> None:
    notify.post.slow = 0.004
    requests = [id_of(f"request {n}") for n in range(12)]
    for request in requests:
        await notify.hear(
            about_request(RequestSubmitted, request=request),
            about_assignment(AssignmentOffered, request=request),
            about_assignment(AssignmentAccepted, 2, request=request),
            about_request(RequestMessagePosted, 2, request=request, **said("expert")),
            about_request(RequestResolved, 3, request=request, outcome="solved", message=MESSAGE),
        )
    await notify.plan()

    await notify.work()

    ids = [mail["message-id"] for mail in notify.mails]
    rows = await notify.rows("deliveries")
    assert notify.post.connections == 4 and len(ids) == 12 * 5
    threads: dict[tuple[str, str], list[str]] = {}
    for row in sorted(rows, key=lambda row: row["position"]):
        threads.setdefault((row["request"], row["recipient"]), []).append(message_id_of(row["_id"]))
    for thread in threads.values():
        arrived = [mail for mail in notify.mails if mail["message-id"] in thread]
        assert [mail["message-id"] for mail in arrived] == thread
        assert [mail["in-reply-to"] for mail in arrived] == [None] + [thread[0]] * (len(thread) - 1)


async def test_a_connection_that_breaks_delays_only_what_was_to_go_over_it(notify) -> None:
    await plan(notify, 60)
    notify.post.breaking = 1

    await notify.work()

    delayed = await notify.rows("deliveries", status="due", reason="interrupted")
    assert len(delayed) == 15 and len(notify.mails) == 45
    notify.clock.advance(LATER)
    await notify.work()
    assert len({mail["message-id"] for mail in notify.mails}) == len(notify.mails) == 60


async def test_a_batch_after_another_goes_on_with_its_threads_whatever_was_recorded_together(notify) -> None:
    await notify.work(
        *(about_request(RequestMessagePosted, n, **said("expert", message=id_of(f"message {n}"))) for n in range(1, 9))
    )
    (first, *_) = notify.mails

    await notify.work(about_request(RequestResolved, 9, outcome="solved", message=MESSAGE))

    assert first["in-reply-to"] is None
    assert {mail["in-reply-to"] for mail in notify.mails[1:]} == {first["message-id"]}


def test_a_few_mails_need_one_connection_and_no_lane_is_empty() -> None:
    def rows(count: int) -> list[dict[str, str]]:
        return [{"_id": str(n), "request": str(n), "recipient": "r", "channel": "email"} for n in range(count)]

    assert [len(lane) for lane in lanes_of(rows(9), 4)] == [9]
    assert [len(lane) for lane in lanes_of(rows(200), 4)] == [50] * 4
    assert [len(lane) for lane in lanes_of([{**row, "request": "same"} for row in rows(200)], 4)] == [200]
    assert lanes_of([], 4) == []
