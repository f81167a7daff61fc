"""Logging in through the identity provider, and out. Who is recognised but not enabled is told what to do."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response

from services.chassis.auth import Caller, public
from services.chassis.forms import checked_form
from services.chassis.login import Login
from services.chassis.service import Service
from services.chassis.sessions import LOGIN_COOKIE

Anyone = Annotated[Caller, Depends(public)]
Form = Annotated[FormData, Depends(checked_form)]
Path = Annotated[str, Query(max_length=2000)]


def router(service: Service) -> APIRouter:
    """The routes."""
    routes = APIRouter(include_in_schema=False)
    web, settings = service.web, service.settings
    login = Login(settings, web.sessions, web.tokens)

    @routes.get("/login")
    async def begin(request: Request, caller: Anyone, next: Path = "", back_to: Path = "") -> Response:
        if "hx-request" in request.headers:
            # A part of a page that was open too long asked for itself: it must not begin a login behind one's back.
            return web.pages.fragment(request, "session/over.html", caller, status=401)
        return await login.begin(next or back_to or "/")

    @routes.get("/callback")
    async def finish(request: Request, caller: Anyone) -> Response:
        credential, back_to = await login.finish(request)
        principal = await service.principals.by_credential(credential)
        response: Response
        if principal is None:
            response = web.pages.render(request, "session/unknown.html", caller, status=403, address=settings.mail_from)
        else:
            response = RedirectResponse(back_to, status_code=303)
            web.sessions.open(response, principal.id)
        response.delete_cookie(LOGIN_COOKIE, path="/")
        return response

    @routes.post("/logout")
    async def leave(request: Request, caller: Anyone, form: Form) -> Response:
        response = RedirectResponse("/", status_code=303)
        web.sessions.close(response)
        return response

    return routes
