"""A town's mail server, and the mails that it sends to intake."""

from typing import Any

import aiosmtplib

from contracts.envelope import new_id
from tests.intake.conftest import VARESE, Town

TO = "assistenza@affianca.example"


class Post:
    """A town's mail server."""

    def __init__(self, town: Town, port: int) -> None:
        self.town, self.port = town, port

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

    async def official(self, body: str = VARESE) -> tuple[str, str]:
        """The address and the key of a new official."""
        address = f"u{new_id()[-12:]}@comune.example"
        _, key = await self.town.official(body, email=address)
        return address, key

    async def requests(self, key: str) -> list[dict[str, Any]]:
        listed = (await self.town.call("GET", "/api/requests?limit=200", key)).json()["items"]
        return [item for item in listed if item["channel"] == "email"]

    async def mine(self, key: str, address: str) -> list[dict[str, Any]]:
        persons = await self.town.service.database["persons"].find_one({"email_key": address})
        assert persons is not None
        return [item for item in await self.requests(key) if item["requester"] == persons["_id"]]


def mail(sender: str, subject: str = "Parere su una bonifica", text: str = "Buongiorno.", **headers: str) -> str:
    usual = {"From": sender, "To": TO, "Subject": subject, "Message-ID": f"<{new_id()}@comune.example>"}
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    lines = [f"{name}: {value}" for name, value in (usual | given).items()]
    return "\r\n".join([*lines, "", text, ""])
