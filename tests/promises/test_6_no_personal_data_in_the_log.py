"""Promise 6: names, addresses and texts stay with their owner: in no event, log, metric or other database."""

import re
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from email.message import EmailMessage
from typing import Any

import aiosmtplib
import pytest

from contracts.envelope import new_id
from services.chassis.settings import Settings
from tests.notify.outside import Post
from tests.promises.people import SARONNO, VARESE, until
from tests.promises.processes import Installation, open_installation
from tests.promises.programme import NAMES
from tests.promises.tape import recording
from tests.promises.walk import MAILS, finish, told

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]
MARK = "zqxwvmarkjyk"
"""Stands in every name, address, title and text; lower case, because addresses are."""
JSON = {"content-type": "application/json"}
FOUND = re.compile(MARK, re.IGNORECASE)


def marked(what: str) -> str:
    return f"{what} {MARK}"


@pytest.fixture(scope="module")
async def post() -> AsyncIterator[Post]:
    post = Post()
    await post.open()
    yield post
    await post.close()


@pytest.fixture(scope="module")
async def town(
    mongod: Any, broker: Any, post: Post, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Installation]:
    known = {"mongo_url": mongod.url, "smtp_port": post.port, "log_level": "DEBUG", **broker.settings}
    settings = Settings(prefix=f"t{new_id().replace('-', '')[4:24]}", **known)
    async with open_installation(settings, tmp_path_factory.mktemp("logs"), NAMES) as running:
        for body in (VARESE, SARONNO):
            await running.admit(body)
        for who, role, scope in (("official", "official", VARESE), ("monitor", "monitor", None)):
            await running.person(who, role, scope, **_person(who))
        await running.expert("expert", **_person("expert"))
        await running.settled()
        yield running


def _person(who: str) -> dict[str, Any]:
    return {"name": marked(who), "email": f"{who}.{MARK}.{new_id()[-12:]}@comune.example"}


async def _walk(town: Installation) -> dict[str, Any]:
    tags, protocol = [marked("tag")], {"number": "12/3", "date": "2026-03-01", "registry": marked("Registro")}
    texts = {"title": marked("Titolo"), "description": marked("Descrizione")}
    request = await town.submit(**texts, tags=tags, protocol=protocol)
    await finish(town, request, text=marked("Testo"))
    path = f"/api/requests/{request['number']}"
    await town.done("official", "POST", f"{path}/reopen", json={"reason": marked("Non va")})
    await town.done("official", "POST", f"{path}/withdraw", json={"reason": marked("Basta")})
    return request


async def _what_goes_wrong(town: Installation, post: Post) -> None:
    """Errors, refusals and outages quote what people wrote, if they are told carelessly."""
    wrong = {"body": VARESE, "kind": marked("?"), "title": MARK, "description": MARK}
    await town.call("official", "POST", "/api/requests", json=wrong)
    await town.call("official", "POST", "/api/requests", content=f"{{{MARK}", headers=JSON)
    await town.call("official", "POST", f"/api/requests/{MARK}/close", json={"comment": MARK})
    await town.call(None, "GET", f"/api/requests?q={MARK}", headers={"authorization": f"Bearer {MARK}"})
    for path in (f"/api/requests?q={MARK}", f"/requests?q={MARK}", f"/api/experts?task_force={MARK}", f"/{MARK}",
                 f"/api/reports/service-levels?metrics={MARK}", f"/api/deliveries?request={MARK}"):  # fmt: skip
        await town.call("official", "GET", path)
    mail = EmailMessage()
    mail["From"], mail["To"] = f"{MARK}@altrove.example", "assistenza@affianca.example"
    mail["Subject"], mail["Message-ID"] = MARK, f"<{MARK}@altrove.example>"
    mail.set_content(marked("Da uno sconosciuto"))
    for content in (mail.as_bytes(), f"{MARK}\xff".encode("latin-1")):
        with suppress(aiosmtplib.SMTPException):
            async with aiosmtplib.SMTP(hostname="127.0.0.1", port=town.mail_port) as client:
                await client.sendmail(f"{MARK}@altrove.example", ["assistenza@affianca.example"], content)
    post.refusing = f"550 5.1.1 <{MARK}@comune.example> {MARK} is unknown here"
    number = (await town.submit(title=marked("Altro"), description=MARK))["number"]
    deliveries = town.databases()["notify"]["deliveries"]
    await until(lambda: deliveries.count_documents({"number": number, "status": "failed"}))
    post.refusing = None


def places(value: Any, path: str) -> Iterator[str]:
    """Where the mark stands in a document, at any depth and also in keys."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from places(key, path)
            yield from places(inner, f"{path}.{key}")
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from places(inner, path)
    elif FOUND.search(value.decode(errors="replace") if isinstance(value, bytes) else str(value)):
        yield path


async def _in_databases(town: Installation) -> list[str]:
    """All of the three services that own no texts; of the owner what is told to others."""
    found: set[str] = set()
    for name, database in town.databases().items():
        for collection in ("outbox", "access", "inbox") if name == "intake" else await database.collections():
            async for row in database[collection].find():
                found |= set(places(row, f"{name}.{collection}"))
    return sorted(found)


async def test_what_people_wrote_and_are_called_is_nowhere_but_with_its_owner(town: Installation, post: Post) -> None:
    request = await _walk(town)
    wanted = MAILS + type(MAILS)({("expert", "reopened"): 1, ("expert", "withdrawn"): 1})

    async def all_told() -> bool:
        found = await told(town, request["number"])
        return all(found[what] for what in wanted if what[1] != "withdrawn")

    await until(all_told)
    await _what_goes_wrong(town, post)
    await town.done("admin", "DELETE", f"/api/persons/{town.people['official'].id}")
    assert any(MARK.encode() in raw for raw in post.raw), "the mark does travel, in mails"

    outbox = town.databases()["intake"]["outbox"]
    await until(lambda: _all_published(outbox))
    async with recording(town.settings, parked=True) as tape:
        published = await outbox.count_documents({})
        await until(lambda: len(tape.of("requests", "bodies", "access")) >= published)
        messages = [(message.topic, message.key, message.value, message.headers) for message in tape.messages]

    assert len(messages) > 20
    assert [message for message in messages if list(places(message, "message"))] == []
    assert await _in_databases(town) == []
    for name in NAMES:
        lines = town.log(name).splitlines()
        assert any("http_request" in line for line in lines), "the log is at its most talkative"
        assert [line for line in lines if FOUND.search(line)] == [], name
        metrics = await town.client.get(f"http://127.0.0.1:{town.ports[name]}/metrics")
        assert metrics.status_code == 200 and not FOUND.search(metrics.text)


async def _all_published(outbox: Any) -> bool:
    return await outbox.count_documents({"unpublished": True}) == 0


async def test_an_erased_person_leaves_an_id_and_nothing_else(town: Installation) -> None:
    person = await town.person("leaving", "official", VARESE, **_person("leaving"))
    await town.settled()

    await town.done("admin", "DELETE", f"/api/persons/{person.id}")

    async def erased() -> bool:
        rows = [await database.by_ids("access", [person.id]) for database in town.databases().values()]
        return all(row["credentials"] == [] for some in rows for row in some)

    await until(erased)
    row = (await town.databases()["intake"].by_ids("persons", [person.id]))[0]
    assert not list(places(row, "persons"))
    assert (await town.done("admin", "GET", f"/api/persons?ids={person.id}"))["items"] == []
