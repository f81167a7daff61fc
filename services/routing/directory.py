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
    """Who somebody is; outcome: known, created, unknown, ambiguous or erased."""

    id: str | None
    name: str
    outcome: str


class NotTaken(ValueError):
    """Intake refuses some of the people; `faults`: which of them, and the field (`email`, `name` or `id`) at fault."""

    def __init__(self, faults: Sequence[tuple[int, str]]) -> None:
        super().__init__(", ".join(f"{position} {name}" for position, name in faults))
        self.faults = faults


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
        """Each of these people (`id`, or `email` and perhaps `name`), in their order; AT_ONCE of them at most.

        Raises NotTaken for what can be nobody's name, address or id.
        """
        try:
            answer = await self._client.post("/api/intake/experts", json={"experts": list(people), "dry_run": dry_run})
            if answer.status_code == 422:
                raise NotTaken([_place(fault["pointer"]) for fault in answer.json()["errors"]])
            items = answer.raise_for_status().json()["items"]
            return [Enrolled(item["id"], str(item["name"]), str(item["outcome"])) for item in items]
        except NotTaken:
            raise
        except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
            log.warning("persons_not_enrolled", error=type(error).__name__, persons=len(people))
            raise unavailable() from error


def _place(pointer: str) -> tuple[int, str]:
    """The position and the field that a fault such as /experts/3/name is about."""
    _, _, position, name = pointer.split("/")
    return int(position), name
