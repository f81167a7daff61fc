"""Swallows mail: an SMTP server that says yes to everything and keeps nothing but the first mail, as a sample.

`python -m tests.bench.sink <file>` prints its port. Its CPU time is nobody's: figures leave this process out.
"""

import asyncio
import sys
from pathlib import Path
from typing import cast

import uvloop


class Sink(asyncio.Protocol):
    """One connection."""

    sample: Path

    def __init__(self) -> None:
        self._left = b""
        self._in_mail = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._transport.write(b"220 sink\r\n")

    def data_received(self, data: bytes) -> None:
        self._left += data
        while True:
            end = b"\r\n.\r\n" if self._in_mail else b"\r\n"
            line, found, rest = self._left.partition(end)
            if not found:
                return
            self._left = rest
            self._answer(line)

    def _answer(self, line: bytes) -> None:
        verb = b"MAIL-END" if self._in_mail else line[:4].upper()
        self._in_mail = verb == b"DATA"
        if verb == b"MAIL-END" and not self.sample.exists():
            self.sample.write_bytes(line + b"\r\n")
        answers = {b"DATA": b"354 go on\r\n", b"QUIT": b"221 bye\r\n"}
        self._transport.write(answers.get(verb, b"250 OK\r\n"))
        if verb == b"QUIT":
            self._transport.close()


async def serve() -> None:
    server = await asyncio.get_running_loop().create_server(Sink, "127.0.0.1", 0)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await server.serve_forever()


if __name__ == "__main__":
    Sink.sample = Path(sys.argv[1])
    uvloop.run(serve())
