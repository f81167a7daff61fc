"""The demonstration's registered bodies: nearly all comuni and provinces, by intake's own use cases, many at a time.

One by one over HTTP they would take most of the first start.
"""

from collections.abc import AsyncIterator, Sequence

from contracts.envelope import new_id
from contracts.vocabulary import Body, bodies
from deploy.local import synthetic
from deploy.local.identities import DEMO_BODY
from services.chassis.auth import Caller
from services.chassis.service import Service
from services.chassis.work import Work
from services.intake.handlers.bodies import StoredFile, body_keys, decide, register
from services.intake.programme import read_programme
from services.intake.store import open_stores
from services.intake.store.bodies import BODIES

_UNREGISTERED = 11
"""Every eleventh comune has not registered, so that the refusal can be tried."""
_SIGNED = b"%PDF-1.4\n% Protocollo di Collaborazione, sintetico\n%%EOF\n"
_TOGETHER = 100


def registered() -> list[Body]:
    """The bodies that take part."""
    active = {body.code for body in synthetic.active_bodies()} | {DEMO_BODY}
    return [
        body
        for number, body in enumerate(bodies())
        if body.code in active or (number % _UNREGISTERED and body.valid_to is None)
    ]


async def register_all(intake: Service, taking_part: Sequence[Body], secretariat: str) -> None:
    """Registers and approves those that have not registered yet."""
    stores = open_stores(intake.database)
    known = await stores.bodies.states([body.code for body in taking_part])
    missing = [body for body in taking_part if body.code not in known]
    protocol = await _protocol(intake)
    programme, caller = read_programme(), Caller(secretariat)
    for start in range(0, len(missing), _TOGETHER):
        some = missing[start : start + _TOGETHER]

        def admit(work: Work, some: Sequence[Body] = some) -> None:
            for body in some:
                register(work, body, protocol, caller)
                decide(work, body, approved=True, reason="", caller=caller, programme=programme)

        needed = [id for body in some for id in body_keys(body.code)[BODIES]]
        await intake.executor.run({BODIES: needed}, admit)


async def _protocol(intake: Service) -> StoredFile:
    """The signed protocol; one synthetic file serves for all."""

    async def pieces() -> AsyncIterator[bytes]:
        yield _SIGNED

    id, name = new_id(), "protocollo.pdf"
    size, checksum = await open_stores(intake.database).files.keep(id, name, pieces())
    return StoredFile(id, name, "application/pdf", size, checksum)
