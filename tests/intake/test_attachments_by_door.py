"""Attachments are the same record whatever the door, and no file loses a mail."""

import re
from email.message import EmailMessage
from typing import Any

import pytest
from starlette.responses import Response

from contracts.envelope import new_id
from services.chassis.mongo import Document
from services.chassis.sessions import COOKIE
from services.intake.store.attachments import ATTACHMENTS
from tests.intake.conftest import ADMIN_KEY, VARESE
from tests.intake.files import DOCX, PDF, PNG, PROGRAM
from tests.intake.letters import TO, letter
from tests.intake.post import Post
from tests.intake_pages.conftest import hidden

TITLE, TEXT = "Parere su una bonifica", "Serve aiuto per il piano di caratterizzazione."
FILES = (("Relazione è.pdf", PDF), ("Foto.png", PNG), ("Lettera.docx", DOCX))
OWN = {"_id", "request", "message", "uploaded_by", "at", "due_at", "file", "channel", "version", "rank"}


def with_files(address: str, subject: str, files: Any = FILES, text: str = TEXT) -> bytes:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"], mail["Message-ID"] = address, TO, subject, f"<{new_id()}@comune.example>"
    mail.set_content(text)
    for name, content in files:
        mail.add_attachment(content, maintype="application", subtype="octet-stream", filename=name)
    return mail.as_bytes()


async def a_browser(post: Post, address: str) -> dict[str, str]:
    person = await post.person(address)
    assert person is not None
    answer = Response()
    post.town.service.web.sessions.open(answer, person["_id"])
    cookie = answer.headers["set-cookie"].split(";")[0].partition("=")[2]
    return {"Cookie": f"{COOKIE}={cookie}", "Accept": "text/html"}


async def fill(post: Post, address: str, page: str, action: str, **fields: str) -> None:
    headers = await a_browser(post, address)
    found = await post.town.client.get(page, headers=headers)
    form = {**hidden(found.text, action), **fields}
    files = [("files", (name, content, "application/octet-stream")) for name, content in FILES]
    sent = await post.town.client.post(action, data=form, files=files, headers=headers)
    assert sent.status_code == 303, re.sub(r"<[^>]+>", "", sent.text)[-3000:]


async def by_page(post: Post, address: str, key: str) -> None:
    facts = {"body": VARESE, "kind": "technical", "title": TITLE, "description": TEXT}
    await fill(post, address, "/requests/new", "/requests/new", **facts)


async def by_api(post: Post, address: str, key: str) -> None:
    form = {"body": VARESE, "kind": "technical", "title": TITLE, "description": TEXT}
    made = (await post.town.call("POST", "/api/requests", key, json=form)).json()
    for file in FILES:
        answer = await post.town.call("POST", f"/api/requests/{made['number']}/attachments", key, files={"file": file})
        assert answer.status_code == 201


async def by_mail(post: Post, address: str, key: str) -> None:
    assert (await post.send(address, with_files(address, TITLE)))[0] == 250


async def by_pec(post: Post, address: str, key: str) -> None:
    envelope = letter("pec-envelope", address).decode()
    inner = with_files(address, TITLE).decode().replace("\r\n", "\n").replace("\n", "\r\n")
    start = envelope.index("\r\n\r\n", envelope.index("message/rfc822")) + 4
    end = envelope.index("\r\n--", start)
    assert (await post.send(address, envelope[:start] + inner + envelope[end:]))[0] == 250


DOORS = {"web": by_page, "api": by_api, "email": by_mail, "pec": by_pec}


ORDER = [("at", 1), ("rank", 1), ("_id", 1)]


async def records(post: Post, request: str) -> list[Document]:
    found = post.town.service.database[ATTACHMENTS].find(
        {"request": request}, sort=[("at", 1), ("rank", 1), ("_id", 1)]
    )
    return [row async for row in found]


async def request_of(post: Post, address: str) -> Document:
    person = await post.person(address)
    assert person is not None
    found = await post.town.service.database["requests"].find_one({"requester": person["_id"]})
    assert found is not None
    return found


def alike(rows: list[Document]) -> list[Document]:
    return [{name: value for name, value in row.items() if name not in OWN} for row in rows]


@pytest.mark.parametrize("door", DOORS)
async def test_three_files_make_the_same_record_whatever_the_door(post: Post, door: str) -> None:
    address, key = await post.official()

    await DOORS[door](post, address, key)

    request = await request_of(post, address)
    rows = await records(post, request["_id"])
    assert {row["channel"] for row in rows} == {door}
    assert {row["uploaded_by"] for row in rows} == {request["requester"]}
    assert request["attached"] == {"files": 3, "bytes": sum(len(content) for _, content in FILES)}
    assert [row["name"] for row in rows] == [name for name, _ in FILES]
    reference, reference_key = await post.official()
    await by_api(post, reference, reference_key)
    assert alike(rows) == alike(await records(post, (await request_of(post, reference))["_id"]))
    for row, (_, content) in zip(rows, FILES, strict=True):
        got = await post.town.call("GET", f"/api/requests/{request['number']}/attachments/{row['_id']}", key)
        assert got.content == content


