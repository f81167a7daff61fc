"""A person's own notifications and preferences; deliveries for those who run the programme."""

from datetime import timedelta

import pytest

from contracts.envelope import new_id
from contracts.requests import RequestSubmitted
from tests.notify.callers import browsing, calling, kinds_of, register, token_of
from tests.notify.material import BODY, COORDINATOR, LEAD, OFFICIAL, about_request, id_of


async def submitted(notify, count: int = 1) -> None:
    await register(notify, OFFICIAL, "official", BODY)
    await register(notify, COORDINATOR, "coordinator")
    events = [
        about_request(RequestSubmitted, request=id_of(f"r{n}"), number=f"2026-{n:06d}", requester=OFFICIAL)
        for n in range(count)
    ]
    for event in events:
        await notify.hear(event)
        await notify.plan()


async def test_the_list_has_the_callers_own_newest_first_page_by_page(notify) -> None:
    await submitted(notify, 5)
    await register(notify, LEAD, "expert")

    async with calling(notify, OFFICIAL) as client:
        first = (await client.get("/api/notifications", params={"limit": 3, "lang": "en"})).json()
        rest = (await client.get("/api/notifications", params={"limit": 3, "cursor": first["next_cursor"]})).json()
    async with calling(notify, LEAD) as client:
        nothing = (await client.get("/api/notifications")).json()

    numbers = [item["number"] for item in first["items"] + rest["items"]]
    assert numbers == [f"2026-{n:06d}" for n in (4, 3, 2, 1, 0)]
    assert rest["next_cursor"] is None and nothing == {"items": [], "next_cursor": None}
    newest = first["items"][0]
    assert (newest["title"], newest["href"]) == ("The request has been received", "/requests/2026-000004")
    assert newest["read_at"] is None and newest["at"].endswith("Z")


async def test_only_ones_own_notification_can_be_marked_as_read(notify) -> None:
    await submitted(notify)
    (row,) = await notify.rows("notifications")

    async with calling(notify, COORDINATOR) as other:
        refused = await other.post(f"/api/notifications/{row['_id']}/read")
    async with calling(notify, OFFICIAL) as client:
        once = (await client.post(f"/api/notifications/{row['_id']}/read")).json()
        notify.clock.advance(timedelta(minutes=5))
        twice = (await client.post(f"/api/notifications/{row['_id']}/read")).json()
        unknown = await client.post(f"/api/notifications/{new_id()}/read")

    assert (refused.status_code, unknown.status_code) == (404, 404)
    assert once["read_at"] is not None and twice == once


async def test_a_kind_that_is_switched_off_is_shown_but_never_mailed(notify) -> None:
    await register(notify, OFFICIAL, "official", BODY)
    async with calling(notify, OFFICIAL) as client:
        before = (await client.get("/api/notification-preferences")).json()
        changed = await client.put("/api/notification-preferences", json={"email": {"received": "off"}})
        await notify.work(about_request(RequestSubmitted))
        await client.put("/api/notification-preferences", json={"email": {"received": "at_once"}})
        for name in ("inbox", "requests"):
            await notify.database[name].delete_many({})
        await notify.work(about_request(RequestSubmitted))

    assert before["email"]["received"] == "at_once" and "offer" not in before["email"]
    assert changed.json()["email"]["received"] == "off"
    assert not notify.mails
    assert len(await notify.rows("notifications")) == 1
    assert [row["status"] for row in await notify.rows("deliveries")] == ["unwanted"]


async def test_a_lost_race_for_the_preferences_is_refused(notify) -> None:
    await register(notify, OFFICIAL, "official", BODY)
    address, off = "/api/notification-preferences", {"email": {"received": "off"}}
    async with calling(notify, OFFICIAL) as client:
        seen = (await client.get(address)).headers["etag"]
        won = await client.put(address, json=off, headers={"If-Match": seen})
        lost = await client.put(address, json={"email": {}}, headers={"If-Match": seen})
        wrong = await client.put(address, json={"email": {"gossip": "off", "a/b~c": "off"}})
        now = await client.get(address)

    assert (won.status_code, lost.status_code, wrong.status_code) == (200, 412, 422)
    assert [fault["pointer"] for fault in wrong.json()["errors"]] == ["/email/a~1b~0c", "/email/gossip"]
    assert now.headers["etag"] == won.headers["etag"] != seen
    assert now.json()["email"]["received"] == "off"


