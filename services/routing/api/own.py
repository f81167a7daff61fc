"""/api/experts/{id}/availability: what experts say of themselves."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel, ConfigDict, Field

from services.chassis.auth import Caller, allow
from services.chassis.execution import Executor
from services.chassis.preconditions import IfMatch, version_tag
from services.chassis.problems import not_found
from services.routing.api.documents import expert
from services.routing.api.profiles import Conflicts, Language, Weekday
from services.routing.handlers import own
from services.routing.store import EXPERTS

Expert = Annotated[Caller, Depends(allow("expert"))]


class Availability(BaseModel):
    """What an expert may say alone; what is not sent stays. Themes, provinces and capacity are the secretariat's."""

    model_config = ConfigDict(extra="forbid")
    working_days: Annotated[list[Weekday], Field(min_length=1, max_length=7)] | None = None
    available_hours: Annotated[
        float | None, Field(ge=0, le=60, description="A week, at most those agreed; null: those agreed.")
    ] = None
    languages: Annotated[list[Language], Field(max_length=20)] | None = None
    conflicts: Conflicts | None = None
    paused: Annotated[bool | None, Field(description="True: no further requests, until it is false again.")] = None

    def document(self) -> dict[str, Any]:
        """The fields that were sent, as they are stored. Raises 422 for bodies nobody knows."""
        told = self.model_dump(include=self.model_fields_set - {"conflicts"})
        sent = {name: value for name, value in told.items() if value is not None or name == "available_hours"}
        if "working_days" in sent:
            sent["working_days"] = sorted({day - 1 for day in sent["working_days"]})
        if "languages" in sent:
            sent["languages"] = sorted(set(sent["languages"]))
        if self.conflicts is not None:
            sent["conflicts"] = self.conflicts.document("/conflicts")
        return sent


def router(executor: Executor) -> APIRouter:
    """The routes."""
    routes = APIRouter(prefix="/api/experts/{id}", tags=["experts"])

    @routes.patch("/availability")
    async def change_availability(
        response: Response, caller: Expert, seen: IfMatch, id: str, changes: Availability
    ) -> dict[str, Any]:
        """An expert changes what is theirs to say. With If-Match: 412 if the profile changed meanwhile."""
        if caller.id != id:
            raise not_found()
        sent = changes.document()
        made = await executor.run({EXPERTS: [id]}, lambda work: own.change_own(work, id, sent, seen))
        response.headers["ETag"] = version_tag(made["version"])
        return expert(made)

    return routes
