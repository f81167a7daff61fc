"""Forms of good practices that are refused: nothing is stored by half, and what was written stays on the page."""

from typing import Any

from tests.intake_pages.conftest import Browser, hidden
from tests.intake_pages.test_practice_pages import DRAFT, THEME, begun, published, solved


async def _draft(visit: Any, service: Any) -> tuple[Browser, str]:
    """An expert, and the address of the draft of theirs."""
    number, _, expert = await solved(visit, service)
    return expert, f"{await begun(expert, number)}/draft"


async def _stored(service: Any, page: str) -> dict[str, Any]:
    row: dict[str, Any] = await service.database["practices"].find_one({"_id": page.split("/")[2]})
    return row


async def test_a_draft_that_was_saved_meanwhile_is_shown_beside_what_was_written_and_saving_again_holds(
    visit, service
) -> None:
    expert, page = await _draft(visit, service)
    old = hidden((await expert.get(page)).text, f"{page}/save")
    await expert.send(page, f"{page}/save", **DRAFT | {"solution": "Salvata nell’altra scheda."})

    late = await expert.http.post(f"{page}/save", data={**old, **DRAFT, "title": "Titolo tardivo"})
    again = hidden(late.text, f"{page}/save")
    saved = await expert.http.post(f"{page}/save", data={**again, **DRAFT, "title": "Titolo tardivo"})

    assert late.status_code == 412
    assert "Titolo tardivo" in late.text
    assert "Salvata nell’altra scheda." in late.text
    assert "La ricarichi" not in late.text
    assert saved.status_code == 303
    assert (await _stored(service, page))["content"]["title"] == "Titolo tardivo"


async def test_a_version_that_is_no_number_is_an_old_one(visit, service) -> None:
    expert, page = await _draft(visit, service)
    data = hidden((await expert.get(page)).text, f"{page}/save")

    for seen in ("9" * 5000, "-1", "uno", ""):
        assert (await expert.http.post(f"{page}/save", data={**data, **DRAFT, "seen": seen})).status_code == 412


async def test_a_reason_that_cannot_be_kept_whole_is_refused_and_stays_in_its_form(visit, service) -> None:
    expert, page = await _draft(visit, service)
    await expert.send(page, f"{page}/save", **DRAFT)
    await expert.send(page, f"{page}/review")
    reviewer = await visit("coordinator", THEME)

    for text in ("Manca la norma." + "z" * 2000, "Manca la norma.\x07"):
        back = await reviewer.send(page, f"{page}/publication", approved="no", reason=text)
        withdrawn = await reviewer.send(page, f"{page}/withdrawal", why=text)
        assert (back.status_code, withdrawn.status_code) == (422, 422)
        assert ">\nManca la norma." in back.text
        assert ">\nManca la norma." in withdrawn.text
        assert 'href="#f-reason"' in back.text
        assert 'href="#f-why"' in withdrawn.text
    assert (await _stored(service, page))["state"] == "review"


async def test_who_may_not_save_reads_so_beside_what_they_wrote(visit, service) -> None:
    expert, page = await _draft(visit, service)
    await expert.send(page, f"{page}/save", **DRAFT)
    reviewer = await visit("coordinator", THEME)
    token = hidden((await reviewer.get(page)).text, f"{page}/withdrawal")

    refused = await reviewer.http.post(f"{page}/save", data={**token, **DRAFT, "solution": "Riscritta da altri."})

    assert refused.status_code == 403
    assert "Riscritta da altri." in refused.text
    assert (await _stored(service, page))["content"]["solution"] == DRAFT["solution"]


async def test_a_judgement_that_says_nothing_is_none(visit, service) -> None:
    number, official, expert = await solved(visit, service)
    place = await published(visit, expert, number)
    article = (await official.get(place)).text
    action = article.split('/feedback"')[0].rsplit('action="', 1)[1] + "/feedback"
    token = hidden(article, action)

    for said in ({}, {"helpful": "boh"}):
        assert (await official.http.post(action, data={**token, **said})).status_code == 422

    assert "0 lettori no" in (await official.get(place)).text
