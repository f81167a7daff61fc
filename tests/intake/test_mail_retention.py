"""What nobody decided about is removed in the end, with its original, and nothing else is."""

from datetime import timedelta

from contracts.envelope import new_id
from services.intake.handlers.mails import Door, remove_expired
from services.intake.mailbox.settings import MailSettings
from services.intake.store.mails import MAILS
from tests.intake.letters import SECRET, TO
from tests.intake.post import Post, mail

DOOR = Door(TO, SECRET, MailSettings(quarantine_days=30))


async def backdated(post: Post, sender: str, days: int) -> str:
    """The mail of this sender that waits, as if it had come so many days ago."""
    database, kept = post.town.service.database, await post.kept(sender)
    at = kept["received_at"] - timedelta(days=days)
    await database[MAILS].update_one({"_id": kept["_id"]}, {"$set": {"received_at": at}})
    id: str = kept["_id"]
    return id


async def removed(post: Post) -> None:
    while await remove_expired(post.town.service.app.state.parts, DOOR):
        pass


def a_stranger() -> str:
    return f"x{new_id()[-12:]}@altrove.example"


async def test_a_strangers_mail_is_removed_with_its_original_after_the_days_of_the_setting(post: Post) -> None:
    database, old, young = post.town.service.database, a_stranger(), a_stranger()
    await post.send(old, mail(old, text=("x" * 900 + "\r\n") * 1_300))
    await post.send(young, mail(young))
    file = (await post.kept(old))["file"]
    gone, stays = await backdated(post, old, 31), await backdated(post, young, 29)

    await removed(post)

    assert file and await database["files.files"].count_documents({"_id": file}) == 0
    assert await database["files.chunks"].count_documents({"files_id": file}) == 0
    assert await database[MAILS].find_one({"_id": gone}) is None
    assert await database[MAILS].find_one({"_id": stays}) is not None


async def test_what_waits_for_a_request_or_has_become_one_is_kept(post: Post) -> None:
    database = post.town.service.database
    address, _ = await post.official()
    assert (await post.send(address, mail(address)))[0] == 250
    taken = await database[MAILS].find_one({"state": "taken", "sender": {"$ne": None}}, sort=[("_id", -1)])
    stranger = a_stranger()
    await post.send(stranger, mail(stranger))
    held = (await post.kept(stranger))["_id"]
    await database[MAILS].update_one({"_id": held}, {"$set": {"state": "held"}})
    assert taken is not None
    for id in (held, taken["_id"]):
        before = {"received_at": taken["received_at"] - timedelta(days=400)}
        await database[MAILS].update_one({"_id": id}, {"$set": before})

    await removed(post)

    assert await database[MAILS].count_documents({"_id": {"$in": [held, taken["_id"]]}}) == 2


async def test_who_decides_while_it_is_removed_is_told_that_it_is_too_late(post: Post) -> None:
    stranger = a_stranger()
    await post.send(stranger, mail(stranger))
    id = await backdated(post, stranger, 31)
    await removed(post)

    answer = await post.town.call("POST", f"/api/intake/mails/{id}/refusal")

    assert answer.status_code == 404
