"""An expert corrects the days of an own absence on a page."""

import re

import httpx
import pytest

from services.chassis.mongo import Document
from tests.routing.material import Routing, person
from tests.routing.test_absences import NEXT, NOW, away
from tests.routing.test_desk_pages import text_of, token_of

PAGE = "/desk/absences"
_FORM = re.compile(r'<form method="post" action="([^"]*/correction[^"]*)"')


async def noted(routing: Routing) -> list[Document]:
    async with routing.api("anna") as api:
        return list((await api.get(f"/api/experts/{person('anna')}/absences")).json()["items"])


async def form_of(browser: httpx.AsyncClient, days: Document) -> tuple[httpx.Response, str]:
    """The page to which the button beside an absence leads, and where its form goes."""
    listed = (await browser.get(PAGE)).text.replace("&amp;", "&")
    link = f"{PAGE}/correction?first={days['from']}&last={days['to']}"
    assert f'href="{link}"' in listed
    page = await browser.get(link)
    sent_to = _FORM.search(page.text)
    assert sent_to
    return page, sent_to[1].replace("&amp;", "&")


async def test_the_days_of_an_absence_are_corrected_and_the_others_stay(routing: Routing) -> None:
    await away(routing, NEXT, NOW)
    days = {"from": "2026-12-27", "to": "2027-01-06"}

    async with routing.browser("anna") as browser:
        page, address = await form_of(browser, NEXT)
        saved = await browser.post(address, data={"csrf_token": token_of(page), **days})
        shown = await browser.get(saved.headers["location"])

    assert 'value="2026-12-24"' in page.text
    assert 'value="2026-12-31"' in page.text
    assert "dal giorno 24 dicembre 2026 al giorno 31 dicembre 2026" in text_of(page)
    assert saved.status_code == 303
    assert "L'assenza è stata corretta." in text_of(shown).replace("&#39;", "'")
    assert await noted(routing) == [NOW, days]


@pytest.mark.parametrize(
    ("days", "field"),
    [
        ({"from": "2026-12-31", "to": "2026-12-24"}, "f-to-error"),
        ({"from": "2026-12-24", "to": ""}, "f-to-error"),
        ({"from": "domani", "to": "2026-12-24"}, "f-from-error"),
    ],
)
async def test_wrong_days_come_back_with_what_is_wrong(routing: Routing, days: Document, field: str) -> None:
    await away(routing, NEXT)

    async with routing.browser("anna") as browser:
        page, address = await form_of(browser, NEXT)
        wrong = await browser.post(address, data={"csrf_token": token_of(page), **days})

    assert wrong.status_code == 422
    assert f'id="{field}"' in wrong.text
    assert f'value="{days["from"]}"' in wrong.text
    assert await noted(routing) == [NEXT]


async def test_what_was_taken_back_meanwhile_cannot_be_corrected_any_more(routing: Routing) -> None:
    await away(routing, NEXT)
    days = {"from": "2026-12-27", "to": "2027-01-06"}

    async with routing.browser("anna") as browser:
        page, address = await form_of(browser, NEXT)
        form = {"csrf_token": token_of(page), **days}
        taken_back = {"csrf_token": token_of(page), "first": NEXT["from"], "last": NEXT["to"]}
        assert (await browser.post(f"{PAGE}/remove", data=taken_back)).status_code == 303
        late = await browser.post(address, data=form)
        gone = await browser.get(address)

    assert (late.status_code, gone.status_code) == (404, 404)
    assert "Questa assenza non esiste" in text_of(late)
    assert await noted(routing) == []
