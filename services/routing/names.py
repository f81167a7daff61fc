"""Names of persons, asked of their owner at the moment a page is built, in one call, kept ten minutes at most.

When intake is away a page says that a name is not available; nothing else depends on it.
"""

import time
from collections import OrderedDict
from collections.abc import Iterable

import httpx
import structlog

from services.chassis.settings import Settings

_KEEP_SECONDS = 600.0
_MOST = 20_000
_AT_ONCE = 500
log = structlog.get_logger()


class Names:
    """Person id -> name."""

    def __init__(self, settings: Settings, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self._client = httpx.AsyncClient(
            base_url=settings.intake_url,
            headers={"X-API-Key": settings.service_key.get_secret_value()},
            timeout=2.0,
            transport=transport,
        )
        self._known: OrderedDict[str, tuple[float, str]] = OrderedDict()

    async def start(self) -> None:
        """Nothing to open: the first page that needs a name connects."""

    async def stop(self) -> None:
        """Closes the connections."""
        await self._client.aclose()

    async def of(self, ids: Iterable[str | None]) -> dict[str, str]:
        """The names that are known; ids without one are left out."""
        wanted = list(dict.fromkeys(id for id in ids if id))
        now = time.monotonic()
        missing = [id for id in wanted if self._known.get(id, (0.0, ""))[0] <= now]
        for start in range(0, len(missing), _AT_ONCE):
            await self._fetch(missing[start : start + _AT_ONCE])
        return {id: self._known[id][1] for id in wanted if id in self._known and self._known[id][0] > now}

    async def _fetch(self, ids: list[str]) -> None:
        try:
            answer = await self._client.get("/api/persons", params={"ids": ",".join(ids)})
            people = answer.raise_for_status().json()["items"]
            found = {person["id"]: str(person["name"]) for person in people}
        except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
            log.warning("names_not_fetched", error=type(error).__name__, persons=len(ids))
            return
        for id, name in found.items():
            self._known[id] = (time.monotonic() + _KEEP_SECONDS, name)
            self._known.move_to_end(id)
        while len(self._known) > _MOST:
            self._known.popitem(last=False)
