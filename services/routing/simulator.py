"""The job that lets simulations run: one at a time, each in a process of its own with less priority than the service.

The matcher must not feel it. A process that dies, that takes too long or whose service goes leaves a document that
says so: what is running and is not ours was left by a process that is gone.
"""

import asyncio
import json
import sys
import time
from contextlib import suppress
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import structlog

from contracts.envelope import new_id
from services.chassis.execution import Executor
from services.chassis.mongo import Document
from services.chassis.settings import Settings
from services.routing.handlers import simulations
from services.routing.rules import Rulebook
from services.routing.simulation.crash import Crashed, end_of, fault_of
from services.routing.store.simulations import Simulations

SECONDS = 600.0
"""Whatever takes longer is given up."""
_LOOK_EVERY = 1.0
_LONGEST_LINE = 8_000_000
_ROOT = Path(__file__).parents[2]
log = structlog.get_logger()


class Simulator:
    """`run` looks after the simulation that runs, or begins the next one; `stop` gives it up."""

    def __init__(self, store: Simulations, executor: Executor, settings: Settings, book: Rulebook) -> None:
        self._store, self._executor, self._settings, self._book = store, executor, settings, book
        self._runner = new_id()
        self._task: asyncio.Task[None] | None = None
        self._id = ""
        self._share = 0.0
        self._looked = 0.0
        self._stopping = False

    async def start(self) -> None:
        """Nothing to do until something is asked."""

    async def stop(self) -> None:
        """Ends what runs; its document says that it was interrupted."""
        self._stopping = True
        if self._task and not self._task.done():
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    async def run(self) -> bool:
        """One look."""
        if self._task and not self._task.done():
            await self._look_after()
            return False
        for id in [] if self._stopping else await self._store.open():
            begin = partial(simulations.begin, id=id, runner=self._runner)
            began = await self._executor.run(simulations.needs(id), begin)
            if began:
                self._id, self._share = id, 0.0
                self._task = asyncio.create_task(self._play(began), name="simulation")
                break
        return False

    async def _look_after(self) -> None:
        if time.monotonic() < self._looked + _LOOK_EVERY:
            return
        self._looked, id, share = time.monotonic(), self._id, self._share
        ours = await self._executor.run(
            simulations.needs(id), lambda work: simulations.progress(work, id, self._runner, share)
        )
        if not ours and self._task:
            self._task.cancel()

    async def _play(self, row: Document) -> None:
        began, result, failure, fault = time.monotonic(), None, None, None
        try:
            result, failure = await asyncio.wait_for(self._answer(row), SECONDS)
        except TimeoutError:
            failure = "too_long"
        except asyncio.CancelledError:
            failure = "interrupted"
        except Exception as error:
            failure, fault = "crashed", error.fault if isinstance(error, Crashed) else type(error).__name__
            log.warning("simulation_failed", simulation=row["_id"], fault=fault)
        id = row["_id"]
        await self._executor.run(
            simulations.needs(id), lambda work: simulations.finish(work, id, self._runner, result, failure, fault)
        )
        log.info("simulation_ended", simulation=id, failure=failure, seconds=round(time.monotonic() - began, 1))

    async def _answer(self, row: Document) -> tuple[dict[str, Any] | None, str | None]:
        """The figures, or why there are none. Raises Crashed when the process ends without saying so."""
        child = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "services.routing.simulation", cwd=_ROOT, limit=_LONGEST_LINE,
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        assert child.stdin
        assert child.stdout
        assert child.stderr
        complaints = asyncio.create_task(end_of(child.stderr), name="simulation_complaints")
        try:
            child.stdin.write(json.dumps(self._job(row)).encode() + b"\n")
            child.stdin.close()
            async for line in child.stdout:
                told = json.loads(line)
                self._share = told.get("progress", self._share)
                if "result" in told:
                    return _dated(told["result"]), None
                if "failure" in told:
                    return None, str(told["failure"])
            raise Crashed(fault_of(await complaints, await child.wait()))
        finally:
            complaints.cancel()
            if child.returncode is None:
                with suppress(ProcessLookupError):
                    child.kill()
                await child.wait()

    def _job(self, row: Document) -> dict[str, Any]:
        return {
            "mongo_url": self._settings.mongo_url,
            "database": self._settings.database("routing"),
            "start": row["start"].isoformat(),
            "end": row["end"].isoformat(),
            "asked": row["asked"],
            "rules": self._book.current.model_dump(),
        }


def _dated(result: dict[str, Any]) -> dict[str, Any]:
    return result | {name: datetime.fromisoformat(result[name]) for name in ("start", "end")}
