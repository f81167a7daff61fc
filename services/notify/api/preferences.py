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

    @routes.get("")
    async def told(caller: Person, response: Response) -> Preferences:
        """What the caller wants by e-mail."""
        row = await wishes_of_one(service.database, str(caller.id))
        response.headers["ETag"] = version_tag(row["version"])
        return stated(row, caller)

    @routes.put("")
    async def replaced(caller: Person, seen: IfMatch, wanted: Preferences, response: Response) -> Preferences:
        """Replaces what the caller wants by e-mail."""
        row = await change(service, str(caller.id), wanted.email, seen)
        response.headers["ETag"] = version_tag(row["version"])
        return stated(row, caller)

    return routes
