"""The floor's mails: bytes that the pipeline has sent, over as many connections of the same client; nothing else."""

import asyncio
from dataclasses import dataclass
from typing import Any

import aiosmtplib

CONNECTIONS = 4
"""As many as the service opens (`AFFIANCA_SMTP_CONNECTIONS`)."""
_SENDER, _RECIPIENT = "floor@bench.example", "nobody@bench.example"


@dataclass(frozen=True)
class Postman:
    """A connection, and the one mail that it sends again and again."""

    client: aiosmtplib.SMTP
    content: bytes


async def open_postmen(letters: dict[str, Any]) -> list[Postman]:
    """Connections to the port that swallows mail."""
    postmen = []
    for _ in range(CONNECTIONS):
        client = aiosmtplib.SMTP(hostname="127.0.0.1", port=letters["port"])
        await client.connect()
        postmen.append(Postman(client, letters["content"]))
    return postmen


async def send_all(postmen: list[Postman], count: int) -> None:
    """So many mails, shared out."""
    await asyncio.gather(*(_send(postman, len(range(n, count, len(postmen)))) for n, postman in enumerate(postmen)))


async def _send(postman: Postman, count: int) -> None:
    for _ in range(count):
        await postman.client.sendmail(_SENDER, [_RECIPIENT], postman.content)
