"""What everybody sees, and what people see first."""

import re

import pytest

from contracts import vocabulary
from services.chassis.i18n import translator
from services.intake.pages.public import term_of
from tests.intake_pages.conftest import BERGAMO


@pytest.mark.parametrize("path", ["/", "/accessibilita", "/privacy"])
@pytest.mark.parametrize("language", ["it", "en"])
async def test_a_public_page_has_one_heading_and_is_in_the_readers_language(visit, path, language) -> None:
    browser = await visit()

    answer = await browser.get(f"{path}?lang={language}")

    assert answer.status_code == 200
    assert answer.text.count("<h1>") == 1
    assert answer.headers["content-language"] == language


async def test_the_home_page_lists_every_theme_and_procedure(visit) -> None:
    browser = await visit()

    text = (await browser.get("/")).text.replace("&#39;", "'").replace("&amp;", "&")

    assert all(theme.name_it in text for theme in vocabulary.themes())
    assert all(procedure.name_it in text for procedure in vocabulary.procedures())
    assert 'href="/requests/new"' in text


async def test_a_term_by_law_is_never_shown_without_its_statute_and_date(visit) -> None:
    words = translator("it")
    terms = [procedure.statutory_term for procedure in vocabulary.procedures() if procedure.statutory_term]

    told = [term_of(term, words) for term in terms]

    assert len(told) >= 10
    for term, text in zip(terms, told, strict=True):
        assert term.statute in text
        assert term.as_of is None or term.as_of[:4] in text


@pytest.mark.parametrize(
    ("role", "scope", "address"),
    [
        ("official", BERGAMO, "/requests/new"),
        ("expert", "waste-management", "/desk"),
        ("coordinator", None, "/triage"),
        ("monitor", None, "/reports"),
    ],
)
async def test_the_home_page_leads_each_role_to_its_work(visit, role, scope, address) -> None:
    browser = await visit(role, scope)

    text = (await browser.get("/")).text

    assert re.search(rf'<li><a href="{address}">', text)


async def test_who_has_no_role_is_told_what_to_do(visit) -> None:
    browser = await visit("none")

    home, refused = await browser.get("/"), await browser.get("/requests")

    assert "non Le è ancora stato assegnato un ruolo" in home.text
    assert refused.status_code == 403
