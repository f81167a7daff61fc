"""Who sees which request: the one rule, as a filter for queries and as a test of one document.

Officials, representatives and front-ends see the requests of their bodies; experts those they are asked to work
on, alone or beside somebody, from the offer on; a front-end of the programme, coordinators, secretariat and monitors
see all of them.
"""

from contracts.access import Role
from services.chassis.auth import Caller
from services.chassis.mongo import Document
from services.intake.domain.transitions import Party

OF_A_BODY: tuple[Role, ...] = ("official", "representative", "front_end")
OF_ALL: tuple[Role, ...] = ("coordinator", "secretariat", "monitor")
COORDINATION: tuple[Role, ...] = ("coordinator", "secretariat")
NOTHING: Document = {"_id": {"$in": []}}


def visible(caller: Caller) -> Document:
    """The filter of a query for requests."""
    if _sees_all(caller):
        return {}
    ways: list[Document] = []
    bodies = caller.scopes(*OF_A_BODY)
    if bodies:
        ways.append({"body": {"$in": sorted(bodies)}})
    if caller.has("expert"):
        ways += [{"lead": caller.id}, {"co_experts": caller.id}]
    return (ways[0] if len(ways) == 1 else {"$or": ways}) if ways else NOTHING


def sees(caller: Caller, request: Document) -> bool:
    """Whether the caller may see this request."""
    return _sees_all(caller) or bool(parties(caller, request))


def sees_conversation(caller: Caller, request: Document) -> bool:
    """Monitors see figures and states, not what people wrote."""
    return bool(parties(caller, request)) or caller.everywhere("front_end")


def sees_search(caller: Caller, request: Document) -> bool:
    """Who was asked and did not accept is for experts, coordination and monitors, not for the requester."""
    return caller.has(*OF_ALL) or bool(parties(caller, request) & {"lead", "helper"})


def parties(caller: Caller, request: Document) -> frozenset[Party]:
    """As what the caller may act on this request."""
    found: set[Party] = set()
    if request["body"] in caller.scopes(*OF_A_BODY) or caller.everywhere("front_end"):
        found.add("requester")
    if caller.has("expert") and caller.id is not None and request["lead"] == caller.id:
        found.add("lead")
    if caller.has("expert") and caller.id is not None and caller.id in request.get("co_experts", ()):
        found.add("helper")
    if caller.has(*COORDINATION):
        found.add("coordination")
    return frozenset(found)


def _sees_all(caller: Caller) -> bool:
    return caller.has(*OF_ALL) or caller.everywhere("front_end")
