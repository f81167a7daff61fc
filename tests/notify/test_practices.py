"""A good practice's review: who hears that one waits, and its author what came of it."""

from datetime import timedelta
from typing import Any

import pytest

from contracts.envelope import Event
from contracts.mails import OtherMailReported
from contracts.practices import PracticePublished, PracticeReturned, PracticeSentForReview, PracticeState
from services.chassis.rebuild import Rebuild
from services.notify.consumers import EVENTS
from services.notify.store import DERIVED
from tests.notify.callers import calling, register
from tests.notify.material import BODY, COORDINATOR, LEAD, NOW, THEME, an_event, granted, id_of
from tests.notify.test_bodies import told, words_of

PRACTICE, SECRETARY, EVERYWHERE = map(id_of, ("practice", "secretary", "coordinator of all"))


def about_practice(model: type[Event], sequence: int = 1, by: str = LEAD, at: Any = None, **changes: Any) -> Event:
    facts = {"id": PRACTICE, "author": LEAD, "themes": (THEME,), "status": "review", "edition": 0} | changes
    return an_event(model, PRACTICE, sequence, {"state": PracticeState.model_validate(facts), "by": by}, at)


async def people(notify: Any) -> None:
    await notify.hear(
        granted(LEAD, "expert", "energy"),
        granted(COORDINATOR, "coordinator", THEME),
        granted(EVERYWHERE, "coordinator"),
        granted(id_of("coordinator of another theme"), "coordinator", "waste-management"),
        granted(SECRETARY, "secretariat"),
        granted(id_of("mayor"), "representative", BODY, scope_kind="body"),
    )


async def test_those_who_may_review_it_are_told_that_it_waits_and_nobody_else(notify) -> None:
    await people(notify)

    await notify.work(about_practice(PracticeSentForReview))

    assert {message: set(them) for message, them in (await told(notify)).items()} == {
        "practice-waiting": {COORDINATOR, EVERYWHERE, SECRETARY}
    }
    mail = notify.mails[0]
    assert mail["subject"] == "[Buona pratica] Una buona pratica attende la Sua revisione"
    assert "la buona pratica «Bonifica di una discarica» attende di essere rivista." in words_of(mail)
    assert f"http://affianca.test/practices/{PRACTICE}/draft" in words_of(mail)
    assert all(b"Bonifica" not in bytes(row["body"]) for row in await notify.rows("outbox"))


async def test_a_coordinator_who_wrote_it_is_not_asked_to_review_it(notify) -> None:
    await people(notify)

    await notify.work(about_practice(PracticeSentForReview, by=COORDINATOR, author=COORDINATOR))

    assert set((await told(notify))["practice-waiting"]) == {EVERYWHERE, SECRETARY}


async def test_its_author_is_told_that_it_is_published(notify) -> None:
    await people(notify)

    await notify.work(about_practice(PracticePublished, 2, by=COORDINATOR, status="published", edition=1))

    assert await told(notify) == {"practice-published": [LEAD]}
    (mail,) = notify.mails
    assert "è stata approvata ed è pubblicata" in words_of(mail)
    assert f"http://affianca.test/practices/{PRACTICE} " in words_of(mail)


async def test_its_author_is_told_why_it_comes_back_in_somebody_elses_words(notify) -> None:
    await people(notify)

    await notify.work(about_practice(PracticeReturned, 2, by=COORDINATOR, status="draft"))

    assert await told(notify) == {"practice-returned": [LEAD]}
    (mail,) = notify.mails
    plain = mail.get_body(("plain",)).get_content().replace("\r\n", "\n")
    assert "> Manca il riferimento\n> alla norma." in plain
    (row,) = await notify.rows("outbox")
    assert b"Manca" not in bytes(row["body"]) and b'"request":null' in bytes(row["body"])


@pytest.mark.parametrize("model", [PracticePublished, PracticeReturned])
async def test_an_author_who_no_longer_works_for_the_programme_is_not_told(notify, model) -> None:
    await notify.hear(granted(LEAD, "expert", "energy", end=NOW - timedelta(minutes=1)))

    await notify.work(about_practice(model, 2, by=COORDINATOR))

    assert await notify.rows("notifications") == []


