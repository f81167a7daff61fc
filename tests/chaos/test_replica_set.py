"""A replica set loses its primary under load, and nothing that was promised is lost."""

from contracts.envelope import new_id
from tests.chaos.installation import Installation, opened
from tests.chaos.replica_set import ReplicaSet
from tests.chaos.run import carry_out, settle
from tests.chaos.schedule import Options, schedule

_PRIMARIES = 2
_CONVERGED_WITHIN = 90.0


async def test_nothing_is_lost_or_doubled_when_the_primary_is_killed_twice(mortal_broker, tmp_path, printed) -> None:
    options = Options()
    plan = schedule(options, ("primary",), _PRIMARIES, options.requests // 2, down=(0.5, 4.0))
    replica_set = ReplicaSet(tmp_path / "mongo")
    prefix = f"r{new_id().replace('-', '')[4:20]}"
    try:
        installation = Installation(tmp_path, prefix, replica_set.url, mortal_broker.bootstrap, mortal_broker.settings)
        async with opened(installation):
            result = await carry_out(installation, [replica_set], plan)
            result.figures["elections"] = " ".join(f"{seconds:.1f} s" for seconds in replica_set.elections)
            printed("primary killed", result)

            await settle(installation, result, _CONVERGED_WITHIN)
            assert len(replica_set.elections) == _PRIMARIES
    finally:
        replica_set.stop()
