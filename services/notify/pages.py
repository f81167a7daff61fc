"""The page /notifications: what happened, newest first, and what to send by e-mail."""

from typing import Annotated, cast

from fastapi import APIRouter, Depends, Path, Request
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response

from contracts.envelope import Id
from services.chassis.auth import Caller, person
from services.chassis.forms import checked_form
from services.chassis.i18n import N_, language_of
from services.chassis.pages import Notice
from services.chassis.paging import Cursor, key_of, page_of, uuid
from services.chassis.preconditions import Seen
from services.chassis.problems import not_found
from services.chassis.service import Service
from services.notify import handlers
from services.notify.messages import MESSAGES
from services.notify.store import NOTIFICATIONS
from services.notify.store.notifications import notifications_of, unread_count, wishes_of_one
from services.notify.texts import Texts
from services.notify.views import page_of_body, shown
from services.notify.wishes import When, change, stated

_ON_A_PAGE = 25
_DONE = {
    "read": N_("The notification is marked as read."),
    "saved": N_("Your choice of e-mails has been saved."),
}
Person = Annotated[Caller, Depends(person)]
Form = Annotated[FormData, Depends(checked_form)]


def router(service: Service, texts: Texts) -> APIRouter:
    """The pages below /notifications."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/notifications")
    async def listed(request: Request, caller: Person, cursor: Cursor = None, done: str = "") -> Response:
        who, language = str(caller.id), language_of(request, caller)
        rows = await notifications_of(service.database, who, key_of(cursor, uuid), _ON_A_PAGE + 1)
        items, following = page_of(rows, _ON_A_PAGE, "position")
        wishes = stated(await wishes_of_one(service.database, who), caller)
        kinds = [(code, texts.title(code, language), wishes.email[code] == "at_once") for code in wishes.email]
        return service.web.pages.render(
            request,
            "notifications.html",
            caller,
            items=[(shown(row, texts, language), page_of_body(row)) for row in items],
            unread=await unread_count(service.database, who),
            next_cursor=following,
            cursor=cursor,
            kinds=kinds,
            notices=[Notice("success", _DONE[done])] if done in _DONE else [],
        )

    @routes.post("/notifications/{id}/read")
    async def read(caller: Person, form: Form, id: Annotated[Id, Path()]) -> Response:
        try:
            await service.executor.run({NOTIFICATIONS: [id]}, lambda work: handlers.mark_read(work, str(caller.id), id))
        except handlers.NotYours as error:
            raise not_found() from error
        return RedirectResponse("/notifications?done=read", 303)

    @routes.post("/notifications/preferences")
    async def chosen(caller: Person, form: Form) -> Response:
        kept = await wishes_of_one(service.database, str(caller.id))
        # A kind that the page did not show, for instance of a role given meanwhile, stays as it is.
        asked = MESSAGES.keys() & form.getlist("kind")
        wanted = kept["email"] | {code: "at_once" if form.get(f"email-{code}") else "off" for code in asked}
        await change(service, str(caller.id), cast(dict[str, When], wanted), Seen())
        return RedirectResponse("/notifications?done=saved", 303)

    return routes
