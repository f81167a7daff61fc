"""The pages of intake, one file for each noun; all work without a script.

    public    the home page, accessibility, privacy             session   logging in and out
    lists     requests, and those that wait for a theme         new       the form of a new request
    request   one request, and its parts for other pages        actions   what can be done with it
    drafts    what was begun and not sent                       views     filters with a name
    similar   what is like a request, or like what is written

Who sees a request is decided where the API decides it (`handlers.parts.find`, `store.visibility`). To offer a
further action on a request: one entry in `actions.ACTIONS`, and its form in templates/requests/actions.html.
"""

from fastapi import APIRouter

from services.chassis.service import Service
from services.intake.handlers.parts import Parts
from services.intake.pages import actions, drafts, lists, mails, new, public, request, session, similar, views


def router(service: Service, parts: Parts) -> APIRouter:
    """The routes of all pages."""
    routes = APIRouter(include_in_schema=False)
    routes.include_router(public.router(service))
    routes.include_router(session.router(service))
    routes.include_router(lists.router(service, parts))
    routes.include_router(mails.router(service, parts))
    # Before the pages of a single request: `new` is not a number.
    routes.include_router(new.router(service, parts))
    routes.include_router(drafts.router(service, parts))
    routes.include_router(views.router(service, parts))
    routes.include_router(similar.router(service, parts))
    routes.include_router(request.router(service, parts))
    routes.include_router(actions.router(service, parts))
    return routes
