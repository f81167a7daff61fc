"""A recognised theme that a person corrects: what is told, what is kept for the next learning, what is forgotten."""

import json

from deploy.tools.corrections import lines
from tests.intake.conftest import Town, published

WASTE = {
    "theme": None,
    "title": "Rifiuti abbandonati nel bosco",
    "description": "Pneumatici e sacchi di rifiuti abbandonati, ordinanza di rimozione rifiuti al proprietario.",
}


async def kept(town: Town, request: str) -> list[dict]:
    found = town.service.database["corrections"].find({"request": request}, sort=[("at", 1)])
    return [row async for row in found]


async def test_a_recognised_request_tells_by_which_words_and_how_sure(town: Town) -> None:
    request = await town.submitted(**WASTE)

    assert request["theme"]["code"] == "waste-management"
    assert request["theme"]["source"] == "recognised"
    assert request["theme"]["confidence"] >= 0.8
    assert all(word in WASTE["title"] + WASTE["description"] for word in request["recognition"]["words"])
    assert request["recognition"]["candidates"][0]["code"] == "waste-management"


async def test_a_request_with_a_given_theme_is_not_looked_at(town: Town) -> None:
    request = await town.submitted()

    assert request["recognition"] is None


async def test_a_correction_is_kept_with_what_it_corrects_and_without_text_or_person(town: Town) -> None:
    request = await town.submitted(**WASTE)
    id, path = request["id"], f"/api/requests/{request['number']}/reclassify"

    answer = await town.call("POST", path, json={"theme": "building-planning", "procedure": "agibilita"})

    assert answer.json()["theme"]["source"] == "corrected"
    (line,) = await kept(town, id)
    assert (line["theme"], line["procedure"]) == ("building-planning", "agibilita")
    assert line["earlier"]["theme"] == "waste-management"
    assert (line["earlier"]["source"], line["role"]) == ("recognised", "coordinator")
    assert not {"title", "description", "by", "actor"} & set(line)
    events = await published(town, id)
    assert events[-1]["data"]["corrected"] is True
    assert events[-1]["data"]["state"]["theme_source"] == "given"


async def test_synthetic_requests_teach_nothing(town: Town) -> None:
    request = await town.submitted(**WASTE, synthetic=True)

    await town.call("POST", f"/api/requests/{request['number']}/reclassify", json={"theme": "building-planning"})

    assert await kept(town, request["id"]) == []


async def test_the_last_correction_is_learnt_from_without_names(town: Town) -> None:
    told = WASTE | {"description": "Il sig. Mario Rossi, tel. 0332 123456, chiede Zirconio per i rifiuti di Varese."}
    request = await town.submitted(**told)
    path = f"/api/requests/{request['number']}/reclassify"
    for theme in ("building-planning", "site-remediation"):
        await town.call("POST", path, json={"theme": theme})

    found = [json.loads(line) for line in await lines(town.service.database) if "Zirconio" in line]

    assert [row["theme"] for row in found] == ["site-remediation"]
    assert not any(secret in found[0]["text"] for secret in ("Rossi", "123456", "Varese"))


async def test_what_an_erased_person_wrote_is_not_learnt_from(town: Town) -> None:
    person, key = await town.official()
    request = await town.submitted(key, **WASTE | {"description": "Tungsteno tra i rifiuti abbandonati nel bosco."})
    await town.call("POST", f"/api/requests/{request['number']}/reclassify", json={"theme": "site-remediation"})
    before = [line for line in await lines(town.service.database) if "Tungsteno" in line]

    answer = await town.call("DELETE", f"/api/persons/{person}")
    after = [line for line in await lines(town.service.database) if "Tungsteno" in line]

    assert answer.status_code in (200, 204)
    assert (len(before), len(after)) == (1, 0)
