"""Drafts and saved views on pages, without a script: kept, continued, sent, deleted; named, opened, deleted."""

import re
from html import unescape

import pytest

from contracts.envelope import new_id
from tests.intake_pages.conftest import BERGAMO, NEW, ask, hidden

PAGE = "/requests/new"
DRAFTS = "/requests/drafts"
BEGUN = {"body": BERGAMO, "title": "Una mezza frase", "description": "Prima riga\r\nseconda", "urgency": "high"}


async def _saved(browser, **fields: str) -> str:
    """Presses "save the draft" on the empty form; the draft's id."""
    data = {**hidden((await browser.get(PAGE)).text, PAGE), **BEGUN, **fields}
    answer = await browser.http.post(DRAFTS, data=data)
    assert answer.status_code == 303, answer.text
    return re.search(r"draft=([0-9a-f-]+)", answer.headers["location"]).group(1)


def _number(sent) -> str:
    return sent.headers["location"].split("?")[0].rsplit("/", 1)[1]


async def test_a_draft_is_saved_by_a_button_listed_and_continued(visit) -> None:
    official, colleague = await visit("official", BERGAMO), await visit("official", BERGAMO)

    id = await _saved(official)
    after = await official.get(f"{PAGE}?draft={id}&saved=yes")
    listed = await official.get("/requests")

    assert "La bozza è salvata." in after.text
    assert 'value="Una mezza frase"' in after.text
    assert "Prima riga\nseconda</textarea>" in after.text
    assert re.search(r'value="high"\s+checked', after.text)
    assert f'name="draft" value="{id}"' in after.text
    assert f'href="/requests/new?draft={id}"' in listed.text
    assert "Una mezza frase" not in (await colleague.get("/requests")).text
    assert (await colleague.get(f"{PAGE}?draft={id}")).status_code == 404


async def test_sending_a_continued_draft_removes_it_also_when_the_form_is_sent_twice(visit) -> None:
    official = await visit("official", BERGAMO)
    id = await _saved(official)
    data = {**hidden((await official.get(f"{PAGE}?draft={id}")).text, PAGE), **NEW}

    faulty = await official.http.post(PAGE, data={**data, "title": ""})
    still = await official.get("/requests")
    answers = [await official.http.post(PAGE, data=data) for _ in range(2)]
    listed = await official.get("/requests")
    late = await official.http.post(DRAFTS, data={**data, **BEGUN}, headers={"hx-request": "true"})

    assert faulty.status_code == 422
    assert id in still.text
    assert answers[0].headers["location"] == answers[1].headers["location"]
    assert id not in listed.text
    assert "La bozza non è stata salvata" in late.text
    assert id not in (await official.get("/requests")).text


async def test_the_page_saves_by_itself_and_an_empty_form_leaves_nothing(service, visit) -> None:
    official = await visit("official", BERGAMO)
    data = {**hidden((await official.get(PAGE)).text, PAGE), "body": BERGAMO, "title": " "}

    empty = await official.http.post(DRAFTS, data=data, headers={"hx-request": "true"})
    saved = await official.http.post(DRAFTS, data={**data, **BEGUN}, headers={"hx-request": "true"})
    too_long = await official.http.post(DRAFTS, data={**data, "title": "x" * 201}, headers={"hx-request": "true"})

    assert empty.status_code == 204
    assert "Bozza salvata" in saved.text
    assert "<html" not in saved.text
    assert "La bozza non è stata salvata" in too_long.text
    assert await service.database["drafts"].count_documents({"person": official.id}) == 1


async def test_a_draft_is_deleted_once_and_nobody_elses_can_be(visit) -> None:
    official, colleague = await visit("official", BERGAMO), await visit("official", BERGAMO)
    id = await _saved(official)
    token = {"csrf_token": hidden((await colleague.get(PAGE)).text, PAGE)["csrf_token"]}

    await colleague.http.post(f"{DRAFTS}/{id}/deletion", data=token)
    still = await official.get("/requests")
    sent = await official.send("/requests", f"{DRAFTS}/{id}/deletion")
    again = await official.http.post(
        f"{DRAFTS}/{id}/deletion", data={"csrf_token": hidden((await official.get(PAGE)).text, PAGE)["csrf_token"]}
    )

    assert id in still.text
    assert (sent.status_code, again.status_code) == (303, 303)
    assert id not in (await official.get("/requests")).text


