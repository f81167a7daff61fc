"""Mail server, intake or the process itself away: what is not certain is tried again under the same id."""

from datetime import timedelta

from contracts.assignments import AssignmentOffered
from contracts.envelope import derived_id
from contracts.requests import RequestSubmitted
from services.notify import outcomes, recorder
from services.notify.sender import CLAIMED_FOR
from tests.notify.material import OFFICIAL, about_assignment, about_request

LATER = timedelta(hours=1, minutes=30)


async def test_a_crash_after_the_servers_yes_repeats_the_same_message_id(notify, monkeypatch) -> None:
    await notify.hear(about_request(RequestSubmitted))
    await notify.plan()
    with monkeypatch.context() as patch:
        patch.setattr(recorder, "_PAUSES", ())
        patch.setattr(outcomes, "record", lambda *details: 1 / 0)
        await notify.sender.run()
    await notify.work()
    assert len(notify.mails) == 1, "the claim still holds"

    notify.clock.advance(CLAIMED_FOR)
    await notify.work()

    one, two = notify.mails
    assert one["message-id"] == two["message-id"]
    (delivery,) = await notify.rows("deliveries")
    assert (delivery["status"], delivery["attempts"]) == ("sent", 2)


async def test_a_mail_server_that_is_down_delays_and_sends_once_when_it_is_back(notify) -> None:
    await notify.post.close()
    await notify.work(about_request(RequestSubmitted), about_assignment(AssignmentOffered))
    waiting = await notify.rows("deliveries", status="due", reason="unreachable")
    notify.clock.advance(LATER)
    await notify.work()
    await notify.post.open()
    notify.clock.advance(LATER)

    await notify.work()
    await notify.work()

    assert len(waiting) == 2 and len(notify.mails) == 2
    tries = await notify.rows("attempts", delivery=waiting[0]["_id"])
    assert sorted((row["number"], row["outcome"]) for row in tries) == [(1, "delayed"), (2, "delayed"), (3, "sent")]
    assert len(await notify.rows("outbox")) == 2


async def test_a_refused_recipient_fails_at_once_and_is_told(notify) -> None:
    notify.post.refusing = "550 no such user"
    await notify.work(about_request(RequestSubmitted))

    (delivery,) = await notify.rows("deliveries")
    (event,) = await notify.rows("outbox")
    assert (delivery["status"], delivery["reason"]) == ("failed", "recipient_550")
    assert b"affianca.notification.failed.v1" in event["body"] and b"recipient_550" in event["body"]
    assert b"example.org" not in event["body"]
    assert event["_id"] == derived_id(delivery["_id"], "affianca.notification.failed.v1", "1")


async def test_a_temporary_refusal_is_tried_again_for_two_days_only(notify) -> None:
    notify.post.refusing = "451 come back later"
    await notify.work(about_request(RequestSubmitted))
    (delayed,) = await notify.rows("deliveries")
    notify.clock.advance(timedelta(hours=49))

    await notify.work()

    (failed,) = await notify.rows("deliveries")
    assert (delayed["status"], failed["status"], failed["reason"]) == ("due", "failed", "recipient_451")
    assert timedelta(seconds=40) < delayed["due_at"] - notify.clock.now() + timedelta(hours=49) < timedelta(seconds=80)


async def test_intake_away_delays_and_loses_nothing(notify) -> None:
    notify.intake.away = True
    await notify.work(about_request(RequestSubmitted))
    (delivery,) = await notify.rows("deliveries")
    notify.intake.away = False
    notify.clock.advance(LATER)

    await notify.work()

    assert (delivery["status"], delivery["reason"]) == ("due", "intake_away")
    assert len(notify.mails) == 1


async def test_an_erased_person_is_not_written_to(notify) -> None:
    notify.intake.unknown.add(OFFICIAL)
    await notify.work(about_request(RequestSubmitted))

    (delivery,) = await notify.rows("deliveries")
    assert (delivery["status"], delivery["reason"]) == ("failed", "recipient_unknown")
