"""What is told of our mails afterwards: kept on the delivery in any order, and coordination hears of failures."""

import random
from datetime import timedelta
from typing import Any

import pytest

from contracts.bodies import BodyApproved
from contracts.envelope import Event
from contracts.mail_references import MailReference, read_message_id
from contracts.mails import MailReported, OtherMailReported
from contracts.requests import RequestResolved, RequestSubmitted
from tests.notify.callers import calling, register
from tests.notify.material import (
    BODY,
    COORDINATOR,
    MESSAGE,
    NOW,
    OFFICIAL,
    REQUEST,
    about_request,
    an_event,
    granted,
    id_of,
)
from tests.notify.test_bodies import about_body

OTHER = id_of("coordinator of a task force")


def reported(delivery: str, fate: str, code: str | None = None, sequence: int = 1, **facts: Any) -> Event:
    usual = {"delivery": delivery, "request": REQUEST, "number": "2026-000123", "fate": fate, "code": code}
    at = NOW + timedelta(seconds=sequence)
    return an_event(MailReported, delivery, sequence, usual | {"at": at} | facts)


def other_reported(delivery: str, sequence: int) -> Event:
    facts = {"delivery": delivery, "about": BODY, "fate": "failed", "code": "5.1.1"}
    return an_event(OtherMailReported, delivery, sequence, facts | {"at": NOW + timedelta(seconds=sequence)})


async def sent(notify) -> str:
    """A mail to the requester has left; its delivery."""
    await notify.work(granted(COORDINATOR, "coordinator"), about_request(RequestSubmitted))
    (row,) = await notify.rows("deliveries", recipient=OFFICIAL)
    assert row["status"] == "sent"
    delivery: str = row["_id"]
    return delivery


async def state(notify, delivery: str) -> tuple[Any, ...]:
    (row,) = await notify.rows("deliveries", _id=delivery)
    return row["status"], row["reason"], row.get("receipt"), [each["fate"] for each in row.get("receipts", ())]


async def test_a_mail_that_came_back_has_failed_and_coordination_is_told(notify) -> None:
    delivery = await sent(notify)

    await notify.work(reported(delivery, "failed", "5.1.1", unusable=True))

    assert await state(notify, delivery) == ("failed", "returned_5.1.1", "failed", ["failed"])
    (told,) = [mail for mail in notify.mails if COORDINATOR[:8] in mail["to"]]
    assert "tornato indietro" in told.get_body(("plain",)).get_content()
    types = [row["body"].decode() for row in await notify.rows("outbox", key=delivery)]
    assert sum('"affianca.notification.failed.v1"' in body for body in types) == 1


async def test_coordination_is_told_once_however_many_reports_of_a_failure_come(notify) -> None:
    delivery = await sent(notify)

    await notify.work(*(reported(delivery, fate, None, n) for n, fate in enumerate(("failed", "virus", "failed"), 1)))

    assert await state(notify, delivery) == ("failed", "returned_failed", "virus", ["failed", "virus", "failed"])
    assert len([mail for mail in notify.mails if COORDINATOR[:8] in mail["to"]]) == 1


@pytest.mark.parametrize("fate", ["accepted", "relayed", "delayed", "delivered"])
async def test_other_reports_are_kept_and_tell_nobody(notify, fate) -> None:
    delivery = await sent(notify)

    await notify.work(reported(delivery, fate, "4.4.1"))

    assert await state(notify, delivery) == ("sent", None, fate, [fate])
    assert len(notify.mails) == 1


async def test_reports_in_any_order_and_repeated_come_to_the_same(notify) -> None:
    delivery = await sent(notify)
    events = [reported(delivery, fate, None, n) for n, fate in enumerate(("accepted", "delayed", "failed"), 1)]
    heard = [*events, *events]
    random.shuffle(heard)

    for event in heard:
        await notify.work(event)

    status = await state(notify, delivery)
    assert status == ("failed", "returned_failed", "failed", ["accepted", "delayed", "failed"])
    assert len(notify.mails) == 2


async def test_a_report_that_is_quicker_than_our_own_record_counts_when_that_is_made(notify) -> None:
    await notify.hear(about_request(RequestSubmitted))
    await notify.plan()
    (row,) = await notify.rows("deliveries")

    await notify.hear(reported(row["_id"], "failed", "5.1.1"))
    while await notify.sender.run():
        pass

    assert await state(notify, row["_id"]) == ("failed", "returned_5.1.1", "failed", ["failed"])


async def test_nobody_is_told_that_what_tells_of_an_undelivered_mail_came_back(notify) -> None:
    delivery = await sent(notify)
    await notify.work(reported(delivery, "failed", "5.1.1"))
    (about,) = await notify.rows("deliveries", message="undelivered")

    await notify.work(reported(about["_id"], "failed", "5.1.1"))

    assert len(await notify.rows("deliveries", message="undelivered")) == 1
    assert (await state(notify, about["_id"]))[0] == "failed"


