"""A body's registration: who is told that it waits, that it is approved, that it is refused and why."""

from typing import Any

from contracts.bodies import BodyApproved, BodyRegistered, BodyRejected, BodyState
from contracts.envelope import Event
from contracts.requests import RequestSubmitted
from services.chassis.rebuild import Rebuild
from services.notify.consumers import EVENTS
from services.notify.store import DERIVED
from tests.notify.callers import calling, register
from tests.notify.material import BODY, OFFICIAL, about_request, an_event, granted, id_of

SECRETARY, MAYOR, OTHER_MAYOR = map(id_of, ("secretary", "mayor", "another mayor"))
ID = id_of("body")


def about_body(model: type[Event], sequence: int = 1, by: str | None = MAYOR) -> Event:
    facts: dict[str, Any] = {"id": ID, "code": BODY, "ipa_code": "c_a794", "province": "BG", "kind": "comune"}
    return an_event(model, ID, sequence, {"state": BodyState(**facts, status="registered"), "registered_by": by})


async def people(notify: Any) -> None:
    await notify.hear(
        granted(SECRETARY, "secretariat"),
        granted(MAYOR, "representative", BODY, scope_kind="body"),
        granted(OTHER_MAYOR, "representative", "012133", scope_kind="body"),
    )


async def told(notify: Any) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for row in await notify.rows("deliveries", status="sent"):
        found.setdefault(row["message"], []).append(row["recipient"])
    return found


def words_of(mail: Any) -> str:
    return " ".join(mail.get_body(("plain",)).get_content().split())


async def test_the_secretariat_is_told_that_a_registration_waits_and_who_sent_it_is_not(notify) -> None:
    await people(notify)

    await notify.work(about_body(BodyRegistered))

    assert await told(notify) == {"registration-waiting": [SECRETARY]}
    (mail,) = notify.mails
    assert mail["subject"] == f"[{BODY}] La registrazione di un ente attende la Sua decisione"
    assert "registrazione del Comune di Bergamo (016024)" in words_of(mail)
    assert f"http://affianca.test/bodies/{BODY}" in words_of(mail)


async def test_who_registered_and_the_mayor_are_told_of_the_approval_in_mails_of_their_own(notify) -> None:
    await people(notify)

    await notify.work(about_body(BodyApproved, 2, by=SECRETARY))

    assert {message: sorted(them) for message, them in (await told(notify)).items()} == {
        "registration-approved": sorted([MAYOR, SECRETARY])
    }
    assert len({mail["message-id"] for mail in notify.mails}) == 2
    assert all("è stata approvata" in words_of(mail) for mail in notify.mails)
    assert OFFICIAL not in {row["person"] for row in await notify.rows("notifications")}


async def test_a_refusal_gives_its_reason_as_somebody_elses_words(notify) -> None:
    await people(notify)

    await notify.work(about_body(BodyRejected, 2))

    (mail,) = notify.mails
    plain = mail.get_body(("plain",)).get_content().replace("\r\n", "\n")
    assert "> Manca la firma\n> sul protocollo." in plain
    assert f"http://affianca.test/my-body/{BODY}" in plain
    (row,) = await notify.rows("outbox")
    assert b"Manca" not in bytes(row["body"]) and b'"request":null' in bytes(row["body"])


async def test_the_same_events_again_and_a_rebuild_tell_nobody_twice(notify) -> None:
    await people(notify)
    steps = (about_body(BodyRegistered), about_body(BodyRejected, 2), about_body(BodyRegistered, 3))
    await notify.work(*steps)
    assert len(notify.mails) == 3

    await notify.database["inbox"].delete_many({})
    await notify.work(*steps)
    work = Rebuild(notify.database, EVENTS, DERIVED, notify.clock)
    await work.clear()

    async def history() -> Any:
        for event in steps:
            yield event.model_dump_json().encode()

    await work.replay(history())
    await notify.work()

    assert len(notify.mails) == len({mail["message-id"] for mail in notify.mails}) == 3


async def test_who_does_not_want_the_mail_sees_it_on_the_page_alone(notify) -> None:
    await people(notify)
    wanted = {"_id": MAYOR, "version": 1, "email": {"registration-approved": "off"}}
    await notify.database["preferences"].insert_one(wanted)

    await notify.work(about_body(BodyApproved, 2))

    assert notify.mails == []
    assert [row["person"] for row in await notify.rows("notifications")] == [MAYOR]


async def test_a_mayor_whose_office_is_heard_of_later_is_told_too(notify) -> None:
    await notify.work(about_body(BodyApproved, 2, by=None))
    assert notify.mails == []

    await notify.work(granted(MAYOR, "representative", BODY, scope_kind="body"))

    assert await told(notify) == {"registration-approved": [MAYOR]}


async def test_the_page_names_the_body_and_leads_to_its_page(notify) -> None:
    await register(notify, MAYOR, "representative", BODY)
    await notify.work(about_body(BodyApproved, 2), about_request(RequestSubmitted, requester=MAYOR))

    async with calling(notify, MAYOR) as client:
        page = (await client.get("/notifications")).text
        items = (await client.get("/api/notifications")).json()["items"]

    assert f'<a href="/bodies/{BODY}">Comune di Bergamo</a>' in page
    assert "<span>2026-000123</span>" in page and "/bodies/2026" not in page and f">{BODY}<" not in page
    assert {item["about"] for item in items} == {"Comune di Bergamo", "2026-000123"}
    assert {item["number"] for item in items} == {BODY, "2026-000123"}
