"""The mail catcher's pages and JSON: `/`, `/messages/{id}`, `GET` and `DELETE /api/messages?to=`.

Read-only for browsers, no script, no HTML of a mail, and only for this machine's own names (no DNS rebinding).
"""

from datetime import datetime
from pathlib import Path

from jinja2 import Environment, FileSystemLoader
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from deploy.local.mailbox import Mailbox

_TEMPLATES = Path(__file__).parent / "templates"
_SHOWN = 200
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


def _moment(at: datetime) -> str:
    return at.astimezone().strftime("%d/%m/%Y %H:%M:%S")


class MailPages:
    """The application over one mailbox."""

    def __init__(self, mailbox: Mailbox) -> None:
        self._mailbox = mailbox
        self._templates = Environment(loader=FileSystemLoader(_TEMPLATES / "mail"), autoescape=True)
        self._templates.filters["moment"] = _moment
        self.app = Starlette(
            routes=[
                Route("/", self._list),
                Route("/messages/{id:int}", self._message),
                Route("/api/messages", self._api),
                Route("/api/messages", self._clear, methods=["DELETE"]),
                Route("/api/messages/{id:int}", self._api_message),
                Route("/style.css", self._style),
            ],
            middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=["127.0.0.1", "localhost"])],
            exception_handlers={404: self._missing},
        )

    def _page(self, name: str, status: int = 200, **context: object) -> Response:
        return HTMLResponse(self._templates.get_template(name).render(context), status, _HEADERS)

    async def _list(self, request: Request) -> Response:
        to = request.query_params.get("to", "")
        mails = self._mailbox.find(to)
        return self._page("list.html", mails=mails[:_SHOWN], total=len(mails), to=to)

    async def _message(self, request: Request) -> Response:
        mail = self._mailbox.get(request.path_params["id"])
        if mail is None:
            raise HTTPException(404)
        return self._page("message.html", mail=mail)

    async def _missing(self, request: Request, error: Exception) -> Response:
        if request.url.path.startswith("/api/"):
            return JSONResponse({"title": "Not found", "status": 404}, 404, _HEADERS)
        return self._page("missing.html", 404)

    async def _api(self, request: Request) -> Response:
        mails = self._mailbox.find(request.query_params.get("to", ""))
        return JSONResponse({"items": [mail.as_json() for mail in mails]}, headers=_HEADERS)

    async def _api_message(self, request: Request) -> Response:
        mail = self._mailbox.get(request.path_params["id"])
        if mail is None:
            raise HTTPException(404)
        return JSONResponse(mail.as_json(), headers=_HEADERS)

    async def _clear(self, request: Request) -> Response:
        self._mailbox.clear(request.query_params.get("to", ""))
        return Response(status_code=204, headers=_HEADERS)

    async def _style(self, request: Request) -> Response:
        return FileResponse(_TEMPLATES / "plain.css", headers=_HEADERS)
