"""A simulation that breaks off says where, and gives away nothing of what it was about."""

import asyncio
import subprocess
import sys
from html import unescape

import pytest

from services.chassis.jobs import Job
from services.routing.handlers import simulations
from services.routing.simulation.crash import LONGEST, end_of, fault_of
from services.routing.simulator import Simulator
from services.routing.store.simulations import SIMULATIONS, Simulations
from tests.routing.material import BOOK, Routing
from tests.routing.test_desk_pages import text_of
from tests.routing.test_simulation_api import PATH, asked


async def test_a_crash_is_told_with_its_place_and_without_the_words_of_the_question(
    routing: Routing, eventually, capfd: pytest.CaptureFixture[str]
) -> None:
    await routing.grant("carla", "coordinator")
    await asked(routing, "one", question={"name": "Mario Rossi", "source": {"kind": "Via Garibaldi 4"}})
    service = routing.service
    simulator = Simulator(Simulations(routing.database), service.executor, service.settings, BOOK)
    job = Job(routing.database, "simulations", 0.2, simulator.run)
    await job.start()

    async def failed() -> bool:
        row = await routing.database[SIMULATIONS].find_one({"_id": "one"})
        return bool(row and row["status"] == "failed")

    await eventually(failed, 60)
    await simulator.stop()
    await job.stop()
    async with routing.api("carla") as api, routing.browser("carla") as browser:
        told = (await api.get(f"{PATH}/one")).json()
        page = await browser.get("/desk/simulations/one")

    assert told["failure"] == "crashed"
    assert told["fault"].startswith("ValidationError, ")
    assert "simulation/__main__.py:" in told["fault"] and told["fault"].endswith("exit 1")
    assert "Rossi" not in told["fault"] and "Garibaldi" not in told["fault"]
    assert told["fault"] in unescape(text_of(page))
    logged = capfd.readouterr()
    assert told["fault"] in logged.out + logged.err
    assert "Garibaldi" not in logged.out + logged.err


def crashed(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
    return fault_of(done.stderr, done.returncode)


@pytest.mark.parametrize(
    ("code", "fault"),
    [
        ("def f():\n  raise OSError('Rossi\\nNeri: Verdi')\nf()", "OSError, <string>:2 f, <string>:3 <module>, exit 1"),
        ("try:\n  1 / 0\nexcept Exception as e:\n  raise KeyError('Rossi')", "KeyError, <string>:4 <module>, exit 1"),
        ("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)", "signal 9"),
        ("import sys\nsys.exit('Rossi: is not to be kept')", "exit 1"),
        ("import sys\nsys.stderr.write('Rossi: no')\nsys.exit(3)", "exit 3"),
    ],
)  # fmt: skip
def test_what_is_kept_of_a_crash_are_kind_places_and_ending(code: str, fault: str) -> None:
    assert crashed(code) == fault


async def test_of_much_that_is_written_only_the_end_is_kept() -> None:
    stream = asyncio.StreamReader(limit=1_000)
    reading = asyncio.create_task(end_of(stream))
    for _ in range(100):
        stream.feed_data(b"x" * 50_000)
        await asyncio.sleep(0)
    stream.feed_data(b"the end")
    stream.feed_eof()

    kept = await reading

    assert len(kept) == LONGEST and kept.endswith(b"xthe end")


async def test_one_that_did_not_crash_has_no_fault(routing: Routing) -> None:
    await routing.grant("carla", "coordinator")
    await asked(routing, "one")
    run = routing.service.executor.run
    await run(simulations.needs("one"), lambda work: simulations.begin(work, "one", "me"))
    await run(simulations.needs("one"), lambda work: simulations.finish(work, "one", "me", {"figures": 1}, None))

    async with routing.api("carla") as api:
        assert (await api.get(f"{PATH}/one")).json()["fault"] is None
