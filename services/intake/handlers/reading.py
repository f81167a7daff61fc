"""Reading a request whole: with its conversation, what happened, and the names of the people in it.

All of it is one step in a driver's thread: going there and back costs as much as a query.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from services.chassis.auth import Caller
from services.chassis.mongo import Document
from services.chassis.problems import not_found
from services.chassis.transactions import Plain
from services.intake.domain.transitions import Action, allowed
from services.intake.handlers.attachments.giving import attachments_of
from services.intake.handlers.deadlines import CLOCKED, Deadline, deadlines_of
from services.intake.handlers.links import LinkedRequest, seen_links
from services.intake.handlers.parts import Parts
from services.intake.store.conversation import story, with_all_of
from services.intake.store.persons import known
from services.intake.store.requests import with_number
from services.intake.store.visibility import parties, sees, sees_conversation, sees_search

SEARCH = frozenset({"offered", "declined", "expired", "released", "unroutable", "mail_failed"})
"""Lines about the search for an expert, and mails that did not reach one: the requester is told a name only once
somebody has accepted."""


@dataclass(frozen=True)
class WholeRequest:
    """A request as this caller may read it. messages: empty for who may not read them.

    people: id -> person, for every author, actor, expert and requester that is known and not erased.
    sees_search: whether who was asked before somebody accepted is shown. links: to requests that the caller may see.
    """

    request: Document
    messages: list[Document]
    timeline: list[Document]
    people: dict[str, Document]
    allowed: tuple[Action, ...]
    reads_conversation: bool
    internal: bool
    sees_search: bool
    attachments: list[Document]
    links: tuple[LinkedRequest, ...] = ()
    clocks: Callable[[], tuple[Deadline, ...]] = tuple

    @property
    def deadlines(self) -> tuple[Deadline, ...]:
        """Every deadline at the moment of reading; computed when asked, because pages do not show them."""
        return self.clocks()


async def read(parts: Parts, caller: Caller, number: str) -> WholeRequest:
    """Everything about the request with this number. Raises 404 if there is none that the caller may see."""

    def steps(plain: Plain) -> WholeRequest:
        request = with_number(plain, number)
        if request is None or not sees(caller, request):
            raise not_found()
        return _whole(plain, caller, request, parts.clock.now())

    return await parts.stores.database.at_once(steps)


async def whole(parts: Parts, caller: Caller, request: Document) -> WholeRequest:
    """Everything about a request that the caller has found; what was merged into it is part of it."""
    now = parts.clock.now()
    return await parts.stores.database.at_once(lambda plain: _whole(plain, caller, request, now))


def _whole(plain: Plain, caller: Caller, request: Document, now: datetime) -> WholeRequest:
    mine = parties(caller, request)
    internal = bool(mine & {"lead", "helper", "coordination"})
    reads = sees_conversation(caller, request)
    messages, timeline = story(plain, [request["_id"], *request["merged_from"]], internal)
    deadlines = partial(deadlines_of, request, *with_all_of(plain, request["_id"], messages, timeline, CLOCKED), now)
    if not reads:
        messages = []
    if not internal:
        timeline = [line for line in timeline if line["details"].get("visibility") != "internal"]
    behind = sees_search(caller, request)
    if not behind:
        timeline = [line for line in timeline if line["action"] not in SEARCH]
    links, timeline = seen_links(plain, caller, request, timeline)
    return WholeRequest(
        request=request,
        messages=messages,
        timeline=timeline,
        people={person["_id"]: person for person in known(plain, _ids_of_people(request, messages, timeline))},
        allowed=allowed(request["status"], mine),
        reads_conversation=reads,
        internal=internal,
        sees_search=behind,
        attachments=attachments_of(plain, caller, request, internal),
        links=links,
        clocks=deadlines,
    )


def _ids_of_people(request: Document, messages: list[Document], timeline: list[Document]) -> list[str]:
    """The persons who occur in these documents."""
    ids = {request["requester"], request["sent_by"], request["lead"]}
    ids |= set(request.get("co_experts", ()))
    ids |= {message["author"] for message in messages}
    ids |= {line["actor"] for line in timeline}
    ids |= {line["details"].get(name) for line in timeline for name in ("expert", "person")}
    return sorted(id for id in ids if id)


async def survivor_of(parts: Parts, request: Document) -> Document:
    """The request that goes on instead of a merged one; itself if it was not merged."""
    current = request
    for _ in range(20):
        if not current["merged_into"]:
            break
        found = await parts.stores.requests.by_ids([current["merged_into"]["id"]])
        if not found:
            break
        current = found[0]
    return current
