"""A town's mail server, and the mails that it sends to intake."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiosmtplib
from aiosmtpd.smtp import SMTP, Envelope, Session

from contracts.envelope import new_id
from services.chassis.mongo import Document
from tests.intake.conftest import VARESE, Town
from tests.intake.letters import TO, letter, ours


@dataclass
class Caught:
    """A mail that intake sent itself."""

    path: str
    to: str
    content: bytes


class _Catcher:
    def __init__(self, caught: list[Caught]) -> None:
        self.caught = caught

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        self.caught += [
            Caught((envelope.mail_from or "").strip("<>"), to, envelope.original_content or b"")
            for to in envelope.rcpt_tos
        ]
        return "250 OK"


@asynccontextmanager
async def catching() -> AsyncIterator[tuple[int, list[Caught]]]:
    """An outgoing mail server: its port, and what it took."""
    caught: list[Caught] = []
    handler = _Catcher(caught)
    server = await asyncio.get_running_loop().create_server(lambda: SMTP(handler, hostname="out"), "127.0.0.1", 0)
    yield server.sockets[0].getsockname()[1], caught
    server.close()


class Post:
    """A town's mail server. sent: what intake answered by mail."""

    def __init__(self, town: Town, port: int, lmtp: int, sent: list[Caught]) -> None:
        self.town, self.port, self.lmtp, self.sent = town, port, lmtp, sent

    async def letter(self, name: str, sender: str, request: Document | None = None, **values: str) -> tuple[int, str]:
        """Sends one of the mails in the folder. request: what it is about."""
        if request:
            values = {"number": request["number"], "ours": ours(request["number"])} | values
        path = "" if name.startswith("bounce") else sender
        return await self.send(sender, letter(name, sender, **values), return_path=path)

    async def person(self, address: str) -> Document | None:
        return await self.town.service.database["persons"].find_one({"email_key": address})

    async def kept(self, sender: str) -> Document:
        """The newest mail of this author that waits for a decision."""
        found = await self.town.service.database["mails"].find_one(
            {"author.addresses": sender}, sort=[("received_at", -1), ("_id", -1)]
        )
        assert found is not None
        return found

    async def read(self, request: Document) -> Document:
        document: Document = (await self.town.call("GET", f"/api/requests/{request['number']}")).json()
        return document

    async def send(
        self, sender: str, content: bytes | str, *, return_path: str | None = None, to: tuple[str, ...] = (TO,)
    ) -> tuple[int, str]:
        raw = content.encode() if isinstance(content, str) else content
        client = aiosmtplib.SMTP(hostname="127.0.0.1", port=self.port, timeout=20)
        async with client:
            try:
                _, text = await client.sendmail(sender if return_path is None else return_path, list(to), raw)
                return 250, text
            except aiosmtplib.SMTPRecipientsRefused as error:
                return error.recipients[0].code, error.recipients[0].message
            except aiosmtplib.SMTPResponseException as error:
                return error.code, error.message

    async def taken(self) -> None:
        """Until no mail waits, and the rush is over that they came in."""
        async with asyncio.timeout(20):
            while await self.town.service.database["mail_queue"].find_one({}):  # noqa: ASYNC110
                await asyncio.sleep(0.05)

    async def official(self, body: str = VARESE) -> tuple[str, str]:
        """The address and the key of a new official."""
        address = f"u{new_id()[-12:]}@comune.example"
        _, key = await self.town.official(body, email=address)
        return address, key

    async def requests(self, key: str) -> list[dict[str, Any]]:
        listed = (await self.town.call("GET", "/api/requests?limit=200", key)).json()["items"]
        return [item for item in listed if item["channel"] in ("email", "pec")]

    async def mine(self, key: str, address: str) -> list[dict[str, Any]]:
        persons = await self.town.service.database["persons"].find_one({"email_key": address})
        assert persons is not None
        return [item for item in await self.requests(key) if item["requester"] == persons["_id"]]


def mail(sender: str, subject: str = "Parere su una bonifica", text: str = "Buongiorno.", **headers: str) -> str:
    usual = {"From": sender, "To": TO, "Subject": subject, "Message-ID": f"<{new_id()}@comune.example>"}
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    lines = [f"{name}: {value}" for name, value in (usual | given).items()]
    return "\r\n".join([*lines, "", text, ""])
