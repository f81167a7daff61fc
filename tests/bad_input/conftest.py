"""One installation for the tests that must change nothing; others start their own with `running_services`."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from contracts.envelope import new_id
from services.chassis.settings import Settings
from tests.bad_input.installation import Installation, populate, running_services
from tests.chassis.provider import Provider, provider
from tests.resting import shared
from tests.servers import KafkaServer, MongoServer

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Every route with every kind of bad input takes minutes: all of it is for `make test-all`."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.slow)


@pytest.fixture(scope="session")
def issuing() -> Iterator[Provider]:
    """An identity provider."""
    with provider() as made:
        yield made


@pytest.fixture(scope="package")
async def installation(mongod: MongoServer, broker: KafkaServer, issuing: Provider) -> AsyncIterator[Installation]:
    """The four services with people, a body and one request that an expert was asked to take."""
    prefix = f"t{new_id().replace('-', '')[4:24]}"
    settings = Settings(prefix=prefix, mongo_url=mongod.url, oidc_issuer=issuing.issuer, **broker.settings)
    async with running_services(settings) as started:
        await populate(started, issuing.issuer)
        await started.submit()
        await started.settled()
        with shared("installation", HERE, started.services.values()):
            yield started


@pytest.fixture
async def unchanged(installation: Installation) -> AsyncIterator[None]:
    """Fails when anything in the four databases is different afterwards."""
    before = await installation.stored()
    yield
    assert await installation.stored() == before
