"""A file with a virus: who added it and who follows the request are told, once, and not what it is called."""

from datetime import timedelta
from typing import Any

from contracts.envelope import Event
from contracts.requests import RequestFileQuarantined
from services.chassis.rebuild import Rebuild
from services.notify.consumers import EVENTS
from services.notify.store import DERIVED
from tests.notify.material import COORDINATOR, LEAD, NOW, OFFICIAL, THEME, about_request, an_event, granted, id_of
from tests.notify.test_bodies import told, words_of

COLLEAGUE = id_of("colleague of the official")


def quarantined(uploader: str | None = COLLEAGUE, sequence: int = 3, **changes: Any) -> Event:
    facts = {"attachment": id_of("file"), "uploader": uploader, "visibility": "shared", "lead": LEAD} | changes
    return about_request(RequestFileQuarantined, sequence, **facts)


async def test_who_added_the_file_and_the_lead_are_told_and_nobody_else(notify) -> None:
    await notify.hear(granted(COORDINATOR, "coordinator", THEME))

    await notify.work(quarantined())

    assert {message: set(them) for message, them in (await told(notify)).items()} == {
        "file-quarantined": {COLLEAGUE, LEAD}
    }
    assert OFFICIAL not in {row["person"] for row in await notify.rows("notifications")}
    mail = notify.mails[0]
    assert mail["subject"] == "[2026-000123] Un file è stato messo da parte per un virus"
    assert "Il file è stato messo da parte: nessuno può aprirlo." in words_of(mail)
    assert "http://affianca.test/requests/2026-000123" in words_of(mail)


async def test_a_lead_who_added_it_is_told_once(notify) -> None:
    await notify.work(quarantined(LEAD))

    assert await told(notify) == {"file-quarantined": [LEAD]}


async def test_without_somebody_who_may_see_it_and_without_a_lead_nobody_is_told(notify) -> None:
    await notify.work(quarantined(None, lead=None))

    assert await notify.rows("notifications") == []


async def test_the_same_event_again_and_a_rebuild_tell_nobody_twice(notify) -> None:
    await notify.work(quarantined())
    await notify.database["inbox"].delete_many({})
    await notify.work(quarantined())
    work = Rebuild(notify.database, EVENTS, DERIVED, notify.clock)
    await work.clear()

    async def history() -> Any:
        for event in (quarantined(), quarantined(sequence=4)):
            yield event.model_dump_json().encode()

    await work.replay(history())
    await notify.work()

    assert len(notify.mails) == len({mail["message-id"] for mail in notify.mails}) == 2


async def test_what_is_older_than_a_week_is_on_the_page_and_not_sent(notify) -> None:
    recent = quarantined()

    await notify.work(an_event(type(recent), recent.subject, 3, recent.data, NOW - timedelta(days=8)))

    assert notify.mails == []
    assert {row["person"] for row in await notify.rows("notifications")} == {COLLEAGUE, LEAD}
