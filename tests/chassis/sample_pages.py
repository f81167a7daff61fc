"""A service with three small templates, and requests and callers for its pages."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from starlette.requests import Request

from contracts.access import Grant, Role
from services.chassis.assets import CATALOGUE
from services.chassis.auth import Caller
from services.chassis.pages import Pages
from services.chassis.settings import Settings

FORM = """{% extends "frame.html" %}{% import "forms.html" as forms %}
{% block title %}New <b>{{ name }}</b>{% endblock %}
{% block content %}{{ forms.error_summary(errors, {"email": "E-mail"}) }}<form method="post">{{ csrf_field() }}
{{ forms.field("email", "E-mail", values, errors, help="Yours", type="email", autocomplete="email") }}
{{ forms.select("theme", "Theme", [("a", "A"), ("b", "B")], values, errors, required=false) }}
{{ forms.radios("kind", "Kind", [("x", "X"), ("y", "Y")], values, errors) }}
{{ forms.textarea("text", "Text", values, errors) }}</form>{% endblock %}"""
LIST = """{% extends "frame.html" %}{% import "macros.html" as ui %}{% block title %}List{% endblock %}
{% block content %}{% set headers = ["Number", ("Size", "number")] %}{% call(item) ui.table("All", headers, items) %}
{{ ui.cell(headers[0], item, href="/x/" ~ item) }}{{ ui.cell(headers[1], item | length | number) }}{% endcall %}
{{ ui.pagination(next="?cursor=n") }}{{ ui.badge("late", "danger") }}
{% call ui.timeline("Talk") %}{% call ui.entry("Body", at) %}<p>{{ text }}</p>{% endcall %}{% endcall %}
{{ ui.facts([("State", ui.badge("open")), ("None", none)]) }}{{ ui.fragment("/desk/x", "who") }}{% endblock %}"""


@pytest.fixture
def pages(tmp_path: Path) -> Pages:
    node_modules, templates = tmp_path / "node_modules", tmp_path / "service" / "templates"
    for path in CATALOGUE:
        (node_modules / path).parent.mkdir(parents=True, exist_ok=True)
        (node_modules / path).touch()
    templates.mkdir(parents=True)
    for name, text in {"form.html": FORM, "list.html": LIST, "part.html": "<p>{{ text }}</p>"}.items():
        (templates / name).write_text(text, encoding="utf-8")
    return Pages("sample", tmp_path / "service", Settings(assets=node_modules, public_url="https://x.example"))


def request(target: str = "/requests", included: bool = False, language: str = "en") -> Request:
    path, _, query = target.partition("?")
    headers = [(b"host", b"x.example"), (b"accept-language", language.encode())]
    headers += [(b"hx-request", b"true")] if included else []
    scope = {"type": "http", "method": "GET", "path": path, "query_string": query.encode(), "headers": headers}
    made = Request(scope)
    made.state.csrf_token = 'tok"en'
    return made


def caller(*roles: Role) -> Caller:
    start = datetime(2020, 1, 1, tzinfo=UTC)
    return Caller("1", tuple(Grant(role=role, scope_kind="programme", start=start) for role in roles), None, "session")


def form(pages: Pages, errors: dict[str, str], **values: str) -> str:
    return body(pages.render(request(), "form.html", caller("official"), name="x", values=values, errors=errors))


def body(response: Any) -> str:
    return bytes(response.body).decode()
