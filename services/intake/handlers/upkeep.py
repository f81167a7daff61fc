"""What intake looks after by itself: files that nothing names, and bodies that a new phase admits.

Each is a job: `run` does one page of the work and returns whether there is more; safe to repeat and to interrupt.
"""

import structlog

from contracts import vocabulary
from services.chassis.work import Work
from services.intake.handlers import bodies
from services.intake.handlers.bodies import body_keys
from services.intake.handlers.parts import Parts
from services.intake.store.bodies import BODIES
from services.intake.store.orphans import Search

log = structlog.get_logger()
_PAGE = 200


class OrphanFiles:
    """Removes files that have waited for their record for a day."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._places = [""] * len(parts.stores.orphans.searches)

    async def run(self) -> bool:
        """The next page of each search."""
        more = [await self._go_on(number, search) for number, search in enumerate(self._parts.stores.orphans.searches)]
        return any(more)

    async def _go_on(self, number: int, search: Search) -> bool:
        removed, following = await search(self._parts.clock.now(), self._places[number], _PAGE)
        self._places[number] = following or ""
        if removed:
            log.info("orphan_files_removed", count=removed)
        return following is not None


class Admissions:
    """Lets approved bodies into the running phase: of those approved in an earlier one nobody would think again."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._after = ""

    async def run(self) -> bool:
        """Looks at the next approved bodies that are in no phase."""
        codes = await self._parts.stores.bodies.not_admitted(_PAGE, self._after)
        self._after = codes[-1] if len(codes) == _PAGE else ""
        some = [body for code in codes if (body := vocabulary.body(code))]
        needed = sorted({id for body in some for id in body_keys(body.code)[BODIES]})

        def decide(work: Work) -> int:
            return sum(bodies.admit(work, body, self._parts.programme) for body in some)

        if some and (admitted := await self._parts.executor.run({BODIES: needed}, decide)):
            log.info("bodies_admitted", count=admitted, phase=self._parts.programme.running)
        return bool(self._after)