@pytest.mark.parametrize("door", ["web", "email"])
async def test_files_of_an_answer_belong_to_the_message(post: Post, door: str) -> None:
    address, key = await post.official()
    request = await post.town.submitted(key)
    number = request["number"]

    if door == "web":
        await fill(post, address, f"/requests/{number}", f"/requests/{number}/reply", reply="Ecco i documenti.")
    else:
        assert (await post.send(address, with_files(address, f"[{number}] R: bonifica", text="Ecco.")))[0] == 250

    whole = await post.read(request)
    (message,) = whole["messages"]
    assert [(file["name"], file["message"]) for file in whole["attachments"]] == [
        (name, message["id"]) for name, _ in FILES
    ]


async def test_a_program_in_a_mail_is_named_and_not_kept(post: Post) -> None:
    address, key = await post.official()
    files = (("Fattura.pdf", PROGRAM), ("Relazione.pdf", PDF), ("vuoto.pdf", b""))

    assert (await post.send(address, with_files(address, TITLE, files)))[0] == 250

    request = await request_of(post, address)
    refused, kept, empty = await records(post, request["_id"])
    assert (refused["name"], refused["state"], refused["refused"]) == ("Fattura.pdf", "refused", "executable")
    assert (refused["file"], empty["refused"]) == (None, "empty")
    assert (kept["name"], kept["state"]) == ("Relazione.pdf", "unscanned")
    answer = await post.town.call("GET", f"/api/requests/{request['number']}/attachments/{refused['_id']}", key)
    assert answer.status_code == 409
    (mail,) = [row async for row in post.town.service.database["mails"].find({"request": request["_id"]})]
    assert PROGRAM in __import__("email").message_from_bytes(mail["raw"]).get_payload()[1].get_payload(decode=True)


async def test_a_file_that_cannot_be_looked_at_does_not_lose_the_mail(post: Post, monkeypatch: Any) -> None:
    address, _ = await post.official()

    def broken(*_: Any) -> None:
        raise ValueError("cannot be read")

    monkeypatch.setattr("services.intake.handlers.attachments.holder.type_of", broken)
    assert (await post.send(address, with_files(address, TITLE)))[0] == 250

    request = await request_of(post, address)
    assert request["description"] == TEXT
    assert {row["refused"] for row in await records(post, request["_id"])} == {"not-stored"}


async def test_a_mail_beyond_the_limit_of_its_request_keeps_what_has_room(post: Post, monkeypatch: Any) -> None:
    address, key = await post.official()
    number = (await post.town.submitted(key))["number"]
    request = await request_of(post, address)
    update = {"$set": {"attached": {"files": 1, "bytes": 99_999_960}}}
    await post.town.service.database["requests"].update_one({"_id": request["_id"]}, update)

    assert (await post.send(address, with_files(address, f"[{number}] R: bonifica", text="Ecco.")))[0] == 250

    rows = await records(post, request["_id"])
    assert [row["refused"] for row in rows] == [None, "no-room", "no-room"]
    assert (
        await post.town.service.database["attached.files"].count_documents(
            {"_id": {"$in": [row["file"] for row in rows if row["file"]]}}
        )
        == 1
    )


async def test_pictures_within_the_text_are_kept_and_marked(post: Post) -> None:
    address, _ = await post.official()

    assert (await post.letter("inline-images", address))[0] == 250

    request = await request_of(post, address)
    kept = {(row["name"], row["inline"], row["state"]) for row in await records(post, request["_id"])}
    assert any(inline for _, inline, _ in kept), kept
    assert any(not inline for _, inline, _ in kept), kept


async def test_files_in_a_winmail_are_files_like_others(post: Post) -> None:
    address, _ = await post.official()

    assert (await post.letter("winmail", address))[0] == 250

    rows = await records(post, (await request_of(post, address))["_id"])
    assert rows
    assert all(row["size"] for row in rows)
    assert "winmail.dat" not in {row["name"] for row in rows}


async def test_erasing_a_person_takes_the_pictures_of_their_signature(post: Post) -> None:
    address, _ = await post.official()
    assert (await post.letter("inline-images", address))[0] == 250
    request = await request_of(post, address)

    await post.town.call("DELETE", f"/api/persons/{request['requester']}", ADMIN_KEY)

    rows = await records(post, request["_id"])
    assert {row["state"] for row in rows if row["inline"]} == {"erased"}
    assert {row["file"] for row in rows if row["inline"]} == {None}
    assert all(row["file"] and row["name"].startswith("file.") for row in rows if not row["inline"])
    (mail,) = [row async for row in post.town.service.database["mails"].find({"request": request["_id"]})]
    assert mail["files"] == []


async def test_a_held_mail_brings_its_files_when_somebody_takes_it(post: Post) -> None:
    _, key = await post.official()
    request = await post.town.submitted(key)
    stranger = f"tecnico.{new_id()[-6:]}@studio.example"
    assert (await post.send(stranger, with_files(stranger, "Tavole")))[0] == 250
    kept = await post.kept(stranger)

    path = f"/api/intake/mails/{kept['_id']}/message"
    answer = await post.town.call("POST", path, json={"number": request["number"]})

    assert answer.status_code == 200, answer.text
    whole = await post.read(request)
    assert [file["name"] for file in whole["attachments"]] == [name for name, _ in FILES]
    assert {file["message"] for file in whole["attachments"]} == {whole["messages"][0]["id"]}
