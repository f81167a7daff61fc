"""Each mail leaves once, in its thread, with what readers and machines need; several senders do not collide."""

import asyncio
from datetime import timedelta

from contracts.assignments import AssignmentAccepted, AssignmentOffered
from contracts.envelope import derived_id
from contracts.mail_references import MailReference, message_id, reply_address
from contracts.requests import RequestMessagePosted, RequestResolved, RequestSubmitted
from services.notify.channels import open_channels
from services.notify.letters import Letters
from services.notify.main import FOLDER
from services.notify.sender import Sender, Tools
from services.notify.texts import Texts
from tests.notify.material import LEAD, MESSAGE, about_assignment, about_request, id_of, said


async def test_the_offer_reaches_the_expert_with_a_link_and_what_machines_need(notify) -> None:
    await notify.work(about_request(RequestSubmitted, requester=None), about_assignment(AssignmentOffered))

    (mail,) = [mail for mail in notify.mails if LEAD[:8] in mail["to"]]
    (delivery,) = await notify.rows("deliveries", recipient=LEAD)
    assert delivery["_id"] == derived_id(delivery["cause"], LEAD, "email", "offer")
    assert mail["message-id"] == message_id("k" * 40, MailReference(delivery["_id"], "2026-000123"), "affianca.example")
    assert mail["to"].addresses[0].addr_spec == f"carlo.{LEAD[:8]}@example.org"
    assert mail["to"].addresses[0].display_name == "Carlo D’Amico"
    assert (mail["auto-submitted"], mail["x-auto-response-suppress"]) == ("auto-generated", "All")
    assert mail["reply-to"] == reply_address("k" * 40, "2026-000123", "assistenza@affianca.example")
    assert f"http://affianca.test/desk/assignments/{id_of('assignment')}" in mail.get_body(("plain",)).get_content()
    assert max(len(line) for raw in notify.post.raw for line in raw.splitlines()) <= 100


async def test_the_same_event_twice_makes_one_mail(notify) -> None:
    event = about_request(RequestSubmitted)
    await notify.work(event, event)
    await notify.work(event)

    assert len(notify.mails) == 1


async def test_a_rebuild_over_old_events_sends_nothing_again(notify) -> None:
    events = (about_request(RequestSubmitted), about_assignment(AssignmentOffered))
    await notify.work(*events)
    for name in ("inbox", "requests"):
        await notify.database[name].delete_many({})

    await notify.work(*events)

    assert len(notify.mails) == 2
    assert len(await notify.rows("outbox")) == 2


async def test_mails_about_one_request_make_one_thread_for_each_reader(notify) -> None:
    await notify.work(about_request(RequestSubmitted))
    await notify.work(about_assignment(AssignmentAccepted))
    await notify.work(about_request(RequestMessagePosted, 2, **said("expert")))

    first, second, third = notify.mails
    assert first["in-reply-to"] is None
    assert second["in-reply-to"] == second["references"] == third["references"] == first["message-id"]


async def test_a_batch_uses_one_connection_and_asks_intake_once_for_each_kind(notify) -> None:
    await notify.work(
        about_request(RequestSubmitted),
        about_assignment(AssignmentOffered),
        about_request(RequestResolved, 2, outcome="solved", message=MESSAGE),
    )

    assert len(notify.mails) == 3
    assert notify.post.connections == 1
    assert len(notify.intake.asked) == 3


async def test_two_senders_at_once_send_each_mail_once(notify) -> None:
    await notify.hear(*(about_request(RequestSubmitted, request=id_of(f"request {n}")) for n in range(30)))
    await notify.plan()
    tools = notify.tools
    other = Tools(
        tools.database, tools.executor, tools.clock, tools.directory, Letters(tools.directory, notify.service.settings),
        open_channels(notify.service.settings, Texts(FOLDER)),
    )  # fmt: skip

    await asyncio.gather(notify.sender.run(), Sender(other).run(), Sender(other).run())

    assert len(notify.mails) == len({mail["message-id"] for mail in notify.mails}) == 30


async def test_a_sender_that_stops_gives_its_claims_back(notify) -> None:
    await notify.hear(*(about_request(RequestSubmitted, request=id_of(f"request {n}")) for n in range(10)))
    await notify.plan()
    stopped = notify.sender
    running = asyncio.create_task(stopped.run())
    while not notify.mails:  # noqa: ASYNC110
        await asyncio.sleep(0.001)
    stopped._stopping = True
    await running

    done = len(notify.mails)
    rows = await notify.rows("deliveries", status="due", attempts=0)
    notify.sender = Sender(notify.tools)
    await notify.work()

    assert done + len(rows) == 10 and rows
    assert len({mail["message-id"] for mail in notify.mails}) == len(notify.mails) == 10


async def test_old_news_is_shown_but_not_sent(notify) -> None:
    notify.clock.advance(timedelta(days=8))

    await notify.work(about_request(RequestSubmitted))

    assert not notify.mails
    assert [row["status"] for row in await notify.rows("deliveries")] == ["late"]
    assert len(await notify.rows("notifications")) == 1
