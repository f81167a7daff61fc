"""`/api/<service>/docs`: the OpenAPI document as a page to read and try, for everybody who may read the document.

Swagger UI, served by ourselves: the security policy of every page holds here too, so nothing is loaded from another
host and no script or style stands in the page. Calls that change something need a key or token, never the session.
"""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from services.chassis.auth import Caller, public
from services.chassis.pages import Pages

Anyone = Annotated[Caller, Depends(public)]


def router(name: str, pages: Pages) -> APIRouter:
    """The route of one service."""
    routes = APIRouter(include_in_schema=False)

    @routes.get(f"/api/{name}/docs")
    async def api_docs(request: Request, caller: Anyone) -> Response:
        return pages.render(request, "api_docs.html", caller, name=name, document=f"/api/{name}/openapi.json")

    return routes
