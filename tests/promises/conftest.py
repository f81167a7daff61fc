"""A programme of its own for each test that asks for one."""

from collections.abc import AsyncIterator

import pytest

from services.chassis.settings import Settings
from tests.promises.programme import Programme, open_programme


@pytest.fixture
async def programme(settings: Settings) -> AsyncIterator[Programme]:
    async with open_programme(settings) as running:
        yield running
