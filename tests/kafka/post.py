"""The outside world of an installation: an SMTP server that keeps what it is sent, and the proxy in front."""

import asyncio
import email
import email.policy
import itertools
from collections import Counter
from contextlib import suppress
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope

Step = tuple[str, str, str]
"""Number of the request, recipient, what the mail is about."""


class Post:
    """A real SMTP receiver on the running loop. `arrived`: (step, Message-ID) -> how often."""

    def __init__(self) -> None:
        self.arrived: Counter[tuple[Step, str]] = Counter()
        self.port = 0
        self._server: Any = None

    async def handle_DATA(self, server: Any, session: Any, envelope: Envelope) -> str:  # noqa: N802
        assert isinstance(envelope.content, bytes)
        mail = email.message_from_bytes(envelope.content, policy=email.policy.default)
        number, _, title = str(mail["Subject"]).removeprefix("[").partition("] ")
        self.arrived[(number, envelope.rcpt_tos[0], title), str(mail["Message-ID"])] += 1
        return "250 OK"

    def messages(self) -> dict[Step, set[str]]:
        """The distinct Message-IDs of each step."""
        found: dict[Step, set[str]] = {}
        for step, id in self.arrived:
            found.setdefault(step, set()).add(id)
        return found

    async def open(self) -> None:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: SMTP(self, enable_SMTPUTF8=True), "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        self._server.close()
        await self._server.wait_closed()


class Front:
    """A proxy as simple as one can be: each connection goes to the next process that takes connections."""

    def __init__(self) -> None:
        self.backends: list[int] = []
        self.port = 0
        self._turn = itertools.count()
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def open(self) -> None:
        self._server = await asyncio.start_server(self._take, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        if self._server:
            self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        far: asyncio.StreamWriter | None = None
        try:
            back, far = await self._connect()
            copies = [asyncio.ensure_future(_copy(reader, far)), asyncio.ensure_future(_copy(back, writer))]
            try:
                await asyncio.wait(copies, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for copy in copies:
                    copy.cancel()
                await asyncio.gather(*copies, return_exceptions=True)
        except (OSError, asyncio.CancelledError):
            pass
        finally:
            for end in filter(None, (far, writer)):
                end.close()
                with suppress(OSError, asyncio.CancelledError):
                    await end.wait_closed()

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        backends, turn = list(self.backends), next(self._turn)
        for number in range(len(backends)):
            with suppress(OSError):
                return await asyncio.open_connection("127.0.0.1", backends[(turn + number) % len(backends)])
        raise ConnectionRefusedError


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while chunk := await reader.read(65_536):
        writer.write(chunk)
        await writer.drain()
