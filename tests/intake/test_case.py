"""The whole case as a PDF and as an archive: what is in it, for whom, and that the sums are right."""

import asyncio
import hashlib
import io
import json
import subprocess
import tracemalloc
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
from pypdf import PdfReader

from services.intake.case.archive import archive_of
from services.intake.case.pdf import MOST, pdf_of
from services.intake.case.telling import Entry, Told
from services.intake.handlers.parts import Parts
from services.intake.handlers.reading import WholeRequest
from tests.intake.conftest import ADMIN_KEY, SARONNO, Town
from tests.intake.files import DOCX, PDF, PNG
from tests.intake.test_attachments import send

TITLE = "Bonifica: perché l’area dell’ex discarica è già così"


async def a_case(town: Town) -> tuple[dict[str, Any], str]:
    """A request with a conversation, files, and internal words; and the key of its official."""
    _, key = await town.official(name="Anna Bianchi")
    request = await town.submitted(key, title=TITLE)
    number = request["number"]
    await send(town, number, "Relazione è.pdf", PDF, key)
    for text, visibility, who in (("Ecco la tavola.", "shared", key), ("Solo fra noi.", "internal", ADMIN_KEY)):
        said = {"text": text, "visibility": visibility}
        answer = await town.call("POST", f"/api/requests/{number}/messages", who, json=said)
        message = {"data": {"message": answer.json()["id"]}}
        await send(town, number, f"{visibility}.png", PNG, who, **message)
    await send(town, number, "appunti.docx", DOCX, data={"visibility": "internal"})
    return request, key


async def get(town: Town, number: str, kind: str, key: str = ADMIN_KEY, language: str = "it") -> httpx.Response:
    headers = {"Accept-Language": language}
    return await town.call("GET", f"/api/requests/{number}/case.{kind}", key, headers=headers)


def text_of(pdf: bytes) -> str:
    pages = PdfReader(io.BytesIO(pdf)).pages
    return " ".join(" ".join(page.extract_text() for page in pages).split())


async def test_the_pdf_tells_the_case_and_what_it_is(town: Town) -> None:
    request, key = await a_case(town)

    answer = await get(town, request["number"], "pdf", key)

    reader = PdfReader(io.BytesIO(answer.content))
    text = text_of(answer.content)
    assert answer.headers["content-type"] == "application/pdf"
    assert f'filename="{request["number"]}.pdf"' in answer.headers["content-disposition"]
    assert reader.xmp_metadata is not None
    assert reader.xmp_metadata.dc_title == {"x-default": TITLE}
    assert reader.trailer["/Root"]["/ViewerPreferences"]["/DisplayDocTitle"]
    assert reader.trailer["/Root"]["/Lang"] == "it"
    assert b"pdfaid:part" in answer.content
    headings = [str(one["/Title"]) for one in reader.outline if not isinstance(one, list)]
    assert headings == ["Descrizione", "Allegati", "Conversazione", "Che cosa è successo"]
    for part in (TITLE, request["number"], request["description"], "Relazione è.pdf", "Ecco la tavola.", "shared.png"):
        assert part in text, part


async def test_the_case_is_in_the_reader_s_language(town: Town) -> None:
    _, key = await town.official(language="en")
    request = await town.submitted(key)

    assert "What happened" in text_of((await get(town, request["number"], "pdf", key, "en")).content)


async def test_the_archive_holds_everything_and_its_sums_are_right(town: Town, tmp_path: Path) -> None:
    request, key = await a_case(town)

    answer = await get(town, request["number"], "zip", key)

    archive = zipfile.ZipFile(io.BytesIO(answer.content))
    assert archive.testzip() is None
    names = sorted(name.partition("/")[2] for name in archive.namelist())
    assert names == [
        "SHA256SUMS", "attachments/001 Relazione è.pdf", "attachments/002 shared.png", "case.pdf", "manifest.json",
        "request.json",
    ]  # fmt: skip
    manifest = json.loads(archive.read(f"{request['number']}/manifest.json"))
    for path, told in manifest["files"].items():
        content = archive.read(f"{request['number']}/{path}")
        assert (told["size"], told["sha256"]) == (len(content), hashlib.sha256(content).hexdigest()), path
    data = json.loads(archive.read(f"{request['number']}/request.json"))
    assert [message["text"] for message in data["messages"]] == ["Ecco la tavola."]
    assert data["timeline"][0]["action"] == "submitted"
    archive.extractall(tmp_path)
    command = ["sha256sum", "-c", "SHA256SUMS"]
    checked = await asyncio.to_thread(subprocess.run, command, cwd=tmp_path / request["number"], check=False)
    assert checked.returncode == 0


