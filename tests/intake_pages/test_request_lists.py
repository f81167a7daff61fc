"""Lists of requests: what each role sees in them, and how it is narrowed."""

import re

import pytest

from tests.intake_pages.conftest import BERGAMO, VARESE, ask, hidden, lead


async def test_an_official_sees_the_requests_of_their_body_alone(visit) -> None:
    ours, theirs = await visit("official", BERGAMO), await visit("official", VARESE)
    mine, others = await ask(ours), await ask(theirs, body=VARESE)

    page = await ours.get("/requests")

    assert f'href="/requests/{mine}"' in page.text
    assert others not in page.text


@pytest.mark.parametrize("role", ["coordinator", "secretariat", "monitor"])
async def test_the_programmes_staff_sees_all(visit, role) -> None:
    number = await ask(await visit("official", VARESE), body=VARESE)
    staff = await visit(role)

    page = await staff.get("/requests")

    assert "<h1>Tutte le richieste</h1>" in page.text
    assert f'href="/requests/{number}"' in page.text


async def test_an_expert_sees_what_they_lead_and_an_empty_page_before(service, visit) -> None:
    number = await ask(await visit("official", BERGAMO))
    expert = await visit("expert", "waste-management")

    before = await expert.get("/requests")
    await lead(service, number, expert.id)
    after = await expert.get("/requests")

    assert "Ancora nessuna richiesta" in before.text
    assert number not in before.text
    assert number in after.text


async def test_the_body_reads_the_experts_name_only_once_they_have_accepted(service, visit) -> None:
    official = await visit("official", BERGAMO)
    number = await ask(official, title="Chi risponde")
    expert = await visit("expert", "waste-management", name="Carla Rota")

    await lead(service, number, expert.id, "offered")
    offered = [await official.get("/requests?q=risponde"), await official.get(f"/requests/{number}")]
    await lead(service, number, expert.id)
    accepted = [await official.get("/requests?q=risponde"), await official.get(f"/requests/{number}")]

    assert all("Carla Rota" not in page.text for page in offered)
    assert all("Carla Rota" in page.text for page in accepted)


async def test_the_list_is_narrowed_by_words_and_status_and_says_when_nothing_is_found(visit) -> None:
    official = await visit("official", BERGAMO)
    number = await ask(official, title="Gelsomini in fiore")

    found = await official.get("/requests?q=gelsomino&status=submitted")
    nothing = await official.get("/requests?q=gelsomino&status=closed")

    assert number in found.text
    assert "1 richiesta" in found.text
    assert "Nessun risultato" in nothing.text
    assert 'value="gelsomino"' in nothing.text


async def test_pages_follow_each_other_without_loss_and_keep_the_filter(visit) -> None:
    official = await visit("official", BERGAMO)
    numbers = {await ask(official, title=f"Ortensia {n}") for n in range(21)}

    first = await official.get("/requests?q=ortensia")
    address = first.text.split('href="/requests?q=ortensia&amp;cursor=')[1].split('"')[0]
    second = await official.get(f"/requests?q=ortensia&cursor={address}")

    assert {number for number in numbers if number in first.text + second.text} == numbers
    assert sum(number in first.text for number in numbers) == 20
    assert 'href="/requests?q=ortensia"' in second.text


async def test_only_coordination_sorts_and_a_theme_takes_the_request_out(visit) -> None:
    official = await visit("official", BERGAMO)
    doubtful = "Ci serve una mano con la CER del comune."
    number = await ask(official, theme="", title="Un quesito", description=doubtful)
    coordinator = await visit("coordinator")

    page = await coordinator.get("/triage")
    sent = await coordinator.send("/triage", f"/requests/{number}/reclassify", theme="waste-management")
    after = await coordinator.get(sent.headers["location"])

    assert number in page.text
    assert "probabilità" in page.text
    assert sent.headers["location"] == f"/triage?done={number}"
    assert f'href="/requests/{number}"' not in after.text
    assert f"Il tema della richiesta {number} è stato attribuito." in after.text
    assert (await official.get("/triage")).status_code == 403


