"""The reporting service, built once for all tests here and empty for each; started only where one needs the broker."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from starlette.responses import Response

from contracts.envelope import new_id
from services.chassis.clock import Clock
from services.chassis.service import Service
from services.chassis.settings import Settings
from services.reporting.main import build
from tests.emptying import empty
from tests.servers import KafkaServer, MongoServer


@pytest.fixture(scope="session")
async def built_reporting(mongod: MongoServer, broker: KafkaServer) -> AsyncIterator[Service]:
    """Its indexes and templates are made once."""
    prefix = f"t{new_id().replace('-', '')[4:24]}"
    settings = Settings(prefix=prefix, mongo_url=mongod.url, source=f"urn:affianca:{prefix}", **broker.settings)
    service = build(settings, Clock())
    await service.database.ensure(service._indexes)
    await service.commit.start()
    yield service
    await service.commit.stop()
    await service.database.drop()
    service.database.close()


@pytest.fixture
async def reporting(built_reporting: Service) -> Service:
    """Database and use cases, without consumer, relay and jobs: nothing is stored, nobody remembered, the time real."""
    await empty(built_reporting.database)
    built_reporting.principals.forget()
    built_reporting.clock.reset()
    return built_reporting


@pytest.fixture
async def client(reporting: Service) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(reporting.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        yield client


@pytest.fixture
def session_of(reporting: Service) -> Any:
    """`session_of(id)`: the cookie of a person who has logged in."""

    def open_session(id: str) -> dict[str, str]:
        response = Response()
        reporting.web.sessions.open(response, id)
        return {"Cookie": response.headers["set-cookie"].partition(";")[0]}

    return open_session
