"""An HTTP server inside the running event loop, stopped from outside (it leaves signals alone)."""

import asyncio
import errno
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn

from deploy.local.places import HOST
from deploy.local.problems import Problem


class _Quiet(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """The stack handles signals, for everything at once."""
        yield


class HttpServer:
    """Serves one ASGI application on a port of the loopback interface."""

    def __init__(self, app: Any, port: int = 0) -> None:
        self._socket = _listen(port)
        self.port = int(self._socket.getsockname()[1])
        self._server = _Quiet(
            uvicorn.Config(
                app, lifespan="off", access_log=False, log_config=None, timeout_graceful_shutdown=3,
                timeout_keep_alive=30, server_header=False, proxy_headers=False,
            )
        )  # fmt: skip
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Returns once it accepts requests."""
        self._task = asyncio.create_task(self._server.serve(sockets=[self._socket]), name=f"http-{self.port}")
        while not self._server.started and not self._task.done():  # noqa: ASYNC110  # uvicorn offers no event
            await asyncio.sleep(0.005)
        if self._task.done():
            await self._task

    async def stop(self) -> None:
        """Accepts no more, lets running requests end (at most 3 s)."""
        self._server.should_exit = True
        if self._task:
            await self._task
        self._socket.close()


def _listen(port: int) -> socket.socket:
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            raise Problem(
                f"Port {port} is used by another program. Stop that program, or choose other ports: "
                'make up ARGS="--port-base 18000".'
            ) from None
        raise
    return listener
