"""One address for all services: each request goes to the service whose prefix of the path is the longest.

What a reverse proxy does in Compose and Kubernetes. A prefix matches whole path segments (`/desk`, `/desk/queue`,
`/api/experts.csv`, not `/desktop`). Everything else is the default service's.
"""

from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]


class Front:
    """An ASGI application over others."""

    def __init__(self, apps: Iterable[tuple[Iterable[str], App]], default: App) -> None:
        routes = [(prefix, app) for prefixes, app in apps for prefix in prefixes if prefix != "/"]
        self._routes = sorted(routes, key=lambda route: len(route[0]), reverse=True)
        self._default = default

    def app_for(self, path: str) -> App:
        """The application that answers `path`."""
        for prefix, app in self._routes:
            if path.startswith(prefix) and path[len(prefix) : len(prefix) + 1] in ("", "/", "."):
                return app
        return self._default

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.app_for(scope.get("path", "/"))(scope, receive, send)
