"""The SMTP and LMTP listeners: a mail is answered 250 only when it is kept, 451 while that is not possible.

They relay nothing: only recipients of our own domain are taken. Before them stands the organisation's mail server,
which checks who may use which sender address. LMTP answers for each recipient, SMTP once for all.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import structlog
from aiosmtpd.smtp import SMTP, Envelope, Session

from services.intake.mailbox.dialogue import LARGEST, Bounded, Lmtp

log = structlog.get_logger()
_STOP_WITHIN = 12.0
_MOST_SESSIONS = 200
_MOST_RECIPIENTS = 50


@dataclass(frozen=True)
class Reply:
    """An SMTP answer; `text` is ASCII."""

    code: int
    text: str

    def __str__(self) -> str:
        return f"{self.code} {self.text}"


Receive = Callable[[bytes, str, str], Awaitable[Reply]]
"""Keeps a mail: original bytes, return path (empty for a bounce), recipient."""


class MailListener:
    """Listens on one port of the running loop. each: whether it speaks LMTP, which answers for each recipient."""

    def __init__(self, host: str, port: int, domain: str, receive: Receive, *, each: bool = False) -> None:
        self._host, self._port = host, port
        self._domain = domain.lower()
        self._receive = receive
        self._protocol: type[SMTP] = Lmtp if each else Bounded
        self._each = each
        self._server: asyncio.Server | None = None
        self._sessions: set[SMTP] = set()
        self._working = 0
        self._idle = asyncio.Event()
        self._idle.set()

    async def start(self) -> None:
        """Opens the port; 0 means that there is no listener."""
        if not self._port:
            return
        self._server = await asyncio.get_running_loop().create_server(self._session, self._host, self._port)
        log.info("mail_listener_started", port=self._port)

    async def stop(self) -> None:
        """Takes no more mail and lets the ones in hand be answered."""
        if self._server is None:
            return
        self._server.close()
        with suppress(TimeoutError):
            async with asyncio.timeout(_STOP_WITHIN):
                await self._idle.wait()
        for session in self._sessions:
            if session.transport:
                session.transport.close()

    def _session(self) -> SMTP:
        session = self._protocol(
            self, data_size_limit=LARGEST, enable_SMTPUTF8=True, hostname=self._domain, ident="Affianca"
        )
        self._sessions = {known for known in self._sessions if known.transport and not known.transport.is_closing()}
        self._sessions.add(session)
        return session

    async def handle_RCPT(  # noqa: N802 (the names that aiosmtpd calls)
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[Any]
    ) -> str:
        """Takes recipients of our own domain."""
        if isinstance(server, Bounded):
            server.taken = 0
        if address.rpartition("@")[2].lower() != self._domain:
            return "550 5.7.1 Relaying is not done here"
        if len(self._sessions) > _MOST_SESSIONS or len(envelope.rcpt_tos) >= _MOST_RECIPIENTS:
            # Each mail is held in memory until it is kept; who is asked to come again does.
            return "452 4.5.3 Too many at once, try again later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        """SMTP: the first refusal of a recipient, else 250; who is asked again takes nothing twice."""
        content = envelope.content
        raw = content.encode("utf-8", "surrogateescape") if isinstance(content, str) else bytes(content or b"")
        addresses = [address.lower() for address in envelope.rcpt_tos]
        self._working += 1
        self._idle.clear()
        try:
            told = {
                recipient: await self._receive(raw, (envelope.mail_from or "").strip("<>"), recipient)
                for recipient in dict.fromkeys(addresses)
            }
        finally:
            self._working -= 1
            if not self._working:
                self._idle.set()
        replies = [told[address] for address in addresses]
        if self._each:
            return "\r\n".join(map(str, replies))
        refused = [reply for reply in replies if reply.code >= 400]
        # 451 before 550: the one that may still succeed must come again.
        return str(min(refused, key=lambda reply: reply.code) if refused else replies[0])
