"""ClamAV by the protocol of its daemon: INSTREAM over TCP, the file in pieces, one connection for each.

What is not a clear answer is no answer: only `OK` is clean, only `FOUND` is infected, everything else raises, and the
file is asked about again. Another scanner is another class with `scan`.
"""

import asyncio
import re
import struct
from collections.abc import AsyncIterator
from contextlib import suppress

from services.chassis.errors import TransientError

_FOUND = re.compile(r"^stream: (.{1,200}) FOUND$")
_LONGEST_ANSWER = 1000


class ScannerAway(TransientError):
    """The scanner gave no clear answer: it cannot be reached, is too slow, or did not take the file."""


class Clamd:
    """A clamd somewhere."""

    def __init__(self, host: str, port: int, seconds: float) -> None:
        self._host, self._port, self._seconds = host, port, seconds

    async def scan(self, content: AsyncIterator[bytes]) -> str | None:
        """The name of what was found in the content, None if it is clean. Raises ScannerAway."""
        try:
            async with asyncio.timeout(self._seconds):
                answer = await self._ask(content)
        except (OSError, TimeoutError, asyncio.IncompleteReadError, ValueError) as error:
            raise ScannerAway(type(error).__name__) from error
        if answer == "stream: OK":
            return None
        if found := _FOUND.match(answer):
            return found[1]
        raise ScannerAway(answer[:100] or "closed")

    async def _ask(self, content: AsyncIterator[bytes]) -> str:
        reader, writer = await asyncio.open_connection(self._host, self._port, limit=_LONGEST_ANSWER)
        try:
            # A scanner that has had enough says so and hangs up while we still write: its answer is worth reading.
            with suppress(ConnectionError):
                writer.write(b"zINSTREAM\0")
                async for piece in content:
                    if piece:
                        writer.write(struct.pack(">I", len(piece)) + piece)
                        await writer.drain()
                writer.write(struct.pack(">I", 0))
                await writer.drain()
            answer = await reader.read(_LONGEST_ANSWER)
            return answer.rstrip(b"\0\n").decode("utf-8", "replace").strip()
        finally:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()
