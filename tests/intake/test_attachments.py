"""Files of requests by the API: what is taken, how much, who gets it back, and how."""

import asyncio
import hashlib
from typing import Any

import pytest

from services.intake.files.settings import FileSettings
from services.intake.store.attachments import ATTACHMENTS
from tests.intake.conftest import ADMIN_KEY, SARONNO, Town
from tests.intake.files import DOCX, MACROS, PDF, PNG, PROGRAM

FORM = "multipart/form-data"


async def send(town: Town, number: str, name: str, content: Any, key: str = ADMIN_KEY, **more: Any) -> Any:
    form = {"files": {"file": (name, content, "application/octet-stream")}} | more
    return await town.call("POST", f"/api/requests/{number}/attachments", key, **form)


async def listed(town: Town, number: str, key: str = ADMIN_KEY) -> list[dict[str, Any]]:
    answer = await town.call("GET", f"/api/requests/{number}/attachments", key)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def stored(town: Town) -> int:
    return int(await town.service.database["attached.files"].count_documents({}))


async def test_a_file_comes_back_as_it_was_sent(town: Town) -> None:
    _, key = await town.official()
    number = (await town.submitted(key))["number"]
    content = PDF + bytes(range(256)) * 5000

    answer = await send(town, number, "Relazione è “finale”.pdf", content, key)
    made = answer.json()
    got = await town.call("GET", answer.headers["location"], key)

    assert answer.status_code == 201
    assert (made["media_type"], made["size"], made["state"]) == ("application/pdf", len(content), "unscanned")
    assert made["sha256"] == hashlib.sha256(content).hexdigest()
    assert got.content == content
    assert await listed(town, number, key) == [made]
    whole = (await town.call("GET", f"/api/requests/{number}", key)).json()
    assert whole["attachments"] == [made]
    assert [line["details"]["files"] for line in whole["timeline"] if line["action"] == "attached"] == [1]


async def test_a_browser_can_run_nothing_of_what_it_is_given(town: Town) -> None:
    number = (await town.submitted())["number"]
    made = (await send(town, number, "pareré x; a=b.txt", b"<b>testo</b>")).json()

    got = await town.call("GET", made["links"]["content"])

    head = got.headers
    assert head["content-type"].startswith("text/plain")
    assert head["content-security-policy"] == "default-src 'none'; sandbox"
    assert head["x-content-type-options"] == "nosniff"
    assert head["cache-control"] == "private, no-cache"
    plain, encoded = "parer_ x; a=b.txt", "parer%C3%A9%20x%3B%20a%3Db.txt"
    assert head["content-disposition"] == f"attachment; filename=\"{plain}\"; filename*=UTF-8''{encoded}"
    assert head["content-length"] == str(len(b"<b>testo</b>"))
    again = await town.call("GET", made["links"]["content"], headers={"If-None-Match": head["etag"]})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize(
    ("name", "content", "status", "reason"),
    [
        ("fattura.pdf", PROGRAM, 415, "executable"),
        ("foto.jpg", b"<html><script>", 415, "page"),
        ("lettera.docx", MACROS, 415, "macro"),
        ("vuoto.pdf", b"", 422, "empty"),
    ],
)
async def test_what_is_not_accepted_is_refused_with_a_reason(
    town: Town, name: str, content: bytes, status: int, reason: str
) -> None:
    number, before = (await town.submitted())["number"], await stored(town)

    answer = await send(town, number, name, content)

    problem = answer.json()
    assert (answer.status_code, problem["reason"], problem["file"]) == (status, reason, name)
    assert problem["type"].endswith("file-not-accepted")
    assert "{" not in problem["detail"]
    assert await listed(town, number) == []
    assert await stored(town) == before


async def test_a_file_that_is_too_large_is_refused_before_and_after_it_was_read(town: Town, small: Town) -> None:
    number, before = (await small.submitted())["number"], await stored(small)

    told = await send(small, number, "a.pdf", PDF + bytes(200_000))
    slightly = await send(small, number, "a.pdf", PDF + bytes(100_001 - len(PDF)))
    fits = await send(small, number, "a.pdf", PDF + bytes(100_000 - len(PDF)))

    assert (told.status_code, slightly.status_code, fits.status_code) == (413, 413, 201)
    assert slightly.json()["reason"] == "too-large"
    assert await stored(small) == before + 1


async def test_uploads_at_once_cannot_pass_the_limit_of_a_request_together(small: Town) -> None:
    number, before = (await small.submitted())["number"], await stored(small)

    answers = await asyncio.gather(*(send(small, number, f"{n}.png", PNG + bytes(60_000)) for n in range(10)))

    codes = sorted(answer.status_code for answer in answers)
    kept = await listed(small, number)
    assert codes == [201] * 4 + [413] * 6
    assert {answer.json()["reason"] for answer in answers if answer.status_code == 413} == {"no-room"}
    assert sum(file["size"] for file in kept) <= 250_000
    assert await stored(small) == before + 4


async def test_a_repeated_upload_is_one_file(town: Town) -> None:
    number, before = (await town.submitted())["number"], await stored(town)
    same = {"headers": {"Idempotency-Key": f"key of {number}"}}

    first = await send(town, number, "a.pdf", PDF, **same)
    again = await send(town, number, "a.pdf", PDF, **same)
    other = await send(town, number, "a.pdf", PDF + b"other", **same)

    assert first.json() == again.json()
    assert (other.status_code, other.json()["type"]) == (422, "urn:affianca:problem:idempotency-key-reused")
    assert len(await listed(town, number)) == 1
    assert await stored(town) == before + 1


