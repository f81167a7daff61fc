"""The same request comes out whatever the door: by page, API, e-mail and PEC, one record."""

from typing import Any

import orjson
import pytest
from starlette.responses import Response

from services.chassis.sessions import COOKIE
from services.intake.domain.words import tokens
from tests.intake.conftest import VARESE
from tests.intake.post import Post, mail
from tests.intake_pages.conftest import hidden

TITLE, TEXT = "Parere su una bonifica", "Serve aiuto per il piano di caratterizzazione di un sito contaminato."
OWN = {"_id", "number", "channel", "requester", "sent_by", "submitted_at", "received_at", "updated_at", "tokens"}
"""What tells one request from another, whatever the door."""


async def by_page(post: Post, address: str, key: str) -> None:
    person = await post.person(address)
    assert person is not None
    answer, client = Response(), post.town.client
    post.town.service.web.sessions.open(answer, person["_id"])
    cookie = answer.headers["set-cookie"].split(";")[0].partition("=")[2]
    headers = {"Cookie": f"{COOKIE}={cookie}", "Accept": "text/html"}
    page = await client.get("/requests/new", headers=headers)
    form = {**hidden(page.text, "/requests/new"), "body": VARESE, "kind": "technical", "title": TITLE}
    csrf = next((name for name in page.cookies), None)
    if csrf:
        headers["Cookie"] += "; " + "; ".join(f"{name}={value}" for name, value in page.cookies.items())
    sent = await client.post("/requests/new", data={**form, "description": TEXT}, headers=headers)
    assert sent.status_code == 303, sent.text


async def by_api(post: Post, address: str, key: str) -> None:
    form = {"body": VARESE, "kind": "technical", "title": TITLE, "description": TEXT}
    assert (await post.town.call("POST", "/api/requests", key, json=form)).status_code == 201


async def by_mail(post: Post, address: str, key: str) -> None:
    assert (await post.send(address, mail(address, TITLE, f"{TEXT}\r\n\r\n-- \r\nAnna Bianchi")))[0] == 250


async def by_lmtp(post: Post, address: str, key: str) -> None:
    assert (await post.letter("new-request", address))[0] == 250


async def by_pec(post: Post, address: str, key: str) -> None:
    assert (await post.letter("pec-envelope", address))[0] == 250


DOORS = {"web": by_page, "api": by_api, "email": by_mail, "email too": by_lmtp, "pec": by_pec}


async def came_by(post: Post, door: str) -> dict[str, Any]:
    """The record that this door makes, without what is its own."""
    address, key = await post.official()
    await DOORS[door](post, address, key)
    person = await post.person(address)
    assert person is not None
    found = await post.town.service.database["requests"].find_one({"requester": person["_id"]})
    assert found is not None and found["channel"] == door.split()[0]
    events = post.town.service.database["outbox"].find({"key": found["_id"]}, sort=[("position", 1)])
    told = [orjson.loads(row["body"])["type"] async for row in events]
    lines = post.town.service.database["timeline"].find({"request": found["_id"]}, sort=[("rank", 1)])
    record = {name: value for name, value in found.items() if name not in OWN}
    words = sorted(set(found["tokens"]) - set(tokens(found["number"])))
    return record | {"told": told, "timeline": [line["action"] async for line in lines], "words": words}


@pytest.mark.parametrize("door", [door for door in DOORS if door != "api"])
async def test_the_same_request_comes_out_whatever_the_door(post: Post, door: str) -> None:
    expected, found = await came_by(post, "api"), await came_by(post, door)

    assert found == expected
    assert found["theme"] == "site-remediation"
