import re

import pytest
from starlette.requests import Request

from services.chassis.pages import Pages
from services.chassis.problems import Problem, not_found
from tests.chassis.sample_pages import body, pages, request

__all__ = ["pages"]


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 409, 412, 413, 415, 422, 429, 500, 503])
def test_every_problem_says_in_italian_what_happened_and_what_to_do(pages: Pages, status: int) -> None:
    problem = Problem(status, "Not allowed", "Send at most {bytes} bytes.", values={"bytes": 7})

    response = pages.render(request("/x", language="it"), "problem.html", None, status=status, problem=problem)

    text = body(response)
    main = text[text.index("<main") : text.index("</main")]
    assert response.status_code == status
    assert len(re.findall(r"<h1>[^<]+</h1>", main)) == 1
    assert re.search(r"<p>(Inviare al massimo 7 byte\.|[A-Z][^<]{20,})</p>", main)
    assert "Send" not in main
    assert "Not allowed" not in main


def test_a_problem_names_the_wrong_fields(pages: Pages) -> None:
    problem = Problem(422, "Some fields are not valid", errors=[{"pointer": "/title", "detail": "Too long."}])

    text = body(pages.render(request(), "problem.html", None, status=422, problem=problem))

    assert "<strong>title</strong>: Too long." in text


def test_a_problem_that_another_page_includes_has_no_frame(pages: Pages) -> None:
    text = body(pages.render(request(included=True), "problem.html", None, status=404, problem=not_found()))

    assert "<html" not in text
    assert "Page not found" in text
    assert 'role="alert"' in text


def test_a_problem_before_anybody_is_recognised_is_still_a_page(pages: Pages) -> None:
    bare = Request(
        {"type": "http", "method": "GET", "path": "/assets/x", "query_string": b"", "headers": [(b"host", b"x")]}
    )

    assert "<h1>" in body(pages.render(bare, "problem.html", None, status=404, problem=not_found()))
