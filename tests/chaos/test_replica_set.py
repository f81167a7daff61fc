"""The same with a MongoDB of three nodes: its primary is killed, and nothing that was promised is lost."""

from contracts.envelope import new_id
from tests.chaos.installation import SERVICES, Installation, opened
from tests.chaos.replica_set import ReplicaSet
from tests.chaos.run import live_through
from tests.chaos.schedule import Options, schedule


async def test_nothing_is_lost_or_doubled_when_the_primary_is_killed_too(mortal_broker, tmp_path, recorded) -> None:
    options = Options()
    plan = schedule(options, (*SERVICES, "broker", "primary"), options.kills, options.requests, down=(0.5, 4.0))
    replica_set = ReplicaSet(tmp_path / "mongo")
    prefix = f"r{new_id().replace('-', '')[4:20]}"
    try:
        installation = Installation(tmp_path, prefix, replica_set.url, mortal_broker.bootstrap, mortal_broker.settings)
        async with opened(installation):
            victims = [*installation.services.values(), mortal_broker, replica_set]

            with recorded("primary", options, plan) as record:
                record.elections = replica_set.elections
                await live_through(installation, victims, record)
                assert len(replica_set.elections) == options.kills
    finally:
        replica_set.stop()
