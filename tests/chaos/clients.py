"""Clients that behave like real ones: who gets no answer, or "later", asks again with the same key or Message-ID.

What is promised to them (a 201, a 250, a 200) is kept in `Promises`, which the ledger compares with what became of it.
"""

import asyncio
import random
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any

import aiosmtplib
import httpx

from tests.chaos.installation import BODY, MAIL_TO, NOBODYS_THEME, OFFICIAL, THEME, Installation, address_of
from tests.chaos.pace import Pace
from tests.chaos.schedule import Arrival, Schedule
from tests.chaos.strikes import Strikes

_GIVE_UP_AFTER = 300.0
_IMPATIENCE = httpx.Timeout(20, read=0.001)
"""The request goes out whole; the answer is not waited for."""
LATER = (429, 503)


@dataclass
class Promises:
    """`requests`: title -> number of each 201, empty for a 250. The others: by assignment, text or number."""

    requests: dict[str, str] = field(default_factory=dict)
    accepted: set[str] = field(default_factory=set)
    declined: set[str] = field(default_factory=set)
    said: dict[str, str] = field(default_factory=dict)
    """Text of a message -> number of the request."""
    resolved: set[str] = field(default_factory=set)
    asked_again: Counter[str] = field(default_factory=Counter)
    """Why clients had to ask again."""
    unexpected: Counter[str] = field(default_factory=Counter)
    """Answers that no client should ever see here."""


async def submit_all(
    installation: Installation, schedule: Schedule, promises: Promises, pace: Pace, strikes: Strikes
) -> None:
    """Begins every request in its turn, the strikes in between; returns when each has its answer."""
    async with installation.client("intake", OFFICIAL) as client, asyncio.TaskGroup() as clients:

        async def one(arrival: Arrival) -> None:
            async with asyncio.timeout(_GIVE_UP_AFTER):
                if arrival.door == "api":
                    await _by_api(client, arrival, promises)
                else:
                    await _by_mail(installation.smtp_port, arrival, promises)

        for arrival in schedule.arrivals:
            await pace.until(arrival.at)
            pace.begun = arrival.number
            clients.create_task(one(arrival))
            await strikes.follow(arrival.number, lambda: pace.begun - len(promises.requests))


async def _by_api(client: httpx.AsyncClient, arrival: Arrival, promises: Promises) -> None:
    theme = NOBODYS_THEME if arrival.unroutable else THEME
    form = {"body": BODY, "kind": "technical", "title": arrival.title, "description": arrival.text, "theme": theme}
    if arrival.impatient:
        headers = {"Idempotency-Key": arrival.key}
        with suppress(httpx.TransportError):
            await client.post("/api/requests", json=form, headers=headers, timeout=_IMPATIENCE)
    answer = await ask(client, "/api/requests", form, promises, {201}, arrival.key)
    promises.requests[arrival.title] = answer.json()["number"]


async def ask(
    client: httpx.AsyncClient, path: str, form: Any, promises: Promises, wanted: set[int], key: str = "", lag: Any = ()
) -> httpx.Response:
    """Posts until the answer is one of `wanted`. lag: answers that mean that a service has not heard of it yet."""
    headers = {"Idempotency-Key": key} if key else {}
    while True:
        try:
            answer = await client.post(path, json=form, headers=headers)
        except httpx.TransportError as error:
            promises.asked_again[type(error).__name__] += 1
        else:
            if answer.status_code in wanted:
                return answer
            note(answer, promises, lag)
        await pause()


def note(answer: httpx.Response, promises: Promises, lag: Any = ()) -> None:
    """Keeps an answer that is not the wanted one: to ask again is what clients are told, or it is a fault."""
    if answer.status_code in LATER:
        promises.asked_again[str(answer.status_code)] += 1
    elif answer.status_code not in lag:
        last = answer.url.path.rsplit("/", 1)[-1]
        promises.unexpected[f"{answer.status_code} {last}: {answer.text[:200]}"] += 1


async def _by_mail(port: int, arrival: Arrival, promises: Promises) -> None:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = address_of(OFFICIAL), MAIL_TO, arrival.title
    mail["Message-ID"] = f"<{arrival.key}@prova.example>"
    mail.set_content(arrival.text)
    if arrival.impatient:
        with suppress(OSError, EOFError, TimeoutError):
            await _hang_up_before_the_answer(port, mail)
    while True:
        client = aiosmtplib.SMTP(hostname="127.0.0.1", port=port, timeout=20)
        try:
            await client.connect()
            await client.send_message(mail)
        except aiosmtplib.SMTPResponseException as error:
            kind = promises.asked_again if 400 <= error.code < 500 else promises.unexpected
            kind[f"SMTP {error.code} {error.message if error.code >= 500 else ''}".strip()] += 1
        except (aiosmtplib.SMTPException, OSError, TimeoutError) as error:
            promises.asked_again[type(error).__name__] += 1
        else:
            promises.requests[arrival.title] = ""
            return
        finally:
            client.close()
        await pause()


async def _hang_up_before_the_answer(port: int, mail: EmailMessage) -> None:
    """The mail goes out whole; whether it is answered 250 is not known."""
    async with asyncio.timeout(20):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            await reader.readline()
            for line in ("HELO prova.example", f"MAIL FROM:<{mail['From']}>", f"RCPT TO:<{mail['To']}>", "DATA"):
                writer.write(f"{line}\r\n".encode())
                if not (await reader.readline()).startswith((b"2", b"3")):
                    return
            writer.write(mail.as_bytes(policy=SMTP) + b"\r\n.\r\n")
            await writer.drain()
        finally:
            writer.close()


async def pause() -> None:
    """A client that was told "later" waits a little."""
    await asyncio.sleep(random.uniform(0.2, 1.0))
