"""What the four API documents promise holds for what nobody thought of: made-up calls, every check, a fixed seed."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator

import pytest

from deploy.local.places import ROOT
from services.chassis.settings import Settings
from tests.bad_input.installation import SERVICES, Installation, populate, running_services
from tests.servers import KafkaServer, MongoServer

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]


@pytest.fixture(scope="module")
async def fuzzed(mongod: MongoServer, broker: KafkaServer) -> AsyncIterator[Installation]:
    """An installation of its own: whoever calls as the secretariat changes things."""
    async with running_services(Settings(prefix="fuzzed", mongo_url=mongod.url, **broker.settings)) as started:
        await populate(started)
        await started.submit()
        yield started


@pytest.mark.parametrize("who", ["secretariat", None], ids=["secretariat", "anonymous"])
@pytest.mark.parametrize("name", SERVICES)
async def test_made_up_calls_are_answered_as_the_document_says(fuzzed, name, who) -> None:
    environment = {**os.environ, "KEY": fuzzed.keys[who] if who else ""}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-W", "ignore", "-m", "tests.bad_input.fuzz", name, fuzzed.url,
        cwd=ROOT, env=environment, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip

    told, failed = await process.communicate()

    assert process.returncode == 0, failed.decode()[-2000:]
    assert json.loads(told) == [], "\n".join(json.loads(told))
