"""A running intake and callers of every role, by API keys."""

import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
from pydantic import SecretStr

from contracts.envelope import new_id
from deploy.local.processes import free_port
from services.chassis.clock import Clock
from services.chassis.service import Service
from services.chassis.settings import Settings
from services.intake.files.settings import FileSettings
from services.intake.mailbox.settings import MailSettings
from services.intake.main import build
from tests.resting import shared
from tests.servers import KafkaServer, MongoServer

ADMIN_KEY = "admin-key-of-the-tests"
SERVICE_KEY = "service-key-of-the-tests"
HERE = Path(__file__).parent
VARESE, SARONNO, BERGAMO = "012133", "012119", "016024"


@dataclass
class Town:
    """A running intake, reached as front-ends reach it."""

    service: Service
    client: httpx.AsyncClient
    keys: dict[str, str] = field(default_factory=dict)
    """Person id -> API key."""

    async def call(self, method: str, path: str, key: str | None = ADMIN_KEY, **more: Any) -> httpx.Response:
        headers = {"X-API-Key": key} if key else {}
        return await self.client.request(method, path, headers=headers | more.pop("headers", {}), **more)

    async def person(self, *grants: dict[str, Any], **facts: Any) -> tuple[str, str]:
        """A new person with these grants: id and API key."""
        key = f"key-{new_id()}"
        form = {"name": "Anna Bianchi", "email": f"anna.{new_id()[-12:]}@comune.example", "grants": list(grants)}
        form |= {"api_keys_sha256": [hashlib.sha256(key.encode()).hexdigest()]} | facts
        answer = await self.call("POST", "/api/persons", json=form)
        assert answer.status_code == 201, answer.text
        return answer.json()["id"], key

    async def official(self, body: str = VARESE, **facts: Any) -> tuple[str, str]:
        return await self.person({"role": "official", "scope_kind": "body", "scope": body}, **facts)

    async def admitted(self, body: str = VARESE) -> str:
        """Makes a body an approved one."""
        form = {"protocol": ("protocollo.pdf", b"%PDF-1.7 signed", "application/pdf")}
        answer = await self.call("POST", f"/api/bodies/{body}/registration", files=form)
        assert answer.status_code in (201, 409), answer.text
        answer = await self.call("POST", f"/api/bodies/{body}/approval", json={"approved": True})
        assert answer.status_code in (200, 409), answer.text
        return body

    async def submitted(self, key: str = ADMIN_KEY, **fields: Any) -> dict[str, Any]:
        """A request that was accepted."""
        answer = await self.call("POST", "/api/requests", key, json=a_request(**fields))
        assert answer.status_code == 201, answer.text
        document: dict[str, Any] = answer.json()
        return document


def a_request(**fields: Any) -> dict[str, Any]:
    form = {
        "body": VARESE,
        "kind": "technical",
        "title": "Bonifica di una ex discarica",
        "description": "Serve aiuto per il piano di caratterizzazione di un sito contaminato.",
        "theme": "site-remediation",
    }
    return {name: value for name, value in (form | fields).items() if value is not None}


@pytest.fixture(scope="package")
async def town(mongod: MongoServer, broker: KafkaServer) -> AsyncIterator[Town]:
    """One intake for all tests that need no other settings: bodies Varese and Saronno are admitted, Bergamo is not."""
    prefix = f"t{new_id().replace('-', '')[4:24]}"
    settings = Settings(
        prefix=prefix,
        mongo_url=mongod.url,
        source=f"urn:affianca:{prefix}",
        admin_key=SecretStr(ADMIN_KEY),
        service_key=SecretStr(SERVICE_KEY),
        oidc_issuer="https://login.example",
        **broker.settings,
    )
    async with running(build(settings, Clock())) as town:
        with shared("town", HERE, [town.service]):
            yield town


class running:  # noqa: N801 (reads as a word in `async with`)
    """Starts a service, and stops and empties it afterwards."""

    def __init__(self, service: Service) -> None:
        self._town = Town(service, httpx.AsyncClient())

    async def __aenter__(self) -> Town:
        await self._town.service.start()
        transport = httpx.ASGITransport(self._town.service.app)
        self._town.client = httpx.AsyncClient(transport=transport, base_url="http://intake.example")
        for body in (VARESE, SARONNO):
            await self._town.admitted(body)
        return self._town

    async def __aexit__(self, *_: object) -> None:
        await self._town.client.aclose()
        await self._town.service.database.drop()
        await self._town.service.stop()


async def published(town: Town, subject: str) -> list[dict[str, Any]]:
    found = town.service.database["outbox"].find({"key": subject}, sort=[("position", 1)])
    return [orjson.loads(row["body"]) async for row in found]


@pytest.fixture(scope="package")
async def small(mongod: MongoServer, broker: KafkaServer) -> AsyncIterator[Town]:
    """An intake that takes files of 100,000 bytes, 250,000 for one request."""
    prefix = f"t{new_id().replace('-', '')[4:24]}"
    settings = Settings(prefix=prefix, mongo_url=mongod.url, admin_key=SecretStr(ADMIN_KEY), **broker.settings)
    async with running(build(settings, Clock(), files=FileSettings(largest=100_000, most=250_000))) as town:
        with shared("small", HERE, [town.service]):
            yield town


@pytest.fixture(scope="package")
async def post(mongod: MongoServer, broker: KafkaServer) -> AsyncIterator[Any]:
    from tests.intake.letters import SECRET, TO
    from tests.intake.post import Post, catching

    port, lmtp = free_port(), free_port()
    prefix = f"t{new_id().replace('-', '')[4:24]}"
    async with catching() as (smtp_port, sent):
        settings = Settings(
            prefix=prefix, mongo_url=mongod.url, admin_key=SecretStr(ADMIN_KEY), mail_listen_port=port, mail_from=TO,
            service_key=SecretStr(SERVICE_KEY),
            secret_key=SecretStr(SECRET), smtp_port=smtp_port, **broker.settings,
        )  # fmt: skip
        async with running(build(settings, Clock(), mail=MailSettings(lmtp_listen_port=lmtp))) as town:
            with shared("post", HERE, [town.service]):
                yield Post(town, port, lmtp, sent)