async def test_a_file_belongs_to_a_message_of_its_author(town: Town) -> None:
    _, key = await town.official()
    _, other = await town.official()
    number = (await town.submitted(key))["number"]
    said = await town.call("POST", f"/api/requests/{number}/messages", key, json={"text": "Ecco la tavola."})

    mine = await send(town, number, "tavola.png", PNG, key, data={"message": said.json()["id"]})
    foreign = await send(town, number, "tavola.png", PNG, other, data={"message": said.json()["id"]})

    assert (mine.status_code, mine.json()["message"]) == (201, said.json()["id"])
    assert (foreign.status_code, foreign.json()["errors"][0]["pointer"]) == (422, "/message")


async def test_internal_files_are_for_colleagues(town: Town) -> None:
    _, key = await town.official()
    number = (await town.submitted(key))["number"]

    kept = await send(town, number, "appunti.docx", DOCX, data={"visibility": "internal"})
    refused = await send(town, number, "appunti.docx", DOCX, key, data={"visibility": "internal"})

    assert (kept.status_code, refused.status_code) == (201, 403)
    assert await listed(town, number, key) == []
    assert (await town.call("GET", kept.json()["links"]["content"], key)).status_code == 404
    whole = (await town.call("GET", f"/api/requests/{number}", key)).json()
    assert "attached" not in [line["action"] for line in whole["timeline"]]
    assert (await town.call("GET", kept.json()["links"]["content"])).content == DOCX


async def test_files_are_for_who_sees_the_request(town: Town) -> None:
    _, key = await town.official()
    _, stranger = await town.official(SARONNO)
    number = (await town.submitted(key))["number"]
    elsewhere = (await town.submitted(stranger, body=SARONNO))["number"]
    made = (await send(town, number, "a.pdf", PDF, key)).json()

    for path in (
        made["links"]["self"],
        made["links"]["content"],
        f"/api/requests/{elsewhere}/attachments/{made['id']}",
    ):
        assert (await town.call("GET", path, stranger)).status_code == 404
    assert (await send(town, number, "a.pdf", PDF, stranger)).status_code == 404
    assert (await town.call("GET", made["links"]["content"], None)).status_code == 401


async def test_what_was_merged_is_read_from_the_survivor(town: Town) -> None:
    _, key = await town.official()
    merged, survivor = (await town.submitted(key))["number"], (await town.submitted(key))["number"]
    made = (await send(town, merged, "a.pdf", PDF, key)).json()
    answer = await town.call("POST", f"/api/requests/{merged}/merge", json={"into": survivor})
    assert answer.status_code == 200, answer.text

    found = await listed(town, survivor, key)
    late = await send(town, merged, "b.pdf", PDF, key)

    assert [file["id"] for file in found] == [made["id"]]
    assert (await town.call("GET", found[0]["links"]["content"], key)).content == PDF
    assert (late.status_code, late.json()["merged_into"]) == (409, survivor)


async def test_erasing_a_person_leaves_the_case_its_files_under_a_name_that_says_nothing(town: Town) -> None:
    id, key = await town.official()
    number = (await town.submitted(key))["number"]
    made = (await send(town, number, "Carta d'identità Anna Bianchi.pdf", PDF, key)).json()

    await town.call("DELETE", f"/api/persons/{id}")

    (found,) = await listed(town, number)
    assert (found["id"], found["name"]) == (made["id"], "file.pdf")
    assert (await town.call("GET", found["links"]["content"])).content == PDF


async def test_a_form_that_is_none_says_what_is_missing(town: Town) -> None:
    number = (await town.submitted())["number"]
    path = f"/api/requests/{number}/attachments"

    answers = [
        await town.call("POST", path, json={}),
        await town.call("POST", path, data={"file": "only a text"}, files={"other": ("a.pdf", PDF)}),
        await town.call("POST", path, files={"file": ("a.pdf", PDF)}, data={"visibility": "secret"}),
        await town.call("POST", path, content=b"--x\r\nno end", headers={"content-type": f"{FORM}; boundary=x"}),
    ]

    assert [answer.status_code for answer in answers] == [415, 422, 422, 400]
    assert [answer.json()["errors"][0]["pointer"] for answer in answers[1:3]] == ["/file", "/visibility"]


async def test_files_tell_no_names_in_events(town: Town) -> None:
    request = await town.submitted()
    await send(town, request["number"], "Segreto Bianchi.pdf", PDF)

    bodies = [row["body"] async for row in town.service.database["outbox"].find({"key": request["id"]})]

    assert bodies
    assert not any(b"Segreto" in bytes(body) for body in bodies)


async def test_reads_of_files_have_an_index(town: Town) -> None:
    rows = town.service.database[ATTACHMENTS]
    now = town.service.clock.now()
    queries: list[tuple[dict[str, Any], list[tuple[str, int]]]] = [
        ({"request": {"$in": ["a", "b"]}, "visibility": "shared"}, [("at", 1), ("rank", 1), ("_id", 1)]),
        ({"file": {"$in": ["a"], "$type": "string"}}, []),
        ({"state": {"$in": ["unscanned", "pending"]}, "due_at": {"$lte": now}}, [("due_at", 1)]),
        ({"uploaded_by": "a", "erased": {"$ne": True}}, []),
    ]
    for where, order in queries:
        plan = str((await rows.find(where, sort=order or None).explain())["queryPlanner"]["winningPlan"])

        assert "IXSCAN" in plan, where
        assert "'SORT'" not in plan, where


def test_a_policy_that_names_something_unknown_is_refused() -> None:
    assert FileSettings(refused="macro, page").refused_groups == {"macro", "page"}
    with pytest.raises(ValueError, match="AFFIANCA_FILES_REFUSED"):
        FileSettings(refused="macros")
