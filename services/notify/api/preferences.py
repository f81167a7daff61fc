"""What a person wants to be told by e-mail; the page shows everything in any case."""

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.responses import Response

from services.chassis.auth import Caller, person
from services.chassis.preconditions import IfMatch, version_tag
from services.chassis.service import Service
from services.notify.store.notifications import wishes_of_one
from services.notify.wishes import Preferences, change, stated

Person = Annotated[Caller, Depends(person)]


def router(service: Service) -> APIRouter:
    """The routes of /api/notification-preferences."""
    routes = APIRouter(prefix="/api/notification-preferences", tags=["notification-preferences"])

    @routes.get("", summary="What is sent to me by e-mail")
    async def told(caller: Person, response: Response) -> Preferences:
        """Every kind of message that the caller may get, and those chosen before. The page shows all in any case."""
        row = await wishes_of_one(service.database, str(caller.id))
        response.headers["ETag"] = version_tag(row["version"])
        return stated(row, caller)

    @routes.put("", summary="Replace what is sent to me by e-mail")
    async def replaced(caller: Person, seen: IfMatch, wanted: Preferences, response: Response) -> Preferences:
        """Kinds that are not named are sent at once. 412 when `If-Match` is no longer the ETag."""
        row = await change(service, str(caller.id), wanted.email, seen)
        response.headers["ETag"] = version_tag(row["version"])
        return stated(row, caller)

    return routes
