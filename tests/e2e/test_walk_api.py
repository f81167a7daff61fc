"""A request goes all the way: submitted by API and by e-mail, to the expert's mail, to the report."""

import asyncio
import re
import smtplib
import time
from email.message import EmailMessage
from typing import Any

import pytest

from contracts.envelope import new_id
from deploy.local.access import curl_example
from deploy.local.identities import DEMO_BODY, PEOPLE
from tests.e2e.conftest import World

pytestmark = pytest.mark.slow

ADDRESS = {person.role: person.email for person in PEOPLE}
FORM = {
    "body": DEMO_BODY,
    "kind": "technical",
    "title": "Permessi di costruire in attesa",
    "description": "Quaranta permessi di costruire sono in attesa da mesi.",
    "theme": "building-planning",
}


async def submit(world: World, **changes: Any) -> dict[str, Any]:
    answer = await world.call("front_end", "POST", "/api/requests", json=FORM | changes)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def offered(world: World, number: str) -> dict[str, Any] | None:
    decision = await world.read("coordinator", f"/api/routing/requests/{number}")
    return decision["assignment"] if decision else None


async def status(world: World, number: str) -> str:
    found = await world.read("official", f"/api/requests/{number}")
    return str(found["status"]) if found else ""


async def mail_about(world: World, address: str, number: str, words: str) -> dict[str, Any] | None:
    for mail in await world.mails(address):
        if number in mail["subject"] and words in mail["text"]:
            return mail
    return None


async def act(world: World, who: str, path: str, **content: Any) -> dict[str, Any]:
    answer = await world.call(who, "POST", path, json=content)
    assert answer.status_code in (200, 201), answer.text
    return dict(answer.json())


async def test_a_request_by_api_reaches_the_expert_the_requester_and_the_report(world, eventually) -> None:
    before = (await world.read("monitor", "/api/reports/service-levels"))["totals"]["requests"]
    number = (await submit(world))["number"]

    offer = await eventually(lambda: offered(world, number))
    mail = await eventually(lambda: mail_about(world, ADDRESS["expert"], number, "/desk/assignments/"))
    assert f"{world.url}/desk/assignments/{offer['id']}" in mail["text"]
    assert await mail_about(world, ADDRESS["official"], number, number)

    await act(world, "expert", f"/api/assignments/{offer['id']}/accept")
    await eventually(lambda: mail_about(world, ADDRESS["official"], number, "Marco Ferri"))
    assert await eventually(lambda: _is(world, number, "in_progress"))

    await act(world, "expert", f"/api/requests/{number}/messages", text="Sto esaminando le pratiche.")
    await eventually(lambda: mail_about(world, ADDRESS["official"], number, "Sto esaminando le pratiche."))
    await act(world, "expert", f"/api/requests/{number}/ask", text="Quante sono oltre il termine?")
    assert await status(world, number) == "waiting"
    await act(world, "official", f"/api/requests/{number}/messages", text="Sono ventidue.")
    assert await status(world, number) == "in_progress"
    await eventually(lambda: mail_about(world, ADDRESS["expert"], number, "Sono ventidue."))

    await act(world, "expert", f"/api/requests/{number}/resolve", outcome="solved", text="Ecco lo schema da usare.")
    resolved = time.monotonic()
    await eventually(lambda: _resolved(world, before), seconds=1.0)
    assert time.monotonic() - resolved < 1.0
    await eventually(lambda: mail_about(world, ADDRESS["official"], number, "Ecco lo schema da usare."))
    await act(world, "official", f"/api/requests/{number}/close", rating=5)
    assert await status(world, number) == "closed"


async def _is(world: World, number: str, wanted: str) -> bool:
    return await status(world, number) == wanted


async def _resolved(world: World, before: int) -> bool:
    total = (await world.read("monitor", "/api/reports/service-levels"))["totals"]
    return total["requests"] == before + 1 and total["metrics"]["resolution"]["completed"] >= 1


async def test_a_request_by_email_is_durable_before_it_is_accepted_and_reaches_an_expert(world, eventually) -> None:
    mail = EmailMessage()
    mail["From"], mail["To"] = ADDRESS["official"], "assistenza@affianca.example"
    mail["Subject"] = f"Permesso di costruire in ritardo {new_id()[-6:]}"
    mail["Message-ID"] = f"<{new_id()}@bergamo.example>"
    mail.set_content("Il permesso di costruire è fermo: chiediamo assistenza tecnica sul titolo edilizio.")

    with smtplib.SMTP(world.access["smtp"]["host"], world.access["smtp"]["port"], timeout=10) as smtp:
        refused = smtp.send_message(mail)
        again = smtp.send_message(mail)

    assert (refused, again) == ({}, {})
    found = [
        item
        for item in (await world.read("official", "/api/requests?limit=50"))["items"]
        if item["title"] == mail["Subject"]
    ]
    assert [item["channel"] for item in found] == ["email"]
    number = found[0]["number"]
    await eventually(lambda: offered(world, number))
    await eventually(lambda: mail_about(world, ADDRESS["expert"], number, "/desk/assignments/"))
    await eventually(lambda: mail_about(world, ADDRESS["official"], number, number))


async def test_the_curl_example_works_as_pasted(world) -> None:

    command = curl_example(world.access)
    done = await asyncio.create_subprocess_shell(command, stdout=asyncio.subprocess.PIPE)
    output = (await asyncio.wait_for(done.communicate(), 20))[0].decode()

    assert re.search(r'"number": ?"\d{4}-\d{6}"', output), output
