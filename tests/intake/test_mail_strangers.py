"""Mail of people who are not registered: kept, answered politely once a day, and nothing is told to them."""

import email
import email.policy

from contracts.envelope import new_id
from tests.intake.conftest import SARONNO, VARESE
from tests.intake.post import Post, mail


def stranger() -> str:
    return f"s{new_id()[-12:]}@altrove.example"


async def test_a_stranger_is_quarantined_and_answered_once_a_day(post: Post, eventually) -> None:
    address = stranger()

    codes = [(await post.send(address, mail(address, f"Estraneo {number}")))[0] for number in range(3)]
    await eventually(lambda: [sent for sent in post.sent if sent.to == address])

    [sent] = [sent for sent in post.sent if sent.to == address]
    answer = email.message_from_bytes(sent.content, policy=email.policy.default)
    database = post.town.service.database
    assert codes == [250] * 3
    assert await database["mails"].count_documents({"author.addresses": address, "state": "quarantined"}) == 3
    assert await database["requests"].count_documents({"title": "Estraneo 0"}) == 0
    assert (sent.path, answer["Auto-Submitted"]) == ("", "auto-replied")
    assert "non è abilitato" in answer.get_content()
    assert "not enabled" in answer.get_content()
    assert await eventually(lambda: database["mail_answers"].count_documents({"to": None, "attempts": 1}))


async def test_a_stranger_who_writes_by_pec_is_answered_too(post: Post, eventually) -> None:
    address = stranger()

    await post.letter("pec-envelope", address)
    await eventually(lambda: [sent for sent in post.sent if sent.to == address])

    row = await post.kept(address)
    assert (row["state"], row["reason"], row["channel"]) == ("quarantined", "sender-unknown", "pec")


async def test_a_stranger_who_quotes_a_request_learns_nothing_of_it(post: Post, eventually) -> None:
    _, key = await post.official()
    request = await post.town.submitted(key, title="Discarica di via Roma")
    address = stranger()

    await post.letter("gmail-reply", address, request)
    await eventually(lambda: [sent for sent in post.sent if sent.to == address])

    [sent] = [sent for sent in post.sent if sent.to == address]
    assert request["number"].encode() not in sent.content
    assert b"Discarica" not in sent.content
    assert (await post.read(request))["messages"] == []
    assert (await post.kept(address))["quoted"]["number"] == request["number"]


async def test_nobody_is_answered_who_may_be_a_machine_or_somebody_else(post: Post) -> None:
    silent = [f"noreply-{new_id()}@altrove.example", stranger(), stranger(), stranger()]

    await post.send(silent[0], mail(silent[0]))
    await post.send(silent[1], mail(silent[1]), return_path="")
    await post.letter("forged-sender", silent[2])
    await post.send(silent[3], mail(silent[3], X_Auto_Response_Suppress="All"))

    asked = await post.town.service.database["mail_answers"].count_documents({"to": {"$in": silent}})
    assert asked == 0
    assert not {sent.to for sent in post.sent} & set(silent)


async def test_an_expert_has_no_body_to_ask_for(post: Post) -> None:
    address = stranger()
    await post.town.person({"role": "expert", "scope_kind": "programme"}, email=address)

    await post.send(address, mail(address, "Richiesta di un esperto"))

    assert (await post.kept(address))["reason"] == "no-body"


async def test_a_held_mail_becomes_a_message_or_a_request_or_nothing_once(post: Post) -> None:
    _, key = await post.official()
    request = await post.town.submitted(key)
    address, call = stranger(), post.town.call
    rows = []
    for name in ("gmail-reply", "new-request", "forwarded-message"):
        await post.letter(name, address, request)
        rows.append(await post.kept(address))
    base = "/api/intake/mails"

    listed = (await call("GET", f"{base}?state=quarantined&limit=200")).json()["items"]
    taken = await call("POST", f"{base}/{rows[0]['_id']}/message", json={})
    opened = await call("POST", f"{base}/{rows[1]['_id']}/request", json={"body": VARESE})
    refused = await call("POST", f"{base}/{rows[2]['_id']}/refusal")
    again = await call("POST", f"{base}/{rows[0]['_id']}/message", json={})
    late = await call("POST", f"{base}/{rows[2]['_id']}/request", json={"body": VARESE})
    original = await call("GET", f"{base}/{rows[1]['_id']}/original")

    assert {row["_id"] for row in rows} <= {item["id"] for item in listed}
    assert [answer.status_code for answer in (taken, opened, refused, again, late)] == [200, 200, 200, 409, 409]
    [message] = (await post.read(request))["messages"]
    assert message["text"].startswith(f"E-mail da {address}:\n\nIl documento è del 1998")
    made = await post.town.service.database["mails"].find_one({"_id": rows[1]["_id"]})
    assert made is not None
    assert await post.town.service.database["requests"].count_documents({"_id": made["request"], "body": VARESE}) == 1
    assert original.content == bytes(rows[1]["raw"])


async def test_who_is_erased_leaves_no_mail_that_waits(post: Post) -> None:
    _, key = await post.official()
    request = await post.town.submitted(key)
    other, _ = await post.official(SARONNO)
    await post.letter("gmail-reply", other, request)
    row, person = await post.kept(other), await post.person(other)
    assert person is not None

    answer = await post.town.call("DELETE", f"/api/persons/{person['_id']}")

    after = await post.town.service.database["mails"].find_one({"_id": row["_id"]})
    assert answer.status_code == 204
    assert after is not None
    assert (after["raw"], after["author"], after["erased"]) == (b"", None, True)


async def test_a_mail_that_names_no_request_needs_one_and_a_taken_mail_is_not_shown(post: Post) -> None:
    address, key = await post.official()
    await post.send(address, mail(address, "Presa"))
    [request] = await post.mine(key, address)
    taken = await post.town.service.database["mails"].find_one({"request": request["id"]})
    nobody = stranger()
    await post.send(nobody, mail(nobody))
    assert taken is not None

    unnamed = await post.town.call("POST", f"/api/intake/mails/{(await post.kept(nobody))['_id']}/message", json={})
    hidden = await post.town.call("GET", f"/api/intake/mails/{taken['_id']}/original")

    assert (unnamed.status_code, hidden.status_code) == (422, 404)
