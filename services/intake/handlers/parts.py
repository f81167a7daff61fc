"""What use cases need around their decision, and how one is carried out on a request named by its number."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from services.chassis.auth import Caller
from services.chassis.clock import Clock
from services.chassis.execution import Executor
from services.chassis.mongo import Document
from services.chassis.problems import not_found
from services.chassis.work import Work
from services.intake.classifier import Recognition
from services.intake.domain.programme import Programme
from services.intake.files.settings import FileSettings
from services.intake.store import Stores
from services.intake.store.requests import REQUESTS
from services.intake.store.visibility import sees

Result = TypeVar("Result")


@dataclass(frozen=True)
class Parts:
    """The parts of the running service; made once, in `main.build`."""

    executor: Executor
    clock: Clock
    stores: Stores
    programme: Programme
    recognise: Callable[[str], Recognition]
    files: FileSettings = field(default_factory=FileSettings)


async def find(parts: Parts, caller: Caller, number: str) -> Document:
    """The request with this number, if the caller may see it. Raises 404 otherwise."""
    request = await parts.stores.requests.by_number(number)
    if request is None or not sees(caller, request):
        raise not_found()
    return request


async def act(parts: Parts, caller: Caller, number: str, decide: Callable[[Work, str], Result]) -> Result:
    """Carries out a decision on a request; it is decided again when the request changed meanwhile.

    decide: gets the Work and the request's id. Raises 404 for a request that the caller may not see.
    """
    id: str = (await find(parts, caller, number))["_id"]
    return await parts.executor.run({REQUESTS: [id]}, lambda work: decide(work, id))