async def test_a_coordinator_sees_every_attempt_and_tries_again_now(notify) -> None:
    await submitted(notify)
    notify.post.refusing = "550 no such user"
    await notify.work()
    notify.post.refusing = None

    async with calling(notify, COORDINATOR) as client:
        (failed,) = (await client.get("/api/deliveries", params={"request": "2026-000000"})).json()["items"]
        by_id = (await client.get("/api/deliveries", params={"request": id_of("r0"), "status": "failed"})).json()
        depth = (await client.get("/api/notify/queue")).json()
        retried = await client.post(f"/api/deliveries/{failed['id']}/retry")
        await notify.work()
        sent = (await client.get("/api/deliveries", params={"status": "sent"})).json()["items"]
        again = await client.post(f"/api/deliveries/{failed['id']}/retry")
    async with calling(notify, OFFICIAL) as client:
        forbidden = await client.get("/api/deliveries")

    assert failed["attempts"] == [
        {"number": 1, "at": failed["attempts"][0]["at"], "outcome": "refused", "reason": "recipient_550"}
    ]
    assert by_id["items"] == [failed] and depth == {"due": 0, "sending": 0, "failed": 1, "hurried": 0}
    assert (retried.status_code, retried.json()["status"]) == (200, "due")
    assert [item["id"] for item in sent] == [failed["id"]] and len(notify.mails) == 1
    assert (again.status_code, forbidden.status_code) == (409, 403)


async def test_after_an_outage_everything_that_waits_leaves_at_once(notify) -> None:
    await submitted(notify, 3)
    await notify.post.close()
    await notify.work()
    await notify.post.open()

    async with calling(notify, COORDINATOR) as client:
        answer = (await client.post("/api/notify/queue/retry")).json()
    await notify.work()

    assert answer == {"due": 3, "sending": 0, "failed": 0, "hurried": 3}
    assert len(notify.mails) == 3


@pytest.mark.parametrize("cursor", ["%%%", "é", "a"])
async def test_a_cursor_that_was_not_given_is_refused(notify, cursor) -> None:
    await register(notify, OFFICIAL, "official", BODY)
    async with calling(notify, OFFICIAL) as client:
        answer = await client.get("/api/notifications", params={"cursor": cursor})

    assert answer.status_code == 422 and answer.json()["errors"][0]["pointer"] == "/query/cursor"


async def test_the_page_shows_what_is_new_marks_it_and_keeps_the_choice_of_mails(notify) -> None:
    await submitted(notify)
    (row,) = await notify.rows("notifications")
    async with browsing(notify, OFFICIAL) as browser:
        page = (await browser.get("/notifications")).text
        token: dict[str, str | list[str]] = {"csrf_token": token_of(page)}
        marked = await browser.post(f"/notifications/{row['_id']}/read", data=token, follow_redirects=True)
        choice = token | {"kind": kinds_of(page), "email-answer": "yes"}
        chosen = await browser.post("/notifications/preferences", data=choice, follow_redirects=True)
        forged = await browser.post(f"/notifications/{row['_id']}/read", data={"csrf_token": "x"})

    assert "1 notifica da leggere" in page and "La richiesta è stata ricevuta" in page and "da leggere" in page
    assert 'href="/requests/2026-000000"' in page
    assert marked.status_code == 200 and "0 notifiche da leggere" in marked.text and "segnata come letta" in marked.text
    assert "è stata salvata" in chosen.text
    (wishes,) = await notify.rows("preferences")
    assert wishes["email"]["answer"] == "at_once" and wishes["email"]["received"] == "off"
    assert forged.status_code == 403


async def test_a_kind_that_the_page_did_not_show_stays_as_it_is(notify) -> None:
    await register(notify, OFFICIAL, "official", BODY)
    async with browsing(notify, OFFICIAL) as browser, calling(notify, OFFICIAL) as client:
        page = (await browser.get("/notifications")).text
        await register(notify, OFFICIAL, "expert")
        await client.put("/api/notification-preferences", json={"email": {"reminder": "off"}})
        choice = {"csrf_token": token_of(page), "kind": [*kinds_of(page), "x"], "email-answer": "yes"}
        await browser.post("/notifications/preferences", data=choice)

        wishes = (await client.get("/api/notification-preferences")).json()["email"]

    assert {"answer", "received"} <= set(kinds_of(page)) and not {"offer", "reminder"} & set(kinds_of(page))
    assert (wishes["offer"], wishes["reminder"]) == ("at_once", "off")
    assert (wishes["answer"], wishes["received"]) == ("at_once", "off")


async def test_the_page_asks_a_stranger_to_log_in(notify) -> None:
    async with browsing(notify, id_of("nobody")) as browser:
        answer = await browser.get("/notifications")

    assert answer.status_code == 303 and answer.headers["location"].startswith("/login?next=/notifications")
