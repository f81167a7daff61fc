"""Bounces: kept on the mail of ours that they tell about; they warn who looks after the request, and start nothing."""

import pytest

from contracts.envelope import new_id
from contracts.mail_references import read_message_id
from services.chassis.mongo import Document
from tests.intake.conftest import SERVICE_KEY, VARESE, published
from tests.intake.letters import SECRET, letter, ours
from tests.intake.post import Post


async def told(post: Post, name: str, recipient: str, request: Document, id: str | None = None) -> Document | None:
    """Lets a report about a mail to this person come in; what is known of that mail then."""
    id = id or ours(request["number"])
    known = read_message_id(SECRET, id)
    assert known is not None
    daemon = (
        f"posta-certificata-{new_id()}@pec.gestore.example"
        if name.startswith("pec")
        else "mailer-daemon@altrove.example"
    )
    code, _ = await post.letter(name, daemon, request, recipient=recipient, ours=id)
    assert code == 250
    return await post.town.service.database["outgoing"].find_one({"_id": known.delivery})


def warnings(read: Document) -> list[str]:
    return [line["details"]["code"] for line in read["timeline"] if line["action"] == "mail_failed"]


@pytest.mark.parametrize(
    ("name", "fate", "code", "dead"),
    [
        ("bounce-unknown-user", "failed", "5.1.1", True),
        ("bounce-full-mailbox", "failed", "5.2.2", False),
        ("bounce-delayed", "delayed", "4.4.1", False),
        ("bounce-success", "delivered", "2.0.0", False),
        ("bounce-in-words", "failed", "5.1.1", False),
    ],
)
async def test_a_bounce_is_kept_on_the_mail_that_it_is_about(
    post: Post, name: str, fate: str, code: str, dead: bool
) -> None:
    address, key = await post.official()
    request = await post.town.submitted(key)

    row = await told(post, name, address, request)

    person, read = await post.person(address), await post.read(request)
    assert row is not None and person is not None
    assert (row["fate"], [entry["code"] for entry in row["reports"]], row["request"]) == (fate, [code], request["id"])
    assert warnings(read) == ([code] if fate == "failed" else [])
    assert bool(person.get("undeliverable")) is dead
    assert read["messages"] == [] and await post.mine(key, address) == []
    [event] = await published(post.town, row["_id"])
    told_data = {name: event["data"][name] for name in ("request", "fate", "code", "unusable")}
    assert told_data == {"request": request["id"], "fate": fate, "code": code, "unusable": dead}
    assert address not in str(event)
    [shown] = (await post.town.call("GET", f"/api/persons?ids={person['_id']}", SERVICE_KEY)).json()["items"]
    assert (shown["undeliverable_since"] is not None) is dead


async def test_the_requester_is_not_shown_that_a_mail_to_somebody_else_failed(post: Post) -> None:
    address, key = await post.official()
    request = await post.town.submitted(key)

    await told(post, "bounce-unknown-user", address, request)

    read = (await post.town.call("GET", f"/api/requests/{request['number']}", key)).json()
    assert warnings(read) == []


@pytest.mark.parametrize(
    "names", [("bounce-delayed", "bounce-unknown-user"), ("bounce-unknown-user", "bounce-delayed")]
)
async def test_reports_may_come_in_any_order(post: Post, names: tuple[str, str]) -> None:
    address, key = await post.official()
    request = await post.town.submitted(key)
    id = ours(request["number"])

    rows = [await told(post, name, address, request, id) for name in names]

    assert rows[-1] is not None
    assert (rows[-1]["fate"], len(rows[-1]["reports"])) == ("failed", 2)


async def test_what_was_told_of_our_mails_is_shown_to_coordination(post: Post) -> None:
    address, key = await post.official()
    request = await post.town.submitted(key)
    row = await told(post, "bounce-delayed", address, request)
    path = f"/api/intake/mails/outgoing?number={request['number']}"

    shown = (await post.town.call("GET", path)).json()["items"]
    refused = await post.town.call("GET", path, key)

    assert row is not None
    assert [(item["delivery"], item["fate"]) for item in shown] == [(row["_id"], "delayed")]
    assert [report["code"] for report in shown[0]["reports"]] == ["4.4.1"]
    assert refused.status_code == 403


async def test_the_same_bounce_twice_is_told_once(post: Post) -> None:
    address, key = await post.official()
    request = await post.town.submitted(key)
    content = letter("bounce-unknown-user", address, number=request["number"], ours=ours(request["number"]))

    for _ in range(2):
        await post.send("x@altrove.example", content, return_path="")

    assert warnings(await post.read(request)) == ["5.1.1"]


async def test_a_bounce_of_no_mail_of_ours_is_kept_aside(post: Post) -> None:
    address, key = await post.official()
    request = await post.town.submitted(key)
    daemon = f"mailer-daemon-{new_id()}@altrove.example"

    await post.letter("bounce-unknown-user", daemon, request, recipient=address, ours=f"<{new_id()}@affianca.example>")

    person = await post.person(address)
    assert warnings(await post.read(request)) == []
    assert person is not None and not person.get("undeliverable")


async def test_a_bounce_of_a_mail_about_a_body_is_told_of_that_mail_and_marks_the_address(post: Post) -> None:
    address, _ = await post.official()
    delivery = new_id()

    content = letter("bounce-unknown-user", address, number=VARESE, ours=ours(VARESE, delivery))
    for _ in range(2):
        await post.send("x@altrove.example", content, return_path="")

    [event] = await published(post.town, delivery)
    assert event["type"] == "affianca.mail.other-reported.v1"
    told_data = {name: event["data"][name] for name in ("delivery", "about", "fate", "code", "unusable")}
    assert told_data == {"delivery": delivery, "about": VARESE, "fate": "failed", "code": "5.1.1", "unusable": True}
    assert address not in str(event)
    person = await post.person(address)
    assert person is not None and person["undeliverable"]["code"] == "5.1.1"
