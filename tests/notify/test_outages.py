"""Mail server, intake or the process itself away: what is not certain is tried again under the same id."""

import asyncio
from datetime import timedelta

from contracts.assignments import AssignmentOffered
from contracts.envelope import derived_id
from contracts.requests import RequestSubmitted
from services.chassis.execution import Executor
from services.chassis.group_commit import Unavailable
from services.notify import outcomes, recorder
from services.notify.recorder import AHEAD
from services.notify.sender import CLAIMED_FOR
from services.notify.store import ATTEMPTS
from tests.notify.material import OFFICIAL, about_assignment, about_request, id_of

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


async def test_few_letters_are_ahead_of_their_records_while_the_database_is_slow(notify, monkeypatch) -> None:
    requests = [id_of(f"slow {number}") for number in range(3 * AHEAD)]
    await notify.hear(*(about_request(RequestSubmitted, request=request) for request in requests))
    await notify.plan()
    recorded, most, run = 0, 0, Executor.run

    async def slowly(self, keys, decide, **more):
        nonlocal recorded, most
        if ATTEMPTS in keys:
            await asyncio.sleep(0.1)
            most = max(most, len(notify.mails) - recorded)
            recorded += len(keys[ATTEMPTS])
        return await run(self, keys, decide, **more)

    monkeypatch.setattr(Executor, "run", slowly)
    await notify.work()

    assert (len(notify.mails), recorded) == (3 * AHEAD, 3 * AHEAD)
    assert 1 < most <= 2 * AHEAD + notify.service.settings.smtp_connections


async def test_a_letter_is_recorded_and_not_repeated_when_the_database_was_away_for_long(notify, monkeypatch) -> None:
    await notify.hear(about_request(RequestSubmitted))
    await notify.plan()
    refused, run = 0, Executor.run

    async def away_twice(self, keys, decide, **more):
        nonlocal refused
        if ATTEMPTS in keys and refused < 2:
            refused += 1
            raise Unavailable("the database is away")
        return await run(self, keys, decide, **more)

    monkeypatch.setattr(Executor, "run", away_twice)
    await notify.work()
    notify.clock.advance(CLAIMED_FOR)
    await notify.work()

    (delivery,) = await notify.rows("deliveries")
    assert (delivery["status"], delivery["attempts"], refused, len(notify.mails)) == ("sent", 1, 2, 1)


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
