"""Notify on a real MongoDB, with a real SMTP receiver and an intake at the HTTP boundary.

One service for all tests of the folder, because making some thirty indexes costs a second; each test begins
with empty collections, an empty mail box and real time.
"""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from pydantic import SecretStr

from contracts.envelope import new_id
from services.chassis.access import INDEXES as ACCESS_INDEXES
from services.chassis.clock import Clock
from services.chassis.settings import Settings
from services.notify.channels import open_channels
from services.notify.directory import Directory
from services.notify.letters import Letters
from services.notify.main import FOLDER, build
from services.notify.sender import Tools
from services.notify.store import INDEXES
from services.notify.texts import Texts
from tests.notify.driving import Notify
from tests.notify.material import BODY, OFFICIAL, granted
from tests.notify.outside import Intake, Post, asking


@pytest.fixture(scope="session")
async def the_post() -> AsyncIterator[Post]:
    post = Post()
    await post.open()
    yield post
    await post.close()


def own(settings: Settings, post: Post) -> Settings:
    changes: dict[str, Any] = {
        "smtp_port": post.port, "service_key": SecretStr("service-key"), "admin_key": SecretStr("admin-key"),
        "secret_key": SecretStr("k" * 40), "public_url": "http://affianca.test",
    }  # fmt: skip
    return settings.model_copy(update=changes)


@pytest.fixture(scope="session")
async def the_notify(mongod, broker, the_post) -> AsyncIterator[Notify]:
    prefix = f"t{new_id().replace('-', '')[4:24]}"
    settings = own(
        Settings(prefix=prefix, mongo_url=mongod.url, source="urn:affianca:test", **broker.settings), the_post
    )
    intake, clock = Intake(), Clock()
    async with asking(intake) as client:
        service = build(settings, clock, client)
        await service.database.ensure((*INDEXES, *ACCESS_INDEXES))
        await service.commit.start()
        directory, channels = Directory(settings, client), open_channels(settings, Texts(FOLDER))
        letters = Letters(directory, settings)
        tools = Tools(service.database, service.executor, clock, directory, letters, channels)
        yield Notify(service, the_post, intake, tools)
        await service.commit.stop()
        await service.database.drop()
        service.database.close()


@pytest.fixture
async def notify(the_notify: Notify) -> AsyncIterator[Notify]:
    """Not started: the test drives consumption, planner and sender itself; no broker is needed.

    The requester is an official of the body: nobody else is told what a request says.
    """
    await the_notify.hear(granted(OFFICIAL, "official", BODY))
    yield the_notify
    await the_notify.reset()
