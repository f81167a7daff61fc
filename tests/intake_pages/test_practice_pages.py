"""Good practices by page: begun on a request, checked for names, published by somebody else, read by everybody."""

import re

import pytest

from tests.intake_pages.conftest import BERGAMO, Browser, Visit, ask, enrol, lead

THEME = "waste-management"
DRAFT = {
    "title": "Classificare un ammendante mai visto",
    "problem": "Un ente non sapeva come classificare un ammendante.",
    "solution": "Si applica il regolamento europeo sui fertilizzanti.",
    "references": "Reg. UE 2019/1009\nCircolare 4/2025",
    "themes": THEME,
}


async def solved(visit: Visit, service) -> tuple[str, Browser, Browser]:
    """A resolved request, its official, and the expert who solved it."""
    official = await visit("official", BERGAMO, name="Ida Pesenti")
    number = await ask(official, description="Scrive Ida Pesenti del Comune di Bergamo: come si procede?")
    expert = await visit("expert", THEME, name="Marco Ferri")
    await lead(service, number, expert.id or "")
    sent = await expert.send(f"/requests/{number}", f"/requests/{number}/resolve", outcome="solved", solution="Ecco.")
    assert sent.status_code == 303
    return number, official, expert


async def begun(expert: Browser, number: str) -> str:
    """A draft of that request; the address of its working copy."""
    sent = await expert.send(f"/requests/{number}", "/practices/new")
    assert sent.status_code == 303, sent.text
    return sent.headers["location"].split("?")[0].removesuffix("/draft")


async def published(visit: Visit, expert: Browser, number: str, **changes: str) -> str:
    place = await begun(expert, number)
    await expert.send(f"{place}/draft", f"{place}/draft/save", **DRAFT | changes)
    await expert.send(f"{place}/draft", f"{place}/draft/review")
    reviewer = await visit("coordinator", THEME)
    sent = await reviewer.send(f"{place}/draft", f"{place}/draft/publication", approved="yes")
    assert sent.status_code == 303, sent.text
    return place


async def test_an_expert_turns_a_solved_request_into_an_article_that_everybody_reads(visit, service) -> None:
    number, _, expert = await solved(visit, service)
    place = await begun(expert, number)
    draft = (await expert.get(f"{place}/draft")).text
    assert "Pesenti" not in draft
    assert "Comune interessato" in draft
    named = await expert.send(f"{place}/draft", f"{place}/draft/save", **DRAFT | {"solution": "Chiedere a Pesenti."})
    refused = await expert.send(f"{place}/draft", f"{place}/draft/review")

    assert named.status_code == 303
    assert refused.status_code == 422
    assert "Pesenti" in refused.text
    await expert.send(f"{place}/draft", f"{place}/draft/save", **DRAFT)
    assert (await expert.send(f"{place}/draft", f"{place}/draft/review")).status_code == 303
    assert f'action="{place}/draft/publication"' not in (await expert.get(f"{place}/draft")).text
    reviewer = await visit("coordinator", THEME)
    assert DRAFT["title"] in (await reviewer.get("/practices/drafts")).text
    assert (await reviewer.send(f"{place}/draft", f"{place}/draft/publication", approved="yes")).status_code == 303

    anybody = await visit()
    listed = (await anybody.get("/practices?q=ammendanti")).text
    [slug] = re.findall(rf'href="(/practices/classificare[\w-]+-{place.replace("-", "")[-8:]})"', listed)
    article = (await anybody.get(slug)).text
    assert DRAFT["solution"] in article
    assert number not in article
    assert "Accedi per dire" in article or "Acceda per dire" in article


async def test_a_returned_draft_says_why(visit, service) -> None:
    number, _, expert = await solved(visit, service)
    place = await begun(expert, number)
    await expert.send(f"{place}/draft", f"{place}/draft/save", **DRAFT)
    await expert.send(f"{place}/draft", f"{place}/draft/review")
    reviewer = await visit("coordinator", THEME)
    page = (await reviewer.get(f"{place}/draft")).text
    hidden = dict(re.findall(r'name="(csrf_token)" value="([^"]+)"', page))

    silent = await reviewer.http.post(f"{place}/draft/publication", data={**hidden, "approved": "no"})
    back = await reviewer.http.post(
        f"{place}/draft/publication", data={**hidden, "approved": "no", "reason": "Manca la norma."}
    )

    assert (silent.status_code, back.status_code) == (422, 303)
    assert "Manca la norma." in (await expert.get(f"{place}/draft")).text


async def test_what_somebody_else_saved_meanwhile_is_not_overwritten(visit, service) -> None:
    number, _, expert = await solved(visit, service)
    place = await begun(expert, number)
    page = (await expert.get(f"{place}/draft")).text
    old = dict(re.findall(r'name="(csrf_token|seen)" value="([^"]+)"', page))
    await expert.send(f"{place}/draft", f"{place}/draft/save", **DRAFT)

    late = await expert.http.post(f"{place}/draft/save", data={**old, **DRAFT, "title": "Tardi"})

    assert late.status_code == 412
    assert "Tardi" in late.text  # What was written is shown again.
    assert DRAFT["title"] in (await expert.get("/practices/drafts")).text


