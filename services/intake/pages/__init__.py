"""The pages of intake, one file for each noun; all work without a script.

    public    the home page, accessibility, privacy             session   logging in and out
    lists     requests, and those that wait for a theme         new       the form of a new request
    imports   many requests from a file                     keys      keys of front-ends and their quotas
    request   one request, and its parts for other pages        actions   what can be done with it
    bodies    the register, and what its keepers do there       my_body   a body as its own people see it
    related   links, data to set right (related_forms)                 phone     a request that somebody telephones
    practices good practices, for everybody                     practice_work, practice_actions   for who writes them
    not_possible   the page of a request for an action that came too late
    answers   one answer to many requests
    uploads   files in forms, and how they are shown
    drafts    what was begun and not sent                       views     filters with a name
    similar   what is like a request, or like what is written   merging   joining two

Who sees a request is decided where the API decides it (`handlers.parts.find`, `store.visibility`). To offer a
further action on a request: one entry in `actions.ACTIONS`, and its form in templates/requests/actions.html.
"""

from fastapi import APIRouter

from services.chassis.service import Service
from services.intake.handlers.parts import Parts
from services.intake.pages import (
    actions,
    answers,
    bodies,
    drafts,
    imports,
    keys,
    lists,
    mails,
    merging,
    my_body,
    new,
    phone,
    practice_actions,
    practice_work,
    practices,
    public,
    registrations,
    related_forms,
    request,
    session,
    similar,
    uploads,
    views,
)


def router(service: Service, parts: Parts) -> APIRouter:
    """The routes of all pages."""
    routes = APIRouter(include_in_schema=False)
    routes.include_router(public.router(service))
    routes.include_router(session.router(service))
    routes.include_router(lists.router(service, parts))
    routes.include_router(mails.router(service, parts))
    # Before the page of a single body: `registrations` is not a code.
    routes.include_router(registrations.router(service, parts))
    routes.include_router(bodies.router(service, parts))
    routes.include_router(my_body.router(service, parts))
    routes.include_router(answers.router(service, parts))
    # Before the pages of a single request: `new` is not a number.
    routes.include_router(new.router(service, parts))
    routes.include_router(phone.router(service, parts))
    # Before the pages of a single practice, which may have any name.
    routes.include_router(practice_work.router(service, parts))
    routes.include_router(practice_actions.router(service, parts))
    routes.include_router(practices.router(service, parts))
    routes.include_router(imports.router(service, parts))
    routes.include_router(keys.router(service, parts))
    routes.include_router(drafts.router(service, parts))
    routes.include_router(views.router(service, parts))
    routes.include_router(similar.router(service, parts))
    routes.include_router(merging.router(service, parts))
    routes.include_router(request.router(service, parts))
    # Before the actions, which take any name.
    routes.include_router(related_forms.router(service, parts))
    routes.include_router(actions.router(service, parts))
    routes.include_router(uploads.router(parts))
    return routes
