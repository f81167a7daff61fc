"""Who may act for a body: the official whom its representative lets in or out is told, and nobody else."""

from datetime import UTC, datetime, timedelta
from typing import Any

from contracts.access import AccessData, AccessGranted, AccessRevoked, AccessState, Grant
from contracts.envelope import Event
from services.chassis.rebuild import Rebuild
from services.notify.consumers import EVENTS
from services.notify.store import DERIVED
from tests.notify.callers import calling, register
from tests.notify.material import BODY, NOW, OFFICIAL, an_event, granted, id_of
from tests.notify.test_bodies import told, words_of

DELEGATE, MAYOR = id_of("delegate"), id_of("mayor")
END = datetime(2027, 3, 31, 22, 0, tzinfo=UTC)
"""The end of 31 March in Rome, where summer time has begun."""


def delegated(
    model: type[Event] = AccessGranted, sequence: int = 1, at: datetime = NOW, by: str | None = MAYOR, **changes: Any
) -> Event:
    facts = {"role": "official", "scope_kind": "body", "scope": BODY, "start": NOW, "end": END} | changes
    grant = Grant.model_validate(facts)
    data = AccessData(state=AccessState(id=DELEGATE, grants=(grant,)), delegation=grant, by=by)
    return an_event(model, DELEGATE, sequence, data, at)


async def test_a_delegate_is_told_by_which_body_for_how_long_and_what_they_may_do(notify) -> None:
    await notify.hear(granted(MAYOR, "representative", BODY, scope_kind="body"))

    await notify.work(delegated())

    assert await told(notify) == {"delegate-enabled": [DELEGATE]}
    assert {row["person"] for row in await notify.rows("notifications")} == {DELEGATE}
    (mail,) = notify.mails
    assert mail["subject"] == f"[{BODY}] Abilitazione a operare per un ente"
    words = words_of(mail)
    assert "il Comune di Bergamo Le permette di operare per suo conto nel programma" in words
    assert "Fine: 31 marzo 2027." in words and "può inviare richieste di assistenza" in words
    assert f"http://affianca.test/my-body/{BODY}" in words


async def test_without_an_end_the_mail_says_so(notify) -> None:
    await notify.work(delegated(end=None))

    (mail,) = notify.mails
    assert "Non è fissata una fine." in words_of(mail)


async def test_before_the_first_day_the_mail_leads_where_everybody_may_read(notify) -> None:
    await notify.work(delegated(start=NOW + timedelta(days=7)))

    (mail,) = notify.mails
    words = words_of(mail)
    assert "http://affianca.test/ " in words and "Da quel giorno acceda da qui" in words
    assert "/my-body" not in words and "/notifications" not in words
    await register(notify, DELEGATE, "official", BODY)
    async with calling(notify, DELEGATE) as client:
        (item,) = (await client.get("/api/notifications")).json()["items"]
    assert item["href"] == "/"


async def test_a_delegate_who_is_removed_is_told(notify) -> None:
    await notify.work(delegated(AccessRevoked, 2, end=NOW))

    assert await told(notify) == {"delegate-removed": [DELEGATE]}
    (mail,) = notify.mails
    assert mail["subject"] == f"[{BODY}] Fine dell’abilitazione a operare per un ente"
    assert "ha revocato la Sua abilitazione" in words_of(mail) and "\nhttp://affianca.test/\n" in mail.get_body(
        ("plain",)
    ).get_content().replace("\r\n", "\n")


async def test_a_mayor_who_lets_themselves_in_or_out_is_not_told(notify) -> None:
    await notify.work(delegated(by=DELEGATE), delegated(AccessRevoked, 2, end=NOW, by=DELEGATE))

    assert await notify.rows("notifications") == [] and notify.mails == []


async def test_who_is_let_in_by_an_event_without_an_author_is_told(notify) -> None:
    await notify.work(delegated(by=None))

    assert await told(notify) == {"delegate-enabled": [DELEGATE]}


