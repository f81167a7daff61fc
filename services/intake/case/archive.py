"""The archive of a case, made while it is sent: never more than a piece of a file is in memory.

NUMBER/case.pdf            to read                       NUMBER/attachments/*   the files themselves
NUMBER/request.json        the same as the API says it   NUMBER/SHA256SUMS      for `sha256sum -c`
NUMBER/manifest.json       what is in it, and what is not, and why
"""

import asyncio
import hashlib
import io
import json
import zipfile
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

import orjson

from services.chassis.i18n import ROME
from services.chassis.mongo import Document
from services.intake.api.answers import instant, whole_document
from services.intake.handlers.attachments.giving import GIVEN
from services.intake.handlers.parts import Parts
from services.intake.handlers.reading import WholeRequest
from services.intake.store.attachments import ContentMissing


class _Sent(io.RawIOBase):
    """What the archive has written and nobody has sent yet."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        piece = bytes(data)
        self._pieces.append(piece)
        return len(piece)

    def taken(self) -> bytes:
        pieces, self._pieces = self._pieces, []
        return b"".join(pieces)


async def archive_of(parts: Parts, read: WholeRequest, pdf: bytes) -> AsyncIterator[bytes]:
    """The archive in pieces."""
    number, now = read.request["number"], parts.clock.now()
    sent, sums, left_out = _Sent(), {}, []
    with zipfile.ZipFile(sent, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        files: list[tuple[str, AsyncIterator[bytes], str | None]] = [
            ("case.pdf", _whole(pdf), None),
            ("request.json", _whole(orjson.dumps(_data(read), option=orjson.OPT_INDENT_2)), None),
        ]
        for place, row in enumerate(read.attachments, 1):
            if row["state"] in GIVEN:
                content = parts.stores.attachments.read(row)
                files.append((f"attachments/{place:03} {row['name']}", content, row["sha256"]))
            else:
                left_out.append({"name": row["name"], "state": row["state"], "reason": row["refused"] or row["found"]})
        for path, content, expected in files:
            checksum, size = hashlib.sha256(), 0
            entry = zipfile.ZipInfo(f"{number}/{path}", now.astimezone(ROME).timetuple()[:6])
            entry.compress_type = zipfile.ZIP_DEFLATED
            with archive.open(entry, "w") as written, suppress(ContentMissing):
                async for piece in content:
                    checksum.update(piece)
                    size += len(piece)
                    await asyncio.to_thread(written.write, piece)
                    yield sent.taken()
            sums[path] = {"size": size, "sha256": checksum.hexdigest()}
            if expected not in (None, checksum.hexdigest()):
                sums[path]["damaged"] = True
        lines = "".join(f"{found['sha256']}  {path}\n" for path, found in sums.items())
        told = {"number": number, "made_at": instant(now), "files": sums, "left_out": left_out}
        archive.writestr(f"{number}/SHA256SUMS", lines)
        archive.writestr(f"{number}/manifest.json", json.dumps(told, ensure_ascii=False, indent=2))
    yield sent.taken()


async def _whole(content: bytes) -> AsyncIterator[bytes]:
    yield content


def _data(read: WholeRequest) -> Document:
    """What the API says of the request; what its reader may do next is no part of the case."""
    return {name: value for name, value in whole_document(read).items() if name != "allowed"}