@pytest.mark.parametrize("alone", [False, True], ids=["by the button", "by itself"])
async def test_further_themes_companies_and_the_earlier_request_are_kept_and_sent(service, visit, alone) -> None:
    official = await visit("official", BERGAMO)
    earlier = await ask(official)
    themes, companies = ["site-remediation", "building-planning"], "12345678903, IT 012"
    data = {**hidden((await official.get(f"{PAGE}?follows={earlier}")).text, PAGE), **BEGUN}
    about = {"further": themes, "companies": companies}

    await official.http.post(DRAFTS, data=data | about, headers={"hx-request": "true"} if alone else {})
    reopened = (await official.get(f"{PAGE}?draft={data['draft']}")).text
    again = hidden(reopened, PAGE)
    ticked = re.findall(r'name="further" value="([a-z-]+)" checked', reopened)
    written = re.search(r'name="companies" value="([^"]*)"', reopened).group(1)
    sent = await official.http.post(PAGE, data={**again, **NEW, "further": ticked, "companies": written.split(",")[0]})

    assert (sorted(ticked), written) == (sorted(themes), companies)
    assert again["follows"] == earlier
    assert '<details class="aff-field" open>' in reopened
    assert sent.status_code == 303, sent.text
    made = await service.database["requests"].find_one({"number": _number(sent)})
    assert (sorted(made["further_themes"]), made["companies"]) == (sorted(themes), ["12345678903"])
    assert [link["number"] for link in made["links"]] == [earlier]


async def test_taking_a_theme_and_a_company_away_takes_them_out_of_the_draft(visit) -> None:
    official = await visit("official", BERGAMO)
    id = await _saved(official, further="site-remediation", companies="12345678903")
    data = {**hidden((await official.get(f"{PAGE}?draft={id}")).text, PAGE), **BEGUN, "companies": ""}

    await official.http.post(DRAFTS, data=data)
    reopened = (await official.get(f"{PAGE}?draft={id}")).text

    assert not re.search(r'name="further" value="[a-z-]+" checked', reopened)
    assert "12345678903" not in reopened


async def test_a_theme_or_a_company_alone_is_worth_a_draft(service, visit) -> None:
    official = await visit("official", BERGAMO)

    for about in ({"further": "site-remediation"}, {"companies": "12345678903"}):
        data = hidden((await official.get(PAGE)).text, PAGE)
        saved = await official.http.post(DRAFTS, data=data | about, headers={"hx-request": "true"})
        assert "Bozza salvata" in saved.text

    assert await service.database["drafts"].count_documents({"person": official.id}) == 2


async def test_a_draft_that_never_was_is_not_found(visit) -> None:
    official = await visit("official", BERGAMO)

    assert (await official.get(f"{PAGE}?draft={new_id()}")).status_code == 404
    assert (await official.get(f"{PAGE}?draft=1")).status_code == 422


async def test_a_search_is_saved_with_a_name_opened_and_deleted(visit) -> None:
    official, colleague = await visit("official", BERGAMO), await visit("official", BERGAMO)
    number = await ask(official, title="Narcisi in fiore", kind="legal")
    address = "/requests?q=narciso&kind=legal&theme=waste-management&sort=oldest"

    fields = {
        name: unescape(value) for name, value in hidden((await official.get(address)).text, "/requests/views").items()
    }
    sent = await official.http.post("/requests/views", data={**fields, "name": "Fiori"})
    page = await official.get(sent.headers["location"])
    listed = await official.get("/requests")

    assert sent.status_code == 303
    assert number in page.text
    assert 'aria-current="page">Fiori</a>' in page.text
    assert re.search(r'<a href="/requests\?[^"]*q=narciso[^"]*">Fiori</a>', listed.text)
    assert "Fiori" not in (await colleague.get("/requests")).text
    action = re.search(r'action="(/requests/views/[0-9a-f-]+/deletion)"', listed.text).group(1)
    await official.send("/requests", action)
    assert "Fiori" not in (await official.get("/requests")).text


async def test_the_list_is_narrowed_by_every_filter_of_the_page_and_forgives_what_is_wrong(visit) -> None:
    official = await visit("official", BERGAMO)
    number = await ask(official, title="Mughetti in ombra", kind="legal")

    for query in (
        "kind=legal",
        "theme=waste-management",
        "assigned=false",
        "from=2020-01-01&to=2099-01-01",
        "sort=oldest",
    ):
        assert number in (await official.get(f"/requests?q=mughetto&{query}")).text, query
    for query in ("kind=technical", "theme=site-remediation", "assigned=me", "to=2020-01-01"):
        assert number not in (await official.get(f"/requests?q=mughetto&{query}")).text, query
    for query in ("kind=magic", "theme=magic", "from=ieri", "status=lost", "province=XX"):
        assert number in (await official.get(f"/requests?q=mughetto&{query}")).text, query
