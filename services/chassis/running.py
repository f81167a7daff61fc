"""Runs one service as a process: `python -m services.<name>`."""

import asyncio
import gc
import importlib
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

import structlog
import uvicorn
import uvloop
from pydantic import ValidationError

from services.chassis.clock import Clock
from services.chassis.errors import PermanentError
from services.chassis.logs import configure_logs
from services.chassis.service import Service
from services.chassis.settings import Settings

log = structlog.get_logger()


def main(name: str) -> None:
    """Starts the service and its HTTP server; ends, drained, at SIGTERM or Ctrl-C."""
    try:
        settings = Settings()
        configure_logs(settings.log_level)
        service: Service = importlib.import_module(f"services.{name}.main").build(settings, Clock())
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(serve(service, settings))
    except ValidationError as error:
        # Without the values: some are secret.
        wrong = [f"{'.'.join(map(str, fault['loc'])) or 'together'}: {fault['msg']}" for fault in error.errors()]
        _not_started(name, error, "settings AFFIANCA_*: " + "; ".join(wrong))
    except (PermanentError, OSError, RuntimeError) as error:
        _not_started(name, error, str(error))


def _not_started(name: str, error: Exception, detail: str) -> NoReturn:
    log.error("service_not_started", service=name, error=type(error).__name__, detail=detail[:300])
    sys.exit(1)


class Server(uvicorn.Server):
    """Leaves the process alive after it has closed, so that the service can drain.

    uvicorn itself repeats the signal at its end, which kills the process. And it waits for running answers, so
    those that have no end of their own are ended first.
    """

    def __init__(self, config: uvicorn.Config, service: Service) -> None:
        super().__init__(config)
        self._closing = service.closing

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """A second signal, while the service drains, ends the process as usual."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self.handle_exit, number, None)
        try:
            yield
        finally:
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.remove_signal_handler(number)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Called by uvicorn once it has been told to exit."""
        for close in self._closing:
            close()
        await super().shutdown(sockets)


def _settle_memory() -> None:
    """What lives as long as the process is not looked at again, and the collector runs seldom: a fifth of the CPU time
    of a batch went into it.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


async def serve(service: Service, settings: Settings) -> None:
    """Serves until told to stop. The port opens at once: /live and /ready answer while the service waits for others.
    The service stops after the port has closed.
    """
    config = uvicorn.Config(
        service.app, settings.listen_host, settings.listen_port, access_log=False, log_config=None, lifespan="off",
        timeout_graceful_shutdown=10,
        # Longer than any client keeps a connection, so that none is closed while a request is on its way.
        timeout_keep_alive=75,
    )  # fmt: skip
    server = Server(config, service)
    starting = asyncio.create_task(service.start(), name="start")

    def started(task: "asyncio.Task[None]") -> None:
        if task.cancelled() or task.exception():
            server.should_exit = True
        else:
            _settle_memory()

    starting.add_done_callback(started)
    try:
        await server.serve()
    finally:
        await service.stop()
    if starting.done() and not starting.cancelled():
        starting.result()
