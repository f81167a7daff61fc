"""The local OpenID Connect provider: a real one (`oidc-provider-mock`) with our own pages, for invented people.

Its pages are replaced by ours: Italian, accessible, nothing fetched from elsewhere, a strict CSP. Its debugger is
removed. It keeps everything in memory: who is logged in stays so, because the services keep their own sessions.
"""

import importlib
import logging
import os
import secrets
import threading
import warnings
from pathlib import Path

import flask
from werkzeug.serving import BaseWSGIServer, make_server

from deploy.local.identities import PEOPLE
from deploy.local.places import HOST

with warnings.catch_warnings():
    # Its own libraries warn that they have successors: nothing that we could change. Authlib asks to be heard always,
    # so it comes first.
    importlib.import_module("authlib.deprecate")
    warnings.simplefilter("ignore")
    from oidc_provider_mock import User, init_app  # type: ignore[import-untyped]

_TEMPLATES = Path(__file__).parent / "templates"
_CSP = "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'"


def login_app() -> flask.Flask:
    """The provider as a WSGI application."""
    # The provider is not reached over TLS here; its library asks to be told that this is meant.
    os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"
    app = flask.Flask(__name__, template_folder=str(_TEMPLATES / "login"), static_folder=None)
    users = [User(sub=person.subject, claims={"name": person.name, "email": person.email}) for person in PEOPLE]
    init_app(app, user_claims=users)
    app.debug = False
    app.wsgi_app = app.wsgi_app.app  # type: ignore[method-assign,attr-defined]  # without the debugger around it
    app.secret_key = secrets.token_bytes(32)
    app.context_processor(lambda: {"people": PEOPLE})
    app.after_request(_protect)
    app.add_url_rule("/style.css", view_func=lambda: flask.send_file(_TEMPLATES / "plain.css"), endpoint="style")
    return app


def _protect(response: flask.Response) -> flask.Response:
    # No form-action: browsers apply it to the redirect that follows a form too, and that one leads to Affianca.
    response.headers["Content-Security-Policy"] = _CSP
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Cache-Control"] = "no-store"
    return response


class LoginProvider:
    """The provider on a port of the loopback interface, in a thread of its own."""

    def __init__(self, port: int = 0) -> None:
        logging.getLogger("werkzeug").setLevel(logging.ERROR)
        self._server: BaseWSGIServer = make_server(HOST, port, login_app(), threaded=True)
        self.issuer = f"http://{HOST}:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), name="login", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._thread.join(5)
        self._server.server_close()
