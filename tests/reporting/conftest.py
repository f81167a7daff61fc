"""The reporting service with a database of its own; started only where a test needs the broker."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from starlette.responses import Response

from services.chassis.clock import Clock
from services.chassis.service import Service
from services.chassis.settings import Settings
from services.reporting.main import build


@pytest.fixture
async def reporting(settings: Settings, clock: Clock) -> AsyncIterator[Service]:
    """Database and use cases, without consumer, relay and jobs."""
    service = build(settings, clock)
    await service.database.ensure(service._indexes)
    await service.commit.start()
    yield service
    await service.commit.stop()
    await service.database.drop()
    service.database.close()


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
