import json
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from contracts.access import Grant, Role
from services.chassis.auth import Caller
from services.chassis.pages import Pages, navigation_of
from services.chassis.settings import Settings
from tests.chassis.sample_pages import body, caller, form, pages, request

__all__ = ["pages"]


def test_a_page_names_its_language_and_title_and_has_one_heading(pages: Pages) -> None:
    response = pages.render(request(), "form.html", None, name="<i>&</i>", values={}, errors={})

    text = body(response)
    assert '<html lang="en">' in text
    assert re.findall(r"<title>(.*)</title>", text) == ["New &lt;i&gt;&amp;&lt;/i&gt; – Affianca"]
    assert re.findall(r"<h1>(.*)</h1>", text) == ["New <b>&lt;i&gt;&amp;&lt;/i&gt;</b>"]
    assert response.headers["content-language"] == "en"
    assert 'href="#main"' in text
    assert '<main id="main"' in text


def test_italian_is_spoken_in_the_frame_and_in_macros(pages: Pages) -> None:
    text = body(
        pages.render(request(language="it"), "form.html", None, name="", values={}, errors={"email": "Too long."})
    )

    assert "Vai al contenuto" in text
    assert "(facoltativo)" in text
    assert "1 dato da correggere" in text
    assert text.count("Testo troppo lungo.") == 2


def test_the_language_switch_keeps_the_page_and_its_query_and_is_remembered(pages: Pages) -> None:
    response = pages.render(request("/requests?q=a%26b&lang=it"), "form.html", None, name="", values={}, errors={})

    assert 'href="/requests?q=a%26b&amp;lang=en"' in body(response)
    assert "lang=it;" in response.headers["set-cookie"]
    assert "Secure" in response.headers["set-cookie"]


def test_a_language_that_we_do_not_speak_is_not_remembered(pages: Pages) -> None:
    response = pages.render(request("/?lang=xx"), "form.html", None, name="", values={}, errors={})

    assert "set-cookie" not in response.headers


@pytest.mark.parametrize(
    ("roles", "addresses"),
    [
        (("official",), ["/requests", "/my-body", "/practices", "/notifications"]),
        (("expert",), ["/desk", "/requests", "/bodies", "/practices", "/notifications"]),
        (
            ("coordinator",),
            [
                "/desk/board",
                "/desk/simulations",
                "/requests",
                "/triage",
                "/mails",
                "/bodies",
                "/practices",
                "/notifications",
                "/reports",
            ],
        ),
        (("monitor",), ["/desk/simulations", "/requests", "/bodies", "/practices", "/notifications", "/reports"]),
        (("front_end",), []),
        ((), []),
    ],
)
def test_the_navigation_shows_what_the_roles_allow(roles: tuple[Role, ...], addresses: list[str]) -> None:
    assert [entry["href"] for entry in navigation_of(caller(*roles), "/")] == addresses


@pytest.mark.parametrize(("body_code", "seen"), [("012", True), ("015", True), ("012133", False)])
def test_figures_of_comuni_are_shown_to_the_people_of_a_provincia_alone(body_code: str, seen: bool) -> None:
    since = datetime(2020, 1, 1, tzinfo=UTC)
    official = Caller("1", (Grant(role="official", scope_kind="body", scope=body_code, start=since),))

    addresses = [entry["href"] for entry in navigation_of(official, "/")]

    assert ("/reports" in addresses) is seen


def test_the_entry_in_which_the_page_lies_is_current_and_no_other() -> None:
    everything = caller("official", "expert", "coordinator", "monitor")

    current = {
        path: [e["href"] for e in navigation_of(everything, path) if e["current"]]
        for path in ("/requests/2026-1", "/requestsx", "/desk", "/desk/simulations/1")
    }

    assert current == {
        "/requests/2026-1": ["/requests"], "/requestsx": [], "/desk": ["/desk"],
        "/desk/simulations/1": ["/desk/simulations"],
    }  # fmt: skip
    addresses = [entry["href"] for entry in navigation_of(everything, "/")]
    assert len(set(addresses)) == len(addresses)


def test_who_is_logged_in_can_log_out_by_a_form_and_who_is_not_can_log_in_and_come_back(pages: Pages) -> None:
    inside = form(pages, {})
    outside = body(pages.render(request("/requests?q=1"), "form.html", None, name="", values={}, errors={}))

    assert re.search(
        r'<form method="post" action="/logout">\s*<input type="hidden" name="csrf_token" value="tok&#34;en">', inside
    )
    assert "/login" not in inside
    assert 'href="/login?next=/requests%3Fq%3D1"' in outside
    assert "/logout" not in outside


@pytest.mark.parametrize(("source", "said"), [("urn:affianca:local", True), ("urn:affianca:lombardia", False)])
def test_a_demonstration_says_so(tmp_path: Path, pages: Pages, source: str, said: bool) -> None:
    settings = Settings(assets=tmp_path / "node_modules", source=source, programme="Programma <X>")
    shown = Pages("sample", tmp_path / "service", settings)

    text = body(shown.render(request(), "form.html", None, name="", values={}, errors={}))

    assert ("not an official site" in text) is said
    assert "Programma &lt;X&gt;" in text


def test_htmx_is_configured_by_valid_json_and_shows_no_server_failure(pages: Pages) -> None:
    found = re.search(r"name=\"htmx-config\" content='([^']+)'", form(pages, {}))

    assert found is not None
    assert "5xx" in json.loads(found[1])["noSwap"]
