"""Intake as it is deployed, with a second door: requests are also submitted from within, through the same use case.

So the pipeline can be loaded without paying for HTTP, which has figures of its own. Reads one command a line (JSON)
and answers each with one line. `python -m tests.bench.submitter`, started by `installation.py`.
"""

import asyncio
import json
import sys
import time
from collections.abc import Sequence
from typing import Any

import uvloop

from contracts.access import Grant
from services.chassis.auth import Caller
from services.chassis.clock import Clock
from services.chassis.dead_letters import Record
from services.chassis.logs import configure_logs
from services.chassis.running import serve
from services.chassis.service import Service
from services.chassis.settings import Settings
from services.intake.handlers.parts import Parts
from services.intake.handlers.submission import NewRequest, prepare, submit
from services.intake.main import build
from tests.bench.material import BODIES, official, request_body

_SINCE = "2026-01-01T00:00:00Z"


class Submitter:
    """Submits, and notes when each request was sent, was durable, and had its assignment in intake's store."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._parts: Parts = service.app.state.parts
        self._callers = [_caller(number, body) for number, body in enumerate(BODIES)]
        self.sent: dict[str, float] = {}
        self.durable: dict[str, float] = {}
        self.assigned: dict[str, float] = {}

    def watch(self) -> None:
        """Notes the moment at which intake has stored the first news of an assignment."""
        assert self._service.consumer
        batches = self._service.consumer._batches
        apply = batches.apply

        async def noting(records: Sequence[Record]) -> Any:
            outcome = await apply(records)
            now = time.monotonic()
            for record in records:
                if record.topic.endswith(".assignments.v1") and record.key:
                    self.assigned.setdefault(record.key.decode(), now)
            return outcome

        batches.apply = noting  # type: ignore[method-assign]

    async def one(self, number: int) -> None:
        began = time.monotonic()
        form = NewRequest.model_validate_json(request_body(number))
        submission = await prepare(self._parts, self._callers[number % len(BODIES)], form, "api")
        self.sent[submission.id] = began
        await self._parts.executor.run({}, lambda work: submit(work, submission))
        self.durable[submission.id] = time.monotonic()

    async def flood(self, count: int, in_flight: int) -> None:
        """As fast as it goes, so many at once."""
        numbers = iter(range(count))

        async def some() -> None:
            for number in numbers:
                await self.one(number)

        await asyncio.gather(*(some() for _ in range(in_flight)))

    async def steady(self, rate: float, seconds: float) -> None:
        """At a fixed rate, whether or not the system keeps up."""
        began, tasks = time.monotonic(), set()
        for number in range(int(rate * seconds)):
            wait = began + number / rate - time.monotonic()
            if wait > 0.001:
                await asyncio.sleep(wait)
            tasks.add(asyncio.create_task(self.one(number)))
        await asyncio.gather(*tasks)

    def forget(self) -> None:
        for times in (self.sent, self.durable, self.assigned):
            times.clear()

    async def obey(self, command: dict[str, Any]) -> Any:
        match command:
            case {"do": "flood", "count": count, "in_flight": in_flight}:
                self.forget()
                await self.flood(count, in_flight)
                return len(self.durable)
            case {"do": "steady", "rate": rate, "seconds": seconds}:
                self.forget()
                await self.steady(rate, seconds)
                return len(self.durable)
            case {"do": "forget"}:
                return self.forget()
            case {"do": "times"}:
                return {"sent": self.sent, "durable": self.durable, "assigned": self.assigned}
        raise ValueError(f"no such command: {command}")


def _caller(number: int, body: str) -> Caller:
    grant = Grant.model_validate({"role": "official", "scope_kind": "body", "scope": body, "start": _SINCE})
    return Caller(official(number), (grant,), "it", "key")


async def _run(service: Service, settings: Settings) -> None:
    serving = asyncio.create_task(serve(service, settings))
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    submitter = Submitter(service)
    commands = asyncio.create_task(_obey(submitter, service, reader))
    await serving
    commands.cancel()


async def _obey(submitter: Submitter, service: Service, reader: asyncio.StreamReader) -> None:
    while line := await reader.readline():
        command = json.loads(line)
        if command["do"] == "watch":
            submitter.watch()
            answer: Any = service.started
        else:
            answer = await submitter.obey(command)
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    chosen = Settings()
    configure_logs(chosen.log_level)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_run(build(chosen, Clock()), chosen))