async def test_an_address_that_does_not_exist_is_not_written_to_until_it_is_changed(notify) -> None:
    delivery = await sent(notify)
    await notify.work(reported(delivery, "failed", "5.1.1", unusable=True))
    notify.intake.dead.add(OFFICIAL)
    before = len(notify.mails)

    await notify.work(about_request(RequestResolved, 2, outcome="solved", message=MESSAGE))

    (later,) = await notify.rows("deliveries", message="resolved", recipient=OFFICIAL)
    assert (later["status"], later["reason"]) == ("failed", "address_unusable")
    assert not [mail for mail in notify.mails[before:] if OFFICIAL[:8] in mail["to"]]

    notify.intake.dead.clear()
    await notify.work(about_request(RequestResolved, 3, outcome="solved", message=MESSAGE))
    assert [mail for mail in notify.mails[before:] if OFFICIAL[:8] in mail["to"]]


async def test_to_somebody_without_an_address_no_mail_is_tried_until_they_have_one(notify) -> None:
    notify.intake.bare.add(OFFICIAL)
    await notify.work(about_request(RequestSubmitted))

    (row,) = await notify.rows("deliveries")
    assert (row["status"], row["reason"], row["attempts"]) == ("failed", "address_unusable", 1)

    notify.intake.bare.clear()
    await notify.work(about_request(RequestResolved, 2, outcome="solved", message=MESSAGE))
    assert len(notify.mails) == 1


async def test_a_report_about_the_earlier_mail_changes_nothing_of_one_that_was_sent_again(notify) -> None:
    delivery = await sent(notify)
    await notify.work(reported(delivery, "failed", "5.1.1"))
    await register(notify, COORDINATOR, "coordinator")
    notify.clock.advance(timedelta(minutes=5))
    async with calling(notify, COORDINATOR) as client:
        assert (await client.post(f"/api/deliveries/{delivery}/retry")).status_code == 200
    await notify.work()

    await notify.work(reported(delivery, "failed", "5.1.1", 2))

    assert (await state(notify, delivery))[:3] == ("sent", None, None)


async def test_the_api_shows_what_was_told(notify) -> None:
    delivery = await sent(notify)
    await notify.work(reported(delivery, "delivered", "2.0.0"))
    await register(notify, COORDINATOR, "coordinator")

    async with calling(notify, COORDINATOR) as client:
        listed = (await client.get("/api/deliveries", params={"request": REQUEST})).json()["items"]

    (shown,) = [item for item in listed if item["id"] == delivery]
    assert shown["receipt"] == "delivered"
    assert [(each["fate"], each["code"]) for each in shown["receipts"]] == [("delivered", "2.0.0")]


async def of_a_mayor(notify) -> str:
    """A mail about a body, to its mayor, has left; its delivery."""
    await notify.hear(granted(COORDINATOR, "coordinator"), granted(OTHER, "coordinator", "energy"))
    await notify.work(
        granted(OFFICIAL, "representative", BODY, 2, scope_kind="body"), about_body(BodyApproved, 2, None)
    )
    (row,) = await notify.rows("deliveries", recipient=OFFICIAL)
    delivery: str = row["_id"]
    return delivery


async def test_of_a_mail_about_a_body_that_came_back_coordination_is_told_once_with_the_body(notify) -> None:
    delivery = await of_a_mayor(notify)
    reports = [other_reported(delivery, sequence) for sequence in (1, 2)]

    await notify.work(*reports)
    await notify.database["inbox"].delete_many({})
    await notify.work(*reports)

    assert (await state(notify, delivery))[:3] == ("failed", "returned_5.1.1", "failed")
    (row,) = await notify.rows("deliveries", message="undelivered-body")
    assert (row["recipient"], row["number"], row["status"]) == (COORDINATOR, BODY, "sent")
    (mail,) = [mail for mail in notify.mails if COORDINATOR[:8] in mail["to"]]
    assert mail["subject"] == f"[{BODY}] Un messaggio su un ente non è stato recapitato"
    words = " ".join(mail.get_body(("plain",)).get_content().split())
    assert "un messaggio che riguarda il Comune di Bergamo è tornato indietro" in words
    assert "Era destinato a: Giulia Bianchi." in words and f"http://affianca.test/bodies/{BODY}" in words


async def test_nobody_is_told_that_what_tells_of_a_mail_about_a_body_came_back(notify) -> None:
    await notify.work(other_reported(await of_a_mayor(notify), 1))
    (about,) = await notify.rows("deliveries", message="undelivered-body")

    await notify.work(other_reported(about["_id"], 1))

    assert len(await notify.rows("deliveries", message="undelivered-body")) == 1
    assert (await state(notify, about["_id"]))[0] == "failed"


async def test_a_mail_about_a_body_is_known_again_by_its_message_id(notify) -> None:
    delivery = await of_a_mayor(notify)

    (mail,) = [mail for mail in notify.mails if OFFICIAL[:8] in mail["to"]]

    assert read_message_id("k" * 40, mail["message-id"]) == MailReference(delivery, BODY)