async def test_one_click_accepts_a_supposed_theme_and_a_second_click_changes_nothing(service, visit) -> None:
    doubtful = "Ci serve una mano con la CER del comune."
    number = await ask(await visit("official", BERGAMO), theme="", title="Un quesito", description=doubtful)
    coordinator = await visit("coordinator")
    text = (await coordinator.get("/triage")).text
    form = text[text.index(f'action="/requests/{number}/reclassify"') :].partition("</form>")[0]
    offered = re.findall(r'name="theme" value="([a-z-]+)"', form)
    data = {**hidden(text, f"/requests/{number}/reclassify"), "theme": offered[0]}

    answers = [await coordinator.http.post(f"/requests/{number}/reclassify", data=data) for _ in range(2)]

    assert 1 < len(offered) <= 3
    assert [answer.headers["location"] for answer in answers] == [f"/triage?done={number}"] * 2
    request = await service.database["requests"].find_one({"number": number})
    assert (request["theme"], request["status"], request["corrected"]) == (offered[0], "submitted", True)
    (line,) = [row async for row in service.database["corrections"].find({"request": request["_id"]})]
    assert (line["theme"], line["earlier"]["source"], line["role"]) == (offered[0], "triage", "coordinator")


async def test_colleagues_see_the_words_that_decided_and_the_body_does_not(visit) -> None:
    official, coordinator = await visit("official", BERGAMO), await visit("coordinator")
    told = "Pneumatici e sacchi di rifiuti abbandonati nel bosco: ordinanza di rimozione rifiuti al proprietario?"
    number = await ask(official, theme="", title="Rifiuti abbandonati nel bosco", description=told)

    seen, hidden_from = await coordinator.get(f"/requests/{number}"), await official.get(f"/requests/{number}")

    assert "riconosciuto automaticamente" in seen.text
    assert "Parole che hanno deciso il tema" in seen.text
    assert "Parole che hanno deciso il tema" not in hidden_from.text


async def test_the_body_is_not_told_who_declined(service, visit) -> None:
    official, coordinator = await visit("official", BERGAMO), await visit("coordinator")
    number = await ask(official)
    expert = await visit("expert", "waste-management", name="Carla Rota")
    request = await service.database["requests"].find_one({"number": number})
    line = {"_id": f"line-{number}", "request": request["_id"], "at": request["submitted_at"], "rank": 9}
    details = {"expert": expert.id, "round": 0, "reason": "conflict"}
    line |= {"action": "declined", "actor": None, "status": None, "details": details}
    await service.database["timeline"].insert_one(line)

    outside, inside = await official.get(f"/requests/{number}"), await coordinator.get(f"/requests/{number}")

    assert "Carla Rota" not in outside.text
    assert "ha inviato la richiesta" in outside.text
    assert "Carla Rota non ha accettato la richiesta." in inside.text


async def test_a_search_that_has_found_nothing_goes_on_by_itself_for_a_while(visit, monkeypatch) -> None:
    official = await visit("official", BERGAMO)
    rare = await ask(official, title="Camelie sul muro", kind="legal")
    for _ in range(6):
        await ask(official, title="Camelie sul muro", kind="technical")
    monkeypatch.setattr("services.intake.store.scan._WINDOWS", (5,))
    monkeypatch.setattr("services.intake.store.requests.EFFORT", 5)

    found = await official.get("/requests?q=camelie&kind=legal")
    monkeypatch.setattr("services.intake.pages.lists._STEPS", 0)
    stopped = await official.get("/requests?q=camelie&kind=legal")

    assert f'href="/requests/{rare}"' in found.text
    assert "Ancora nessun risultato" in stopped.text
    assert "cursor=" in stopped.text


@pytest.mark.parametrize(("page", "part"), [("/requests", "theme=xyz"), ("/requests", "status=foo"),
                                            ("/practices", "procedure=xyz"), ("/practices", "theme=xyz")])  # fmt: skip
async def test_a_filter_that_nobody_knows_is_left_out_and_the_page_says_so(visit, page, part) -> None:
    official = await visit("official", BERGAMO)

    odd, plain = await official.get(f"{page}?{part}&q="), await official.get(f"{page}?q=gara")

    assert (odd.status_code, plain.status_code) == (200, 200)
    assert f"nulla ha questo valore: {part}" in odd.text
    assert "nulla ha questo valore" not in plain.text
