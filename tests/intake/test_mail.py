"""Mail: 250 only for what is kept, the same mail once, and nothing of it for or from the wrong people."""

import asyncio
from typing import Any

import pytest

from services.chassis import group_commit
from services.chassis.group_commit import Unavailable
from services.intake.store import open_stores
from tests.intake.conftest import VARESE
from tests.intake.letters import TO
from tests.intake.post import Post, mail


async def test_a_mail_of_an_official_becomes_a_request_of_their_body(post: Post) -> None:
    address, key = await post.official()

    code, _ = await post.send(address, mail(f"Anna <{address}>", text="Serve il piano di caratterizzazione."))

    assert code == 250
    [request] = await post.mine(key, address)
    assert request["title"] == "Parere su una bonifica"
    assert request["body"] == VARESE
    assert request["theme"]["source"] == "recognised"
    assert request["description"] == "Serve il piano di caratterizzazione."


async def test_the_original_is_kept_byte_for_byte(post: Post) -> None:
    address, key = await post.official()
    small, large = mail(address, "Piccola"), mail(address, "Grande", text=("x" * 900 + "\r\n") * 1_300)

    assert (await post.send(address, small))[0] == 250
    assert (await post.send(address, large))[0] == 250

    stores = open_stores(post.town.service.database)
    rows = [row async for row in post.town.service.database["mails"].find({}, sort=[("_id", 1)])]
    ids = {item["id"] for item in await post.mine(key, address)}
    originals = {await stores.mails.original(row) for row in rows if row["request"] in ids}
    assert originals == {small.encode(), large.encode()}


async def test_the_same_mail_twice_is_one_request(post: Post) -> None:
    address, key = await post.official()
    content = mail(address)

    codes = [(await post.send(address, content))[0] for _ in range(2)]
    codes += [code for code, _ in await asyncio.gather(*(post.send(address, content) for _ in range(4)))]
    await post.taken()

    assert set(codes) == {250}
    assert len(await post.mine(key, address)) == 1


async def test_the_same_mail_from_several_connections_at_once_is_one_request(post: Post) -> None:
    address, key = await post.official()
    content = mail(address, "Tutte insieme")

    codes = [code for code, _ in await asyncio.gather(*(post.send(address, content) for _ in range(6)))]
    await post.taken()

    assert set(codes) == {250}
    assert len(await post.mine(key, address)) == 1


async def test_mails_that_come_together_are_stored_in_few_transactions(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    address, key = await post.official()
    groups: list[int] = []
    save = group_commit.save

    async def counting(database: Any, works: Any, *claims: Any) -> None:
        groups.append(len(works))
        await save(database, works, *claims)

    monkeypatch.setattr(group_commit, "save", counting)
    codes = await asyncio.gather(*(post.send(address, mail(address, f"Insieme {n}")) for n in range(12)))
    await post.taken()

    assert {code for code, _ in codes} == {250}
    assert len(await post.mine(key, address)) == 12
    assert len(groups) < 9


async def test_the_same_mail_to_two_of_our_addresses_reaches_both(post: Post) -> None:
    address, key = await post.official()

    code, _ = await post.send(address, mail(address), to=(TO, "bonifiche@affianca.example"))

    assert code == 250
    assert len(await post.mine(key, address)) == 2


async def test_a_mail_that_could_not_be_stored_is_not_acknowledged(post: Post, monkeypatch: Any) -> None:
    address, key = await post.official()
    content = mail(address)

    async def away(*_: Any, **__: Any) -> None:
        raise Unavailable("the database is away")

    with monkeypatch.context() as broken:
        broken.setattr(post.town.service.commit, "commit", away)
        refused, _ = await post.send(address, content)
    accepted, _ = await post.send(address, content)

    assert (refused, accepted) == (451, 250)
    assert len(await post.mine(key, address)) == 1


async def test_250_comes_after_the_commit_and_not_before(post: Post, monkeypatch: Any) -> None:
    address, _ = await post.official()
    commit, held = post.town.service.commit.commit, asyncio.Event()

    async def held_up(work: Any, at_once: bool = False) -> None:
        await held.wait()
        await commit(work)

    monkeypatch.setattr(post.town.service.commit, "commit", held_up)
    sending = asyncio.create_task(post.send(address, mail(address)))

    answered, _ = await asyncio.wait({sending}, timeout=0.3)

    assert not answered
    held.set()
    assert (await sending)[0] == 250


async def test_a_body_that_is_not_admitted_is_told_so(post: Post) -> None:
    address, _ = await post.official("016024")

    code, text = await post.send(address, mail(address))

    assert code == 550
    assert "Bergamo" in text


async def test_two_authors_are_nobody(post: Post) -> None:
    address, key = await post.official()

    code, _ = await post.send(address, mail(f"{address}, altro@comune.example"))

    assert code == 250
    assert (await post.kept(address))["reason"] == "authors"
    assert await post.mine(key, address) == []


@pytest.mark.parametrize(
    "headers",
    [
        {"Auto_Submitted": "auto-replied"},
        {"Precedence": "bulk"},
        {"Precedence": "list"},
        {"List_Id": "<news.example>"},
        {"Content_Type": "multipart/report; report-type=delivery-status; boundary=x"},
    ],
)
async def test_what_machines_send_never_creates_a_request(post: Post, headers: dict[str, str]) -> None:
    address, key = await post.official()
    content = mail(address, "Fuori ufficio", **headers)

    code, _ = await post.send(address, content)

    assert code == 250
    assert await post.mine(key, address) == []
    assert await post.town.service.database["mails"].count_documents({"raw": content.encode(), "request": None}) == 1


async def test_a_bounce_without_return_path_creates_nothing(post: Post) -> None:
    address, key = await post.official()

    code, _ = await post.send(address, mail(address), return_path="")

    assert code == 250
    assert await post.mine(key, address) == []


async def test_our_own_address_as_author_is_a_loop(post: Post) -> None:
    await post.town.official(email=TO)

    code, _ = await post.send(TO, mail(TO, "Ciclo"))

    assert code == 250
    assert await post.town.service.database["requests"].count_documents({"title": "Ciclo"}) == 0


async def test_recipients_of_other_domains_are_not_relayed(post: Post) -> None:
    address, _ = await post.official()

    code, _ = await post.send(address, mail(address), to=("someone@elsewhere.example",))

    assert code == 550


async def test_a_mail_over_the_limit_is_refused_with_552_and_the_next_is_taken(post: Post) -> None:
    address, _ = await post.official()
    large = mail(address, text=("x" * 998 + "\r\n") * 31_000)

    refused, _ = await post.send(address, large)
    accepted, _ = await post.send(address, mail(address))

    assert (refused, accepted) == (552, 250)