async def test_an_author_whose_role_is_heard_of_later_is_told_too(notify) -> None:
    await notify.work(about_practice(PracticePublished, 2, by=COORDINATOR))
    assert notify.mails == []

    await notify.work(granted(LEAD, "expert", "energy"))

    assert await told(notify) == {"practice-published": [LEAD]}


async def test_the_same_events_again_and_a_rebuild_tell_nobody_twice(notify) -> None:
    await people(notify)
    steps = (about_practice(PracticeSentForReview), about_practice(PracticeReturned, 2, by=COORDINATOR))
    await notify.work(*steps)
    assert len(notify.mails) == 4

    await notify.database["inbox"].delete_many({})
    await notify.work(*steps)
    work = Rebuild(notify.database, EVENTS, DERIVED, notify.clock)
    await work.clear()

    async def history() -> Any:
        for event in (*steps, about_practice(PracticeSentForReview, 3)):
            yield event.model_dump_json().encode()

    await work.replay(history())
    await notify.work()

    assert len(notify.mails) == len({mail["message-id"] for mail in notify.mails}) == 4


def came_back(delivery: str, sequence: int = 1) -> Event:
    facts = {"delivery": delivery, "about": PRACTICE[-8:], "fate": "failed", "code": "5.1.1", "at": NOW}
    return an_event(OtherMailReported, delivery, sequence, facts)


async def test_of_a_mail_about_a_practice_that_came_back_coordination_is_told_once(notify) -> None:
    await people(notify)
    await notify.work(about_practice(PracticePublished, 2, by=EVERYWHERE))
    (lost,) = await notify.rows("deliveries", message="practice-published")

    await notify.work(came_back(lost["_id"]), came_back(lost["_id"], 2))

    assert set((await told(notify))["undelivered-practice"]) == {COORDINATOR, EVERYWHERE, SECRETARY}
    mail = next(mail for mail in notify.mails if COORDINATOR[:8] in mail["to"])
    assert mail["subject"] == "[Buona pratica] Un messaggio su una buona pratica non è stato recapitato"
    words = words_of(mail)
    assert "un messaggio sulla buona pratica «Bonifica di una discarica» è tornato indietro" in words
    assert "Era destinato a: Carlo D’Amico." in words
    assert f"http://affianca.test/practices/{PRACTICE}/draft" in words


async def test_nobody_is_told_that_what_tells_of_a_mail_about_a_practice_came_back(notify) -> None:
    await notify.hear(granted(LEAD, "expert", "energy"), granted(COORDINATOR, "coordinator", THEME))
    await notify.work(about_practice(PracticePublished, 2, by=EVERYWHERE))
    (lost,) = await notify.rows("deliveries")
    await notify.work(came_back(lost["_id"]))
    (about,) = await notify.rows("deliveries", message="undelivered-practice")

    await notify.work(came_back(about["_id"]))

    assert len(await notify.rows("deliveries")) == 2
    assert [row["status"] for row in await notify.rows("deliveries", _id=about["_id"])] == ["failed"]


async def test_what_is_older_than_a_week_is_on_the_page_and_not_sent(notify) -> None:
    await people(notify)

    await notify.work(about_practice(PracticePublished, 2, by=COORDINATOR, at=NOW - timedelta(hours=23)))
    old = about_practice(PracticePublished, 4, by=COORDINATOR, at=NOW - timedelta(days=8))
    early = granted(LEAD, "expert", "energy", 2, at=NOW - timedelta(days=9), start=NOW - timedelta(days=9))
    await notify.work(early, old)

    assert len(notify.mails) == 1
    assert sorted(row["status"] for row in await notify.rows("deliveries")) == ["late", "sent"]


async def test_people_may_switch_off_the_mails_that_they_may_get(notify) -> None:
    await register(notify, LEAD, "expert")

    async with calling(notify, LEAD) as client:
        kinds = (await client.get("/api/notification-preferences")).json()["email"]

    assert {"practice-published", "practice-returned"} <= kinds.keys() and "practice-waiting" not in kinds
