"""For whom a request is sent, when somebody else writes it, and which request it goes on from."""

from contracts.access import Grant
from services.chassis.access import Principal
from services.chassis.auth import Caller, in_force
from services.chassis.i18n import N_
from services.chassis.mongo import Document
from services.chassis.problems import Problem, invalid
from services.intake.handlers.parts import Parts, find
from services.intake.handlers.reading import survivor_of
from services.intake.store.visibility import COORDINATION, parties

_MOST = 1000


async def caller_of(parts: Parts, sender: Caller, body: str, named: str | None) -> str | None:
    """Whose request it is: the official who sends it, or the one whom coordination names. Raises 422, 403."""
    if named is None or named == sender.id:
        return sender.id if body in sender.scopes("official", "representative") else None
    if not sender.has(*COORDINATION):
        fault = N_("Only coordinators and the Segreteria Tecnica write for somebody else.")
        raise invalid([{"pointer": "/requester", "detail": fault}])
    if named not in {person["_id"] for person in await officials_of(parts, body)}:
        fault = N_("This person is not an official or representative of the body.")
        raise invalid([{"pointer": "/requester", "detail": fault}])
    return named


async def officials_of(parts: Parts, body: str) -> list[Document]:
    """The people who act for a body now, by name."""
    now, found = parts.clock.now(), set()
    roles = ("official", "representative")
    held = [row for role in roles for row in await parts.stores.persons.holders(role, body, now, _MOST)]
    for row in held:
        grants = tuple(Grant.model_validate(grant) for grant in row["grants"])
        if body in in_force(Principal(row["_id"], grants, row["language"]), now, "key").scopes(
            "official", "representative"
        ):
            found.add(row["_id"])
    people = await parts.stores.persons.by_ids(sorted(found))
    return sorted(people, key=lambda person: (person["name"], person["_id"]))


async def followed_by(parts: Parts, sender: Caller, number: str | None) -> str | None:
    """The id of the request that a new one goes on from, or of what that was merged into. Raises 422 for one that the
    sender has no part in.
    """
    if number is None:
        return None
    fault = {"pointer": "/follows", "detail": N_("No request that you may see has this number.")}
    try:
        earlier = await find(parts, sender, number)
    except Problem as problem:
        raise invalid([fault]) from problem
    if not parties(sender, earlier):
        raise invalid([fault])
    id: str = (await survivor_of(parts, earlier))["_id"]
    return id
