"""The schedule of a run depends on its seed alone, and kills everything while requests are submitted."""

import json
import subprocess
import sys
from collections import Counter

from tests.chaos.schedule import Options, Schedule, schedule
from tests.kafka.apache import ROOT

VICTIMS = ("intake", "routing", "notify", "reporting", "broker", "mongod")
_ELSEWHERE = """
import json
from tests.chaos.schedule import Options, schedule
from tests.chaos.test_schedule import VICTIMS
print(json.dumps(schedule(Options(7, 3, 1000), VICTIMS, 3, 1000).as_document()))
"""


def planned(seed: int = 7, kills: int = 3, requests: int = 1000) -> Schedule:
    return schedule(Options(seed, kills, requests), VICTIMS, kills, requests)


def test_the_same_seed_gives_the_same_schedule_also_in_another_process() -> None:
    environment = {"PYTHONHASHSEED": "1", "PYTHONPATH": str(ROOT)}

    done = subprocess.run(
        [sys.executable, "-c", _ELSEWHERE], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )

    assert json.loads(done.stdout) == json.loads(json.dumps(planned().as_document()))
    assert planned() == planned()


def test_another_seed_gives_other_kills_other_requests_and_other_texts() -> None:
    one, other = planned(7), planned(8)

    assert one.strikes != other.strikes
    assert not {arrival.key for arrival in one.arrivals} & {arrival.key for arrival in other.arrivals}
    assert not {arrival.text for arrival in one.arrivals} & {arrival.text for arrival in other.arrivals}
    assert [arrival.door for arrival in one.arrivals] != [arrival.door for arrival in other.arrivals]


def test_every_victim_is_killed_as_often_as_asked_in_every_part_of_the_submission() -> None:
    for seed in range(50):
        plan = planned(seed)

        parts = Counter((strike.victim, (strike.after - 1) * 3 // 1000) for strike in plan.strikes)

        assert Counter(strike.victim for strike in plan.strikes) == dict.fromkeys(VICTIMS, 3)
        assert set(parts.values()) == {1}
        assert plan.strikes[-1].after < len(plan.arrivals)


def test_each_outage_of_database_and_broker_also_takes_a_service() -> None:
    for seed in range(50):
        strikes = planned(seed).strikes
        for outage in (strike for strike in strikes if strike.victim in ("broker", "mongod")):
            near = {strike.victim for strike in strikes if 0 <= strike.after - outage.after <= 2}

            assert near - {"broker", "mongod"}


def test_both_doors_are_used_and_some_clients_hang_up_at_each() -> None:
    arrivals = planned().arrivals

    doors = Counter((arrival.door, arrival.impatient) for arrival in arrivals)

    assert len(arrivals) == 1000
    assert min(doors["api", False], doors["mail", False]) > 200
    assert min(doors["api", True], doors["mail", True]) > 10


def test_a_short_run_kills_everything_too() -> None:
    plan = planned(kills=1, requests=60)

    assert Counter(strike.victim for strike in plan.strikes) == dict.fromkeys(VICTIMS, 1)
    assert plan.strikes[0].after >= 1 and plan.strikes[-1].after < 60
