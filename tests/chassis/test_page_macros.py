import re
from datetime import UTC, datetime

import pytest
from jinja2 import UndefinedError

from services.chassis.pages import Notice, Pages
from tests.chassis.sample_pages import body, caller, form, pages, request

__all__ = ["pages"]


def test_a_field_ties_label_help_and_error_together(pages: Pages) -> None:
    text = form(pages, {"email": "Too long."}, email='a"b')

    field = re.search(r"<input[^>]*f-email[^>]*>", text)
    assert field is not None
    assert 'value="a&#34;b"' in field[0]
    assert 'aria-describedby="f-email-help f-email-error"' in field[0]
    assert 'aria-invalid="true"' in field[0]
    assert 'autocomplete="email"' in field[0]
    assert '<label for="f-email">' in text
    assert 'href="#f-email">E-mail: Too long.' in text
    assert 'id="f-email-error"' in text


def test_what_was_chosen_and_written_stays(pages: Pages) -> None:
    text = form(pages, {}, theme="b", kind="y", text="<x>\nline")

    assert '<option value="b" selected>' in text
    assert re.findall(r'<input type="radio"[^>]*value="(.)"[^>]*checked', text) == ["y"]
    assert ">\n&lt;x&gt;\nline</textarea>" in text
    assert "aria-invalid" not in text


def test_the_error_summary_s_link_reaches_every_kind_of_field(pages: Pages) -> None:
    text = form(pages, dict.fromkeys(("email", "theme", "kind", "text"), "Too long."))

    targets = re.findall(r'href="#(f-[^"]+)"', text)
    assert len(targets) == 4
    assert [target for target in targets if text.count(f'id="{target}"') != 1] == []


def test_a_list_escapes_what_people_wrote(pages: Pages) -> None:
    at = datetime(2026, 3, 28, 18, tzinfo=UTC)
    response = pages.render(request(), "list.html", caller("expert"), items=["<s>"], at=at, text="<script>x</script>")

    text = body(response)
    assert '<td role="cell" data-label="Number" class=""><a href="/x/&lt;s&gt;">&lt;s&gt;</a>' in text
    assert '<td role="cell" data-label="Size" class="aff-number"><span>3</span>' in text
    assert "<p>&lt;script&gt;" in text
    assert '<dd><span class="aff-badge aff-neutral">open</span></dd>' in text
    assert '<time datetime="2026-03-28T18:00:00+00:00">28 March 2026, 19:00</time>' in text


def test_a_name_that_nobody_passed_is_an_error(pages: Pages) -> None:
    with pytest.raises(UndefinedError):
        pages.render(request(), "form.html", None, values={}, errors={})


def test_a_fragment_has_no_frame(pages: Pages) -> None:
    assert body(pages.fragment(request("/x?lang=it"), "part.html", None, text="<")) == "<p>&lt;</p>"


def test_notices_are_announced_and_the_bad_ones_at_once(pages: Pages) -> None:
    notices = [Notice("success", "Log in"), Notice("danger", "Log out")]

    text = body(pages.render(request(language="it"), "form.html", None, name="", values={}, errors={}, notices=notices))

    assert re.search(r'role="status">\s*<div class="alert alert-success">Accedi</div>', text)
    assert '<div class="alert alert-danger" role="alert">Esci</div>' in text