async def test_what_colleagues_wrote_is_in_the_case_for_the_coordination_alone(town: Town) -> None:
    request, key = await a_case(town)
    expert, expert_key = await town.person({"role": "expert", "scope_kind": "programme"})
    await town.service.database["requests"].update_one(
        {"_id": request["id"]}, {"$set": {"lead": expert}, "$inc": {"version": 1}}
    )

    for reader, sees in ((ADMIN_KEY, True), (key, False), (expert_key, False)):
        text = text_of((await get(town, request["number"], "pdf", reader)).content)
        names = zipfile.ZipFile(io.BytesIO((await get(town, request["number"], "zip", reader)).content)).namelist()
        assert ("Solo fra noi." in text) is sees
        assert ("appunti.docx" in text) is sees
        assert any("appunti.docx" in name for name in names) is sees
        assert any("internal.png" in name for name in names) is sees


async def test_the_case_is_for_who_sees_the_request(town: Town) -> None:
    request, _ = await a_case(town)
    _, stranger = await town.official(SARONNO)
    _, monitor = await town.person({"role": "monitor", "scope_kind": "programme"})

    for kind in ("pdf", "zip"):
        assert (await get(town, request["number"], kind, stranger)).status_code == 404
    archive = zipfile.ZipFile(io.BytesIO((await get(town, request["number"], "zip", monitor)).content))
    assert not any("attachments/" in name for name in archive.namelist())
    assert b"Ecco la tavola." not in archive.read(f"{request['number']}/request.json")


async def test_a_file_that_is_not_given_out_is_named_in_the_manifest(town: Town) -> None:
    request, key = await a_case(town)
    row = await town.service.database["attachments"].find_one({"request": request["id"], "name": "Relazione è.pdf"})
    assert row is not None
    change = {"$set": {"state": "infected", "found": "Eicar"}}
    await town.service.database["attachments"].update_one({"_id": row["_id"]}, change)

    archive = zipfile.ZipFile(io.BytesIO((await get(town, request["number"], "zip", key)).content))

    manifest = json.loads(archive.read(f"{request['number']}/manifest.json"))
    assert manifest["left_out"] == [{"name": "Relazione è.pdf", "state": "infected", "reason": "Eicar"}]
    assert not any("Relazione" in name for name in archive.namelist())


async def test_a_file_whose_content_is_lost_or_damaged_does_not_stop_the_archive(town: Town) -> None:
    request, key = await a_case(town)
    rows = town.service.database["attachments"]
    found = [row async for row in rows.find({"request": request["id"], "visibility": "shared"}, sort=[("at", 1)])]
    await town.service.database["attached.files"].delete_one({"_id": found[0]["file"]})
    changed = {"$set": {"data": b"other"}}
    await town.service.database["attached.chunks"].update_one({"files_id": found[1]["file"]}, changed)

    archive = zipfile.ZipFile(io.BytesIO((await get(town, request["number"], "zip", key)).content))

    told = json.loads(archive.read(f"{request['number']}/manifest.json"))["files"]
    assert [path for path, facts in told.items() if facts.get("damaged")] == [
        "attachments/001 Relazione è.pdf", "attachments/002 shared.png",
    ]  # fmt: skip


async def test_files_of_any_size_come_and_go_in_a_bounded_memory(town: Town) -> None:
    """30 MB through the form, and 90 MB through the archive, in less than 12 MB."""
    number, size = (await town.submitted())["number"], 29_900_000
    parts: Parts = town.service.app.state.parts
    row = await parts.stores.requests.by_number(number)
    assert row is not None

    async def form() -> AsyncIterator[bytes]:
        yield b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.pdf"\r\n\r\n%PDF-1.7\n'
        for _ in range(size // 65_536):
            yield bytes(65_536)
        yield b"\r\n--x--\r\n"

    tracemalloc.start()
    try:
        for _ in range(3):
            answer = await town.call(
                "POST", f"/api/requests/{number}/attachments", content=form(),
                headers={"Content-Type": "multipart/form-data; boundary=x"},
            )  # fmt: skip
            assert answer.status_code == 201, answer.text
        _, received = tracemalloc.get_traced_memory()
        tracemalloc.reset_peak()
        rows = await parts.stores.attachments.of([row["_id"]], True)
        whole = WholeRequest(row, [], [], {}, (), True, True, True, rows)
        sent = 0
        async for piece in archive_of(parts, whole, b"%PDF"):
            sent += len(piece)
        _, given = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert len(rows) == 3
    assert sent > 0
    assert received < 16_000_000, received
    assert given < 16_000_000, given


def test_a_very_long_case_is_cut_and_says_so(town: Town) -> None:
    from services.chassis.i18n import translator

    words = translator("it", Path("services/intake"))
    entry = Entry("Anna", "", "parola " * 3_000, ())
    told = Told("it", "T", "S", "M", (), "x " * (MOST // 2 - 100), (), (entry, entry), (), words)

    text = text_of(pdf_of(told, town.service.settings.assets, town.service.clock.now()))

    assert text.count("[Il testo è troppo lungo") == 2


def test_signs_that_the_font_lacks_are_written_as_near_as_can_be(town: Town) -> None:
    from services.chassis.i18n import translator

    words = translator("it", Path("services/intake"))
    told = Told("it", "T", "S", "M", (), "ﬁne → qui ☑ 文 €", (), (), (), words)

    text = text_of(pdf_of(told, town.service.settings.assets, town.service.clock.now()))

    assert "fine -> qui [x] ? €" in text
