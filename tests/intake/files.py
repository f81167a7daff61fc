"""Files as people attach them, and a virus scanner that speaks the protocol of clamd."""

import asyncio
import io
import struct
import zipfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

PDF = b"%PDF-1.7\n%\xe2\xe3\nrelazione"
PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(20)
PROGRAM = b"MZ\x90\0\x03\0\0\0\x04\0\0\0\xff\xff" + bytes(60)
OLD_MACROS = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500) + "_VBA_PROJECT".encode("utf-16-le") + bytes(50)
EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


def zipped(entries: Mapping[str, bytes], stored: bool = False) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED) as archive:
        for name, data in entries.items():
            archive.writestr(name, data)
    return content.getvalue()


_TYPES = {"[Content_Types].xml": b"<Types/>"}
DOCX = zipped({**_TYPES, "word/document.xml": b"<w/>"})
MACROS = zipped({**_TYPES, "word/document.xml": b"<w/>", "word/vbaProject.bin": b"x"})
ODT = zipped({"mimetype": b"application/vnd.oasis.opendocument.text", "content.xml": b"<x/>"}, stored=True)


class FakeClamd:
    """Answers INSTREAM as clamd does: EICAR is found, everything else is clean. `mood`: what else it may do."""

    def __init__(self) -> None:
        self.seen: list[bytes] = []
        self.mood = "works"
        self.largest = 100_000_000
        self.port = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            writer.write(await self._answer(reader))
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def _answer(self, reader: asyncio.StreamReader) -> bytes:
        assert await reader.readuntil(b"\0") == b"zINSTREAM\0"
        content = b""
        while length := struct.unpack(">I", await reader.readexactly(4))[0]:
            content += await reader.readexactly(length)
            if len(content) > self.largest:
                return b"INSTREAM size limit exceeded. ERROR\0"
        self.seen.append(content)
        if self.mood == "silent":
            await reader.read()  # until whoever asks has had enough
        if self.mood == "hangs up":
            return b""
        if self.mood == "confused":
            return b"stream: OK, perhaps\0"
        return b"stream: Eicar-Test-Signature FOUND\0" if EICAR in content else b"stream: OK\0"


@asynccontextmanager
async def clamd() -> AsyncIterator[FakeClamd]:
    """A scanner on a free port of this machine."""
    fake = FakeClamd()
    server = await asyncio.start_server(fake.serve, "127.0.0.1", 0)
    fake.port = server.sockets[0].getsockname()[1]
    yield fake
    server.close()
