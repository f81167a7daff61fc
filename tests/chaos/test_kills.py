"""Every process, the broker and the database are killed again and again, and nothing that was promised is lost."""

from contracts.envelope import new_id
from deploy.local.mongod import start_mongod
from tests.chaos.installation import SERVICES, Installation, opened
from tests.chaos.ports import lasting_port
from tests.chaos.run import live_through
from tests.chaos.schedule import Options, schedule
from tests.chaos.victims import Database


async def test_nothing_is_lost_or_doubled_when_everything_is_killed(mortal_broker, tmp_path, recorded) -> None:
    options = Options()
    plan = schedule(options, (*SERVICES, "broker", "mongod"), options.kills, options.requests)
    mongod = start_mongod(tmp_path / "mongod", lasting_port())
    prefix = f"c{new_id().replace('-', '')[4:20]}"
    try:
        installation = Installation(tmp_path, prefix, mongod.url, mortal_broker.bootstrap, mortal_broker.settings)
        async with opened(installation):
            victims = [*installation.services.values(), mortal_broker, Database(mongod)]

            with recorded("kills", options, plan) as record:
                await live_through(installation, victims, record)
    finally:
        mongod.kill()