async def test_a_fitting_practice_is_offered_while_one_asks_and_when_the_form_comes_back(visit, service) -> None:
    number, official, expert = await solved(visit, service)
    await published(visit, expert, number)
    text = {"title": "Come classificare un ammendante?", "description": "Un fertilizzante europeo", "theme": THEME}

    shown = await official.send("/requests/new", "/requests/new", **text, kind="")
    fragment = await official.get("/practices/similar")
    asked = await official.http.get("/practices/similar", params=text)
    page = (await official.get("/requests/new")).text
    token = re.findall(r'name="csrf_token" value="([^"]+)"', page)[0]
    posted = await official.http.post("/practices/similar", data={**text, "csrf_token": token})

    assert shown.status_code == 422
    for answer in (shown, asked, posted):
        assert DRAFT["title"] in answer.text
    assert 'hx-post="/practices/similar"' in page
    assert fragment.text.strip() == ""
    other = {"title": "Appalti sotto soglia", "description": "Affidamento diretto di lavori stradali"}
    assert DRAFT["title"] not in (await official.http.get("/practices/similar", params=other)).text


async def test_a_fitting_practice_is_offered_on_the_page_of_a_request_to_those_who_see_it(visit, service) -> None:
    number, _, expert = await solved(visit, service)
    await published(visit, expert, number)
    official = await visit("official", BERGAMO)
    asked = await ask(official, title="Classificare un ammendante", description="È un fertilizzante europeo?")

    assert f'hx-get="/requests/{asked}/practices"' in (await official.get(f"/requests/{asked}")).text
    assert DRAFT["title"] in (await official.get(f"/requests/{asked}/practices")).text
    stranger = await visit("expert", THEME)
    assert (await stranger.get(f"/requests/{asked}/practices")).status_code == 404


async def test_a_reader_judges_by_a_button_and_sees_it(visit, service) -> None:
    number, official, expert = await solved(visit, service)
    place = await published(visit, expert, number)
    article = (await official.get(place)).text
    [action] = set(re.findall(r'action="(/practices/[\w-]+/feedback)"', article))

    for helpful in ("yes", "yes", "no"):
        assert (await official.send(place, action, helpful=helpful)).status_code == 303

    assert "0 lettori l’hanno trovata utile; 1 lettore no" in (await official.get(place)).text


async def test_a_withdrawn_practice_is_gone_for_readers_and_stays_for_its_author(visit, service) -> None:
    number, official, expert = await solved(visit, service)
    place = await published(visit, expert, number)

    assert (await expert.send(f"{place}/draft", f"{place}/draft/withdrawal", why="Superata.")).status_code == 303

    assert (await official.get(place)).status_code == 404
    assert "Superata." in (await expert.get(f"{place}/draft")).text


@pytest.mark.parametrize("role", ["official", "monitor"])
async def test_who_did_not_solve_it_finds_no_button(visit, service, role) -> None:
    number, _, _ = await solved(visit, service)
    reader = await visit(role, BERGAMO if role == "official" else None)

    assert "/practices/new" not in (await reader.get(f"/requests/{number}")).text


async def test_navigation_and_home_lead_to_the_practices(visit, service) -> None:
    for role, scope in (("official", BERGAMO), ("expert", THEME), ("coordinator", None)):
        assert 'href="/practices"' in (await (await visit(role, scope)).get("/")).text
    assert 'href="/practices"' in (await (await visit()).get("/")).text
    assert await enrol(service, "none", None, "Nessuno")


async def test_the_request_leads_to_its_practice_only_for_who_may_read_it_and_where_they_do(visit, service) -> None:
    number, _, expert = await solved(visit, service)
    author, reviewer = await visit("coordinator", "public-procurement"), await visit("coordinator", THEME)
    place = await begun(author, number)
    request = f"/requests/{number}"

    draft = {who: (await who.get(request)).text for who in (expert, author, reviewer)}
    await author.send(f"{place}/draft", f"{place}/draft/save", **DRAFT)
    await author.send(f"{place}/draft", f"{place}/draft/review")
    await reviewer.send(f"{place}/draft", f"{place}/draft/publication", approved="yes")
    published = {who: (await who.get(request)).text for who in (expert, author)}

    link = re.compile(r'href="(/practices/[^"]+)"')
    assert link.findall(draft[author]) == link.findall(draft[reviewer]) == [f"{place}/draft"]
    assert link.findall(draft[expert]) == []
    assert "/practices/new" not in draft[expert]
    [slug] = link.findall(published[expert])
    assert slug.startswith("/practices/classificare-ammendante")
    assert (await expert.get(slug)).status_code == 200
    assert link.findall(published[author]) == [f"{place}/draft"]