async def test_a_mayor_whom_the_secretariat_names_is_told_what_they_may_do(notify) -> None:
    await notify.work(delegated(role="representative"))

    assert await told(notify) == {"representative-enabled": [DELEGATE]}
    (mail,) = notify.mails
    assert mail["subject"] == f"[{BODY}] Abilitazione come sindaco o presidente di un ente"
    words = words_of(mail)
    assert "la Segreteria Tecnica Le permette di rappresentare il Comune di Bergamo nel programma" in words
    assert "Fine: 31 marzo 2027." in words and "abilitare i funzionari" in words
    assert f"http://affianca.test/my-body/{BODY}" in words and "http://affianca.test/notifications" in words


async def test_a_mayor_who_is_named_from_a_later_day_is_led_where_everybody_may_read(notify) -> None:
    await notify.work(delegated(role="representative", start=NOW + timedelta(days=7)))

    (mail,) = notify.mails
    words = words_of(mail)
    assert "http://affianca.test/ " in words and "Da quel giorno acceda da qui" in words
    assert "/my-body" not in words and "/notifications" not in words


async def test_a_mayor_whose_office_the_secretariat_ends_is_told(notify) -> None:
    await notify.work(delegated(AccessRevoked, 2, role="representative", end=NOW))

    assert await told(notify) == {"representative-removed": [DELEGATE]}
    (mail,) = notify.mails
    assert mail["subject"] == f"[{BODY}] Fine dell’abilitazione come sindaco o presidente di un ente"
    words = words_of(mail)
    assert "la Segreteria Tecnica ha revocato la Sua abilitazione a rappresentare il Comune di Bergamo" in words
    assert "http://affianca.test/ " in words and "/notifications" not in words


async def test_each_may_switch_off_what_they_may_get(notify) -> None:
    kinds = {}
    for role in ("official", "representative"):
        await register(notify, id_of(role), role, BODY)
        async with calling(notify, id_of(role)) as client:
            kinds[role] = set((await client.get("/api/notification-preferences")).json()["email"])

    assert {kind for kind in kinds["official"] if kind.endswith(("-enabled", "-removed"))} == {
        "delegate-enabled", "delegate-removed"
    }  # fmt: skip
    assert {kind for kind in kinds["representative"] if kind.endswith(("-enabled", "-removed"))} == {
        "representative-enabled", "representative-removed"
    }  # fmt: skip


async def test_roles_that_no_body_has_given_tell_nobody(notify) -> None:
    end = granted(OFFICIAL, "official", BODY, sequence=2, end=NOW)
    revoked = AccessRevoked.model_validate(end.model_dump() | {"type": "affianca.access.revoked.v1"})

    await notify.work(granted(DELEGATE, "official", BODY), granted(MAYOR, "representative", BODY), revoked)

    assert await notify.rows("notices") == []


async def test_the_same_events_again_and_a_rebuild_tell_nobody_twice(notify) -> None:
    steps = (delegated(AccessRevoked, 2, end=NOW), delegated())
    await notify.work(*steps)
    assert len(notify.mails) == 2

    await notify.database["inbox"].delete_many({})
    await notify.work(*steps)
    work = Rebuild(notify.database, EVENTS, DERIVED, notify.clock)
    await work.clear()

    async def history() -> Any:
        for event in (*steps, delegated(sequence=3)):
            yield event.model_dump_json().encode()

    await work.replay(history())
    await notify.work()

    assert len(notify.mails) == len({mail["message-id"] for mail in notify.mails}) == 2


async def test_what_is_older_than_a_week_is_on_the_page_and_not_sent(notify) -> None:
    await notify.work(delegated(at=NOW - timedelta(days=8)))

    assert notify.mails == []
    assert [row["status"] for row in await notify.rows("deliveries")] == ["late"]
    assert [row["person"] for row in await notify.rows("notifications")] == [DELEGATE]
