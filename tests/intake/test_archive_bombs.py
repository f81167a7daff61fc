"""Archives made to fill a disk are refused by what they say of themselves; honest ones of any shape are taken."""

import io
import struct
import time
import tracemalloc
import zipfile

import pytest

from services.intake.domain.archive_bombs import is_bomb
from services.intake.domain.archives import entries_in_zip
from tests.intake.conftest import Town
from tests.intake.files import DOCX, zipped


def nested(levels: int, content: bytes = b"%PDF-1.7", stored: bool = False) -> bytes:
    """Archives in each other, so many of them."""
    made = zipped({"a.pdf": content}, stored)
    for _ in range(levels - 1):
        made = zipped({"dentro.ZIP": made, "b.txt": b"testo"}, stored)
    return made


def swollen(megabytes: int) -> bytes:
    """Zeros, packed a thousand times smaller."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("zeri.txt", "w") as entry:
        for _ in range(megabytes):
            entry.write(bytes(1_000_000))
    return content.getvalue()


def claiming(size: int) -> bytes:
    """A small archive whose directory says that it is larger than four bytes can tell."""
    whole = zipped({"a.txt": b"x"}, stored=True)
    at, end = whole.index(b"PK\x01\x02"), whole.index(b"PK\x05\x06")
    extra = struct.pack("<HHQ", 1, 8, size)
    entry = bytearray(whole[at:end] + extra)
    struct.pack_into("<I", entry, 24, 0xFFFFFFFF)
    struct.pack_into("<H", entry, 30, len(extra))
    tail = bytearray(whole[end:])
    struct.pack_into("<I", tail, 12, len(entry))
    return whole[:at] + bytes(entry) + bytes(tail)


def bomb(content: bytes) -> bool:
    file = io.BytesIO(content)
    entries = entries_in_zip(file)
    assert entries is not None
    return is_bomb(file, entries)


@pytest.mark.parametrize(
    "content",
    [
        swollen(110), zipped({"dentro.zip": swollen(110)}), zipped({"dentro.zip": swollen(110)}, stored=True),
        nested(4), nested(4, stored=True), nested(9), b"in front" + nested(4), claiming(5_000_000_000),
        zipped({f"{n}.zip": bytes(11_000_000) for n in range(6)}),
    ],
    ids=["swollen", "swollen within", "swollen within, stored", "4 levels", "4 levels, stored", "9 levels", "in front",
         "large by ZIP64", "more of archives than it may hold"],
)  # fmt: skip
def test_a_bomb_is_known(content: bytes) -> None:
    assert bomb(content)


@pytest.mark.parametrize(
    "content",
    [swollen(90), nested(3), nested(3, stored=True), claiming(1), DOCX, zipped({}), zipped({"a.zip": b"no archive"}),
     zipped({"a.zip": nested(1)[:60]})],
    ids=["large", "3 levels", "3 levels, stored", "small by ZIP64", "docx", "empty", "no archive", "cut off"],
)  # fmt: skip
def test_an_honest_archive_is_none(content: bytes) -> None:
    assert not bomb(content)


@pytest.mark.parametrize("entries", [{"a.zip": b""}, {"a.zip": zipped({str(n): b"" for n in range(20)})}])
def test_more_entries_than_anybody_needs_are_not_looked_through(
    monkeypatch: pytest.MonkeyPatch, entries: dict[str, bytes]
) -> None:
    monkeypatch.setattr("services.intake.domain.archive_bombs._MOST_ENTRIES", 20)
    some, many = ({**entries, **{f"{n}.txt": b"" for n in range(count)}} for count in (0, 20))

    assert bomb(zipped(many))
    assert bomb(zipped(some)) == bool(entries["a.zip"])


def test_looking_takes_neither_memory_nor_time() -> None:
    evil = zipped({f"{n}.zip": bytes(60_000_000) for n in range(4)})
    began = time.process_time()
    tracemalloc.start()

    assert bomb(evil)

    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 8_000_000
    assert time.process_time() - began < 5


async def test_a_bomb_is_not_taken_as_an_attachment(town: Town) -> None:
    path = f"/api/requests/{(await town.submitted())['number']}/attachments"

    bomb = await town.call("POST", path, files={"file": ("tavole.zip", nested(4), "application/zip")})
    honest = await town.call("POST", path, files={"file": ("tavole.zip", nested(3), "application/zip")})

    assert (bomb.status_code, bomb.json()["reason"], honest.status_code) == (415, "archive-bomb", 201)
    assert "sarebbe troppo grande" in bomb.json()["detail"]
