"""Requests by telephone, several themes, links, data set right and answers that come too late, by page."""

import re
from datetime import timedelta

from services.chassis.clock import Clock
from tests.intake_pages.conftest import BERGAMO, COMO, NEW, VARESE, ask, enrol, lead

CALL = {**NEW, "title": "Chiamata del sindaco", "requester": ""}


async def test_coordination_finds_the_page_chooses_a_body_and_writes_the_call_down(visit, service) -> None:
    id = await enrol(service, "official", BERGAMO, "Ugo Locatelli")
    coordinator = await visit("coordinator")
    assert 'href="/requests/by-phone"' in (await coordinator.get("/")).text
    found = (await coordinator.get("/requests/by-phone?body=bergam")).text
    assert f'href="/requests/by-phone?body={BERGAMO}"' in found
    page = (await coordinator.get("/requests/by-phone?body=BERGAMO")).text
    assert "Ugo Locatelli" in page

    sent = await coordinator.send("/requests/by-phone?body=Bergamo", "/requests/by-phone", **CALL | {"requester": id})

    assert sent.status_code == 303, sent.text
    row = await service.database["requests"].find_one({"title": CALL["title"], "requester": id})
    assert (row["channel"], row["body"], row["sent_by"]) == ("phone", BERGAMO, coordinator.id)
    assert "Telefono" in (await coordinator.get(sent.headers["location"])).text


async def test_the_code_of_a_body_that_has_ended_means_the_one_that_carries_on(visit) -> None:
    coordinator = await visit("coordinator")

    for asked in ("018082", "Lirio", "lirio "):
        page = (await coordinator.get(f"/requests/by-phone?body={asked}")).text
        assert 'value="018094"' in page and 'value="018082"' not in page, asked
        assert "Lirio non esiste più come ente: gli è subentrato Montalto Pavese (018094)." in page, asked
    assert "non esiste più" not in (await coordinator.get("/requests/by-phone?body=Montalto Pavese")).text


async def test_a_piece_of_the_name_of_a_body_that_has_ended_offers_the_one_that_carries_on_once(visit) -> None:
    coordinator = await visit("coordinator")

    several = (await coordinator.get("/requests/by-phone?body=rona")).text
    alone = (await coordinator.get("/requests/by-phone?body=uggiate-trev")).text

    assert "È subentrato a: Ronago" in several
    assert several.count('href="/requests/by-phone?body=013256"') == 1
    assert "body=013199" not in several
    assert 'name="body" value="013256"' in alone and "Uggiate-Trevano non esiste più" in alone


async def test_a_call_of_nobody_in_particular_is_the_body_s(visit, service) -> None:
    coordinator = await visit("secretariat")

    sent = await coordinator.send(f"/requests/by-phone?body={BERGAMO}", "/requests/by-phone", **CALL)

    number = sent.headers["location"].split("?")[0].rsplit("/", 1)[1]
    assert (await service.database["requests"].find_one({"number": number}))["requester"] is None


async def test_a_call_that_cannot_be_taken_keeps_what_was_written(visit, service) -> None:
    coordinator = await visit("coordinator")
    place = f"/requests/by-phone?body={COMO}"

    refused = await coordinator.send(place, "/requests/by-phone", **CALL | {"body": COMO})
    empty = await coordinator.send(place, "/requests/by-phone", **CALL | {"title": ""})

    assert (refused.status_code, empty.status_code) == (403, 422)
    assert CALL["title"] in refused.text
    assert "Como" in refused.text
    assert "Nessun ente ha questo nome" in (await coordinator.get("/requests/by-phone?body=atlantide")).text
    assert (await (await visit("official", BERGAMO)).get("/requests/by-phone")).status_code == 403


async def test_a_new_request_names_several_themes_and_companies(visit, service) -> None:
    official = await visit("official", BERGAMO)
    fields = {"subject_shown": "yes", "further": ["site-remediation", "public-procurement"]}

    wrong = await official.send("/requests/new", "/requests/new", **NEW, **fields, companies="00743110158")
    number = await ask(official, **fields, companies="IT 00743110157, ")

    assert wrong.status_code == 422
    assert re.search(r'value="public-procurement" checked', wrong.text)
    row = await service.database["requests"].find_one({"number": number})
    assert (row["further_themes"], row["companies"]) == (fields["further"], ["00743110157"])
    assert "Bonifiche; Appalti" in (await official.get(f"/requests/{number}")).text


async def test_triage_sets_further_themes_and_a_click_on_a_supposed_one_leaves_them(visit, service) -> None:
    official, coordinator = await visit("official", BERGAMO), await visit("coordinator")
    vague = {"title": "Un quesito", "description": "Ci serve una mano.", "theme": ""}
    number = await ask(official, **vague, subject_shown="yes", further=["public-procurement"])
    page, action = "/triage", f"/requests/{number}/reclassify"

    await coordinator.send(page, action, theme="waste-management")
    row = await service.database["requests"].find_one({"number": number})
    assert (row["theme"], row["further_themes"]) == ("waste-management", ["public-procurement"])
    more = {"theme": "waste-management", "further_shown": "yes", "further": ["site-remediation"]}
    await coordinator.send(f"/requests/{number}", action, **more)

    row = await service.database["requests"].find_one({"number": number})
    assert row["further_themes"] == ["site-remediation"]


