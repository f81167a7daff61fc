"""/api/experts and /api/task-forces: who works on what, and how much is in hand. No ranking of single people."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response

from contracts.vocabulary import themes
from services.chassis.access import ACCESS
from services.chassis.auth import Caller, allow
from services.chassis.execution import Executor
from services.chassis.i18n import N_, language_of
from services.chassis.idempotency import Repeatable, once
from services.chassis.mongo import Document
from services.chassis.paging import Cursor, Limit, key_of, text
from services.chassis.preconditions import IfMatch, version_tag
from services.chassis.problems import Problem, forbidden, not_found
from services.chassis.work import Work
from services.routing.api.documents import expert, page
from services.routing.api.profiles import Changes, Profile
from services.routing.desk import manages
from services.routing.handlers import experts
from services.routing.handlers.entitlement import role_of
from services.routing.rules import Rulebook
from services.routing.store import EXPERTS
from services.routing.store.reading import Reading

Reader = Annotated[Caller, Depends(allow("expert", "coordinator", "secretariat"))]
Manager = Annotated[Caller, Depends(allow("coordinator", "secretariat"))]
Anybody = Annotated[Caller, Depends(allow("expert", "coordinator", "secretariat", "monitor"))]


def router(reading: Reading, executor: Executor, now: Callable[[], datetime], book: Rulebook) -> APIRouter:
    """The routes."""
    routes = APIRouter(tags=["experts"])

    @routes.get("/api/experts")
    async def list_experts(
        caller: Reader, task_force: str | None = None, limit: Limit = 50, cursor: Cursor = None
    ) -> dict[str, Any]:
        """Profiles, newest first; an expert's own only."""
        only = None if caller.has("coordinator", "secretariat") else caller.id
        rows = await reading.experts(limit, task_force, key_of(cursor, text), only)
        return page([expert(row) for row in rows], rows, limit, "_id")

    @routes.post("/api/experts", status_code=201)
    async def create_expert(sent: Repeatable, response: Response, caller: Manager, profile: Profile) -> dict[str, Any]:
        """A person becomes an expert; 409 for one who is an expert already."""
        fields = profile.document()
        if not manages(caller, fields["task_forces"]):
            raise forbidden()

        def create(work: Work) -> dict[str, Any]:
            if work.get(EXPERTS, profile.id):
                raise Problem(409, N_("This person is an expert already"), N_("Change the profile with PATCH."))
            return expert(experts.keep_profile(work, profile.id, fields | _role(work, profile.id)))

        response.headers["Location"] = f"/api/experts/{profile.id}"
        return await once(sent, caller, executor, {EXPERTS: [profile.id], ACCESS: [profile.id]}, create)

    @routes.get("/api/experts/{id}")
    async def get_expert(response: Response, caller: Reader, id: str) -> dict[str, Any]:
        """One profile."""
        found = await reading.one(EXPERTS, id)
        if found is None or not (caller.id == id or caller.has("coordinator", "secretariat")):
            raise not_found()
        response.headers["ETag"] = version_tag(found["version"])
        return expert(found)

    @routes.patch("/api/experts/{id}")
    async def change_expert(
        request: Request, caller: Manager, seen: IfMatch, id: str, changes: Changes
    ) -> dict[str, Any]:
        """Changes the fields that are sent. With If-Match: 412 if somebody else changed the profile meanwhile."""
        fields = changes.document()

        def change(work: Work) -> dict[str, Any]:
            known = work.get(EXPERTS, id)
            if known is None:
                raise not_found()
            if not manages(caller, [*known["task_forces"], *fields.get("task_forces", ())]):
                raise forbidden()
            if not seen.covers(version_tag(known["version"])):
                raise Problem(412, N_("It changed meanwhile"), N_("Load the profile again, then repeat the change."))
            return expert(experts.keep_profile(work, id, fields | _role(work, id)))

        return await executor.run({EXPERTS: [id], ACCESS: [id]}, change, request.state.correlation)

    @routes.get("/api/task-forces")
    async def task_forces(request: Request, caller: Anybody) -> dict[str, Any]:
        """Every task force with its experts, their places within the agreed hours, requests in hand and waiting."""
        counts = await reading.counts(now(), book.current.hours_of_one_request)
        italian = language_of(request, caller) == "it"
        nothing = {"experts": 0, "places": 0, "in_hand": 0, "waiting": 0}
        items = [
            {
                "code": theme.code,
                "name": theme.name_it if italian else theme.name_en,
                **nothing,
                **counts.get(theme.code, {}),
            }
            for theme in themes()
        ]
        return {"items": items, "next_cursor": None}

    return routes


def _role(work: Work, id: str) -> Document:
    return role_of(work.get(ACCESS, id), work.now)
