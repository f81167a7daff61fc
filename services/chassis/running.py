"""Runs one service as a process: `python -m services.<name>`."""

import asyncio
import importlib
import sys

import structlog
import uvicorn
import uvloop

from services.chassis.clock import Clock
from services.chassis.logs import configure_logs
from services.chassis.service import Service
from services.chassis.settings import Settings

log = structlog.get_logger()


def main(name: str) -> None:
    """Starts the service and its HTTP server; ends, drained, at SIGTERM or Ctrl-C."""
    settings = Settings()
    configure_logs(settings.log_level)
    service: Service = importlib.import_module(f"services.{name}.main").build(settings, Clock())
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(serve(service, settings))
    except (OSError, RuntimeError) as error:
        log.error("service_not_started", service=name, error=type(error).__name__, detail=str(error)[:300])
        sys.exit(1)


async def serve(service: Service, settings: Settings) -> None:
    """Serves until told to stop; the service starts before the port opens and stops after it has closed."""
    config = uvicorn.Config(
        service.app, settings.listen_host, settings.listen_port, access_log=False, log_config=None, lifespan="off",
        timeout_graceful_shutdown=10,
    )  # fmt: skip
    server = uvicorn.Server(config)
    try:
        await service.start()
        await server.serve()
    finally:
        await service.stop()