async def test_two_requests_are_linked_and_the_link_is_removed(visit, service) -> None:
    official = await visit("official", BERGAMO)
    one, two = await ask(official), await ask(official)
    foreign = await ask(await visit("official", VARESE), body=VARESE)
    place = f"/requests/{one}"

    refused = await official.send(place, f"{place}/link", link_to=foreign, link_kind="related")
    linked = await official.send(place, f"{place}/link", link_to=two, link_kind="follows")

    assert (refused.status_code, linked.status_code) == (422, 303)
    assert two in (await official.get(place)).text
    assert one in (await official.get(f"/requests/{two}")).text
    assert (await official.send(place, f"{place}/unlink")).status_code == 303
    assert f"/requests/{two}" not in (await official.get(place)).text


async def test_the_body_enters_its_protocol_number_later_and_an_old_page_overwrites_nothing(visit, service) -> None:
    official = await visit("official", BERGAMO)
    number = await ask(official)
    place = f"/requests/{number}"
    page = (await official.get(place)).text
    assert 'name="title"' not in page
    old = dict(re.findall(r'name="(csrf_token|edits)" value="([^"]*)"', page))
    given = {"protocol_number": "991/2026", "protocol_date": "2026-03-02"}

    half = await official.send(place, f"{place}/edit", protocol_number="991/2026")
    whole = await official.send(place, f"{place}/edit", **given)
    late = await official.http.post(f"{place}/edit", data={**old, **given, "protocol_number": "1/2026"})

    assert (half.status_code, whole.status_code, late.status_code) == (422, 303, 412)
    assert "991/2026" in (await official.get(place)).text
    assert number in (await official.get("/requests?q=991/2026")).text


async def test_the_register_of_a_protocol_is_kept_when_its_number_is_set_right(visit, service) -> None:
    official = await visit("official", BERGAMO)
    number = await ask(official)
    place, given = f"/requests/{number}", {"protocol_number": "12/2026", "protocol_date": "2026-03-02"}
    await official.send(place, f"{place}/edit", **given)
    requests = service.database["requests"]
    await requests.update_one({"number": number}, {"$set": {"protocol.registry": "Generale"}})

    assert (await official.send(place, f"{place}/edit", **given | {"protocol_number": "21/2026"})).status_code == 303

    row = await requests.find_one({"number": number})
    assert row["protocol"] == {"number": "21/2026", "date": "2026-03-02", "registry": "Generale"}


async def test_who_works_on_it_corrects_title_tags_and_urgency(visit, service) -> None:
    official, coordinator = await visit("official", BERGAMO), await visit("coordinator")
    number = await ask(official)
    place = f"/requests/{number}"
    fields = {"title": "Un titolo chiaro", "urgency": "high", "tags": "backlog, Ponte, ", "protocol_number": ""}

    assert (await coordinator.send(place, f"{place}/edit", **fields)).status_code == 303

    row = await service.database["requests"].find_one({"number": number})
    assert (row["title"], row["tags"], row["urgency"]) == ("Un titolo chiaro", ["backlog", "Ponte"], "high")
    assert "Un titolo chiaro" in (await official.get(place)).text


async def test_a_body_is_told_when_nobody_would_read_and_goes_on_from_the_old_request(visit, service) -> None:
    official, expert = await visit("official", BERGAMO), await visit("expert", "waste-management")
    number = await ask(official)
    place = f"/requests/{number}"
    await lead(service, number, expert.id or "")
    await expert.send(place, f"{place}/resolve", outcome="solved", solution="Ecco.")
    assert f'action="{place}/reply"' in (await official.get(place)).text
    old = dict(re.findall(r'name="(csrf_token)" value="([^"]*)"', (await official.get(place)).text))
    at = Clock().now() - timedelta(days=31)
    change = {"$set": {"ended_at": at}, "$inc": {"version": 1}}
    await service.database["requests"].update_one({"number": number}, change)

    late = await official.http.post(f"{place}/reply", data={**old, "reply": "C’è qualcuno?"})
    assert late.status_code == 409
    assert "C’è qualcuno?" in late.text  # What was written is not lost.
    page = (await official.get(place)).text
    assert f'action="{place}/reply"' not in page
    assert f'href="/requests/new?follows={number}"' in page
    new = await official.send(f"/requests/new?follows={number}", "/requests/new", **NEW)

    followed = await official.get(new.headers["location"].split("?")[0])
    assert number in followed.text
    assert "questa le fa seguito" in followed.text
