"""What lies outside notify: a mail server that receives, and a small intake behind HTTP."""

import asyncio
import email
import email.policy
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email.message import EmailMessage
from typing import Any

import httpx
from aiosmtpd.smtp import SMTP, Envelope
from fastapi import FastAPI, Request
from starlette.responses import JSONResponse

from tests.notify.material import BODY, COORDINATOR, LEAD, OFFICIAL


class Post:
    """A real SMTP receiver on the running loop. `refusing`: answer to RCPT; `raw`: what arrived, as bytes.

    `breaking`: how many connections break while a mail comes in. `slow`: seconds for each mail, at most.
    """

    def __init__(self) -> None:
        self.raw: list[bytes] = []
        self.refusing: str | None = None
        self.connections = 0
        self.breaking = 0
        self.slow = 0.0
        self.port = 0
        self._server: Any = None

    async def handle_EHLO(self, server: Any, session: Any, envelope: Envelope, hostname: str, responses: Any) -> Any:  # noqa: N802
        self.connections += 1
        session.host_name = hostname
        return responses

    async def handle_RCPT(self, server: Any, session: Any, envelope: Envelope, address: str, options: Any) -> str:  # noqa: N802
        if self.refusing:
            return self.refusing
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Envelope) -> str:  # noqa: N802
        assert isinstance(envelope.content, bytes)
        if self.breaking:
            self.breaking -= 1
            server.transport.abort()
            return "451 gone"
        if self.slow:
            await asyncio.sleep(random.uniform(0, self.slow))
        self.raw.append(envelope.content)
        return "250 OK"

    async def open(self) -> None:
        """Listens; after a `close`, on the same port."""

        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: SMTP(self, enable_SMTPUTF8=True), "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def reset(self) -> None:
        """Up, empty, and refusing nobody."""
        self.raw.clear()
        self.refusing, self.connections, self.breaking, self.slow = None, 0, 0, 0.0
        if self._server is None:
            await self.open()

    async def close(self) -> None:
        """As a server that is down: connections are refused."""
        if self._server:
            self._server.close()
            self._server = None


class Intake:
    """A small intake behind HTTP: who the people are, what the texts are."""

    def __init__(self) -> None:
        self.reset()
        self.app = FastAPI()

        @self.app.middleware("http")
        async def guard(request: Request, follow: Any) -> Any:
            self.asked.append(request.url.path)
            if self.away:
                return JSONResponse({}, 503)
            if request.headers.get("x-api-key") != "service-key":
                return JSONResponse({}, 401)
            return await follow(request)

        @self.app.get("/api/persons")
        async def persons(ids: str) -> dict[str, Any]:
            known = [id for id in ids.split(",") if id not in self.unknown]
            return {"items": [self._person(id) for id in known]}

        @self.app.get("/api/intake/texts")
        async def texts(
            requests: str = "", messages: str = "", bodies: str = "", practices: str = ""
        ) -> dict[str, Any]:
            titles = [
                {"id": id, "number": "2026-000123", "title": "VIA: qual è <il> termine?", "body": BODY,
                 "body_name": "Bergamo"} for id in requests.split(",") if id
            ]  # fmt: skip
            words = [
                {"id": id, "text": "Prima riga\n\nhttps://evil.example/\n<b>x</b>"} for id in messages.split(",") if id
            ]
            refused = [
                {"code": code, "refusal": "Manca la firma\nsul protocollo."} for code in bodies.split(",") if code
            ]
            articles = [
                {"id": id, "title": "Bonifica di una discarica", "reason": "Manca il riferimento\nalla norma."}
                for id in practices.split(",") if id
            ]  # fmt: skip
            return {"requests": titles, "messages": words, "bodies": refused, "practices": articles}

    def reset(self) -> None:
        """Everybody is known, reads Italian, and has an address that exists, but for `dead`; `bare` have none."""
        self.languages: dict[str, str] = {}
        self.away = False
        self.asked: list[str] = []
        self.unknown: set[str] = set()
        self.dead: set[str] = set()
        self.bare: set[str] = set()

    def _person(self, id: str) -> dict[str, str | None]:
        names = {OFFICIAL: "Giulia Bianchi", LEAD: "Carlo D’Amico", COORDINATOR: "Anna Però"}
        address = f"{names.get(id, 'persona').split()[0].lower()}.{id[:8]}@example.org"
        since = "2026-11-24T10:00:00.000Z" if id in self.dead else None
        facts = {"name": names.get(id, "Persona"), "language": self.languages.get(id, "it")}
        return {"id": id, **facts, "email": None if id in self.bare else address, "undeliverable_since": since}


def parsed(raw: bytes) -> EmailMessage:
    return email.message_from_bytes(raw, policy=email.policy.default)  # type: ignore[arg-type]


@asynccontextmanager
async def asking(intake: Intake) -> AsyncIterator[httpx.AsyncClient]:
    """Intake at the HTTP boundary."""
    transport = httpx.ASGITransport(intake.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://intake") as client:
        yield client
