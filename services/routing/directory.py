"""The persons of experts live with intake: found or created there by one call for many, when experts are entered."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import httpx
import structlog

from services.chassis.problems import unavailable
from services.chassis.settings import Settings

AT_ONCE = 200
log = structlog.get_logger()


@dataclass(frozen=True)
class Enrolled:
    """Who somebody is; outcome: known, created, unknown, ambiguous, erased or not_taken.

    field: which one is not taken, `email`, `name` or `id`, because it can be nobody's.
    """

    id: str | None
    name: str
    outcome: str
    field: str | None = None


class Directory:
    """Persons by id or e-mail. Raises 503 when intake is away: without a person there is no expert."""

    def __init__(self, settings: Settings, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self._client = httpx.AsyncClient(
            base_url=settings.intake_url,
            headers={"X-API-Key": settings.service_key.get_secret_value()},
            timeout=20.0,
            transport=transport,
        )

    async def start(self) -> None:
        """Nothing to open: the first call connects."""

    async def stop(self) -> None:
        """Closes the connections."""
        await self._client.aclose()

    async def enrol(self, people: Sequence[dict[str, Any]], *, dry_run: bool) -> list[Enrolled]:
        """Each of these people (`id`, or `email` and perhaps `name`), in their order; AT_ONCE of them at most."""
        try:
            answer = await self._client.post("/api/intake/experts", json={"experts": list(people), "dry_run": dry_run})
            if answer.status_code == 422:
                wrong = dict(_place(fault["pointer"]) for fault in reversed(answer.json()["errors"]))
                return await self._without(people, wrong, dry_run)
            items = answer.raise_for_status().json()["items"]
            return [Enrolled(item["id"], str(item["name"]), str(item["outcome"])) for item in items]
        except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
            log.warning("persons_not_enrolled", error=type(error).__name__, persons=len(people))
            raise unavailable() from error

    async def _without(self, people: Sequence[dict[str, Any]], wrong: dict[int, str], dry_run: bool) -> list[Enrolled]:
        """The same when intake has said of some which field it does not take: the others are asked for again."""
        rest = [one for position, one in enumerate(people) if position not in wrong]
        if len(rest) == len(people):
            raise ValueError("refused, and nobody is at fault")
        found = iter(await self.enrol(rest, dry_run=dry_run) if rest else ())
        return [
            Enrolled(None, "", "not_taken", wrong[position]) if position in wrong else next(found)
            for position in range(len(people))
        ]


def _place(pointer: str) -> tuple[int, str]:
    """The position and the field that a fault such as /experts/3/name is about."""
    _, _, position, name = pointer.split("/")
    return int(position), name
