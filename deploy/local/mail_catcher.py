"""The mail catcher: an SMTP server that delivers nothing, and a page that shows what it caught."""

import asyncio

from aiosmtpd.smtp import SMTP, Envelope, Session

from deploy.local.mailbox import Mailbox
from deploy.local.places import HOST

_SIZE_LIMIT = 35_000_000


class _Handler:
    def __init__(self, mailbox: Mailbox) -> None:
        self._mailbox = mailbox

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        content = envelope.original_content or b""
        self._mailbox.add(envelope.mail_from or "", envelope.rcpt_tos, content)
        return "250 OK"


class MailCatcher:
    """The SMTP side, on a port of the loopback interface and in the running event loop."""

    def __init__(self, mailbox: Mailbox, port: int = 0) -> None:
        self._handler = _Handler(mailbox)
        self.port = port
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._session, HOST, self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    def _session(self) -> SMTP:
        # SMTP keeps the state of one connection, so each has its own.
        return SMTP(self._handler, data_size_limit=_SIZE_LIMIT, enable_SMTPUTF8=True, hostname="localhost", ident="")

    async def stop(self) -> None:
        if self._server:
            self._server.close()
            # Not wait_closed: from Python 3.12 on it waits for every client to hang up.
            self._server = None
