"""A solved case becomes an article: without names, read by a second person, found by everybody."""

from typing import Any

import pytest

from contracts.assignments import AssignmentAccepted
from tests.intake.conftest import Town
from tests.intake.events import assignment, deliver

EXPERT = {"role": "expert", "scope_kind": "task_force", "scope": "site-remediation"}
REVIEWER = {"role": "coordinator", "scope_kind": "task_force", "scope": "site-remediation"}
OTHER_REVIEWER = {"role": "coordinator", "scope_kind": "task_force", "scope": "waste-management"}
CLEAN = {
    "title": "Caratterizzazione di una discarica dismessa",
    "problem": "Un ente non sapeva quale analisi di rischio chiedere.",
    "solution": "Si convoca la conferenza di servizi e si applica l’art. 242.",
    "references": ["art. 242 d.lgs. 152/2006"],
}


class Desk:
    """An expert with a resolved request of Varese, whose texts name people, and a coordinator of the theme."""

    def __init__(self, town: Town, number: str, expert: str, reviewer: str, official: str) -> None:
        self.town, self.number = town, number
        self.expert, self.reviewer, self.official = expert, reviewer, official

    async def does(self, method: str, path: str, key: str | None, status: int = 200, **more: Any) -> Any:
        answer = await self.town.call(method, f"/api/practices{path}", key, **more)
        assert answer.status_code == status, answer.text
        return answer.json() if answer.content else None

    async def started(self) -> dict[str, Any]:
        return dict(await self.does("POST", "", self.expert, 201, json={"request": self.number}))

    async def published(self, **content: Any) -> dict[str, Any]:
        id = (await self.started())["id"]
        await self.does("PATCH", f"/{id}", self.expert, json=CLEAN | content)
        await self.does("POST", f"/{id}/review", self.expert)
        return dict(await self.does("POST", f"/{id}/publication", self.reviewer, json={"approved": True}))


@pytest.fixture
async def desk(town: Town) -> Desk:
    _, official = await town.official(name="Anna Cattaneo", email="a.cattaneo@comune.varese.example")
    expert_id, expert = await town.person(EXPERT, name="Marco Ferri")
    _, reviewer = await town.person(REVIEWER)
    request = await town.submitted(
        official, title="Discarica di Varese", protocol={"number": "8812/2026", "date": "2026-03-02"},
        description="Il Comune di Varese (prot. 8812/2026, ing. Cattaneo, 0332 255111) chiede aiuto.",
    )  # fmt: skip
    await deliver(town, assignment(AssignmentAccepted, request, "accepted", expert=expert_id, round=1, sequence=2))
    text = {"outcome": "solved", "text": "Cara Anna, scriva a a.cattaneo@comune.varese.example. Saluti, Marco Ferri"}
    answer = await town.call("POST", f"/api/requests/{request['number']}/resolve", expert, json=text)
    assert answer.status_code == 200, answer.text
    return Desk(town, request["number"], expert, reviewer, official)


async def test_a_draft_is_made_of_the_request_with_neutral_words_for_names(desk: Desk) -> None:
    draft = (await desk.started())["work"]

    assert draft["state"] == "draft"
    assert draft["themes"] == ["site-remediation"]
    told = f"{draft['title']} {draft['problem']} {draft['solution']}"
    for name in ("Varese", "Cattaneo", "Anna", "8812", "0332", "@", "Ferri"):
        assert name not in told, name
    assert "Comune interessato" in draft["problem"]


@pytest.mark.parametrize(
    ("field", "text", "said"),
    [
        ("problem", "Lo chiese Anna Cattaneo.", "Anna Cattaneo"),
        ("problem", "lo chiese cattaneo anna.", "cattaneo anna"),
        ("solution", "A Varese si è fatto così.", "Varese"),
        ("title", "Il caso del Comune di Varese", "Comune di Varese"),
        ("solution", "Scrivere a A.Cattaneo@comune.varese.example", "A.Cattaneo@comune.varese.example"),
        ("solution", "Come ha detto Ferri.", "Ferri"),
        ("problem", "Nota 8812/2026.", "8812/2026"),
        ("references", ["Parere di Cattaneo"], "Cattaneo"),
    ],
)
async def test_what_names_the_people_or_the_body_is_not_sent_for_review(
    desk: Desk, field: str, text: Any, said: str
) -> None:
    id = (await desk.started())["id"]
    read = await desk.does("PATCH", f"/{id}", desk.expert, json=CLEAN | {field: text})

    refused = await desk.does("POST", f"/{id}/review", desk.expert, 422)

    assert refused["type"].endswith("names-remain")
    assert said in [name["text"] for name in refused["names"]]
    assert said in refused["detail"]
    assert refused["errors"][0]["pointer"].startswith(f"/{field}")
    assert said in [name["text"] for name in read["work"]["names"] if name["known"]]


async def test_another_person_publishes_it_and_everybody_reads_it(desk: Desk) -> None:
    practice = await desk.published()

    read = await desk.does("GET", f"/{practice['slug']}", None)

    assert practice["slug"].startswith("caratterizzazione-discarica-dismessa-")
    assert read["title"] == CLEAN["title"]
    assert read["edition"] == 1
    assert "work" not in read
    assert desk.number not in str(read)


async def test_nobody_publishes_what_they_wrote_themselves(desk: Desk) -> None:
    id = (await desk.does("POST", "", desk.reviewer, 201, json={"request": desk.number}))["id"]
    await desk.does("PATCH", f"/{id}", desk.reviewer, json=CLEAN)
    await desk.does("POST", f"/{id}/review", desk.reviewer)

    await desk.does("POST", f"/{id}/publication", desk.reviewer, 403, json={"approved": True})
    _, other = await desk.town.person(OTHER_REVIEWER)
    await desk.does("POST", f"/{id}/publication", other, 404, json={"approved": True})
    _, secretariat = await desk.town.person({"role": "secretariat", "scope_kind": "programme"})

    await desk.does("POST", f"/{id}/publication", secretariat, json={"approved": True})


async def test_a_draft_is_returned_with_a_reason_that_its_author_reads(desk: Desk) -> None:
    id = (await desk.started())["id"]
    await desk.does("PATCH", f"/{id}", desk.expert, json=CLEAN)
    await desk.does("POST", f"/{id}/review", desk.expert)
    await desk.does("PATCH", f"/{id}", desk.expert, 409, json=CLEAN)

    await desk.does("POST", f"/{id}/publication", desk.reviewer, 422, json={"approved": False})
    await desk.does("POST", f"/{id}/publication", desk.reviewer, json={"approved": False, "reason": "Manca la norma."})

    work = (await desk.does("GET", f"/{id}", desk.expert))["work"]
    assert (work["state"], work["reason"]) == ("draft", "Manca la norma.")
    assert [line["action"] for line in work["history"]] == ["started", "edited", "sent_for_review", "returned"]


async def test_a_draft_is_seen_by_its_author_and_reviewers_alone(desk: Desk) -> None:
    id = (await desk.started())["id"]
    _, other_expert = await desk.town.person(EXPERT)

    for key in (None, desk.official, other_expert):
        await desk.does("GET", f"/{id}", key, 404)
    for key in (desk.expert, desk.reviewer):
        assert "work" in await desk.does("GET", f"/{id}", key)
    assert id in [item["id"] for item in (await desk.does("GET", "?state=draft", desk.expert))["items"]]
    assert id not in [item["id"] for item in (await desk.does("GET", "?state=draft", other_expert))["items"]]
    await desk.does("GET", "?state=draft", None, 401)


async def test_readers_keep_an_edition_while_the_next_one_is_written(desk: Desk) -> None:
    practice = await desk.published()
    id = practice["id"]
    await desk.does("PATCH", f"/{id}", desk.expert, json={"title": "Un titolo migliore"})
    assert (await desk.does("GET", f"/{id}", None))["title"] == CLEAN["title"]

    await desk.does("POST", f"/{id}/review", desk.expert)
    await desk.does("POST", f"/{id}/publication", desk.reviewer, json={"approved": True})

    read = await desk.does("GET", f"/{id}", None)
    assert (read["title"], read["edition"], read["slug"]) == ("Un titolo migliore", 2, practice["slug"])
    editions = (await desk.does("GET", f"/{id}/editions", desk.expert))["items"]
    assert [(item["edition"], item["title"]) for item in editions] == [(1, CLEAN["title"]), (2, "Un titolo migliore")]


async def test_what_is_withdrawn_vanishes_from_search_and_its_editions_stay(desk: Desk) -> None:
    practice = await desk.published(title="Smaltimento di amianto singolare")
    found = await desk.does("GET", "?q=smaltimenti singolari", None)
    assert [item["id"] for item in found["items"]] == [practice["id"]]

    await desk.does("POST", f"/{practice['id']}/withdrawal", desk.reviewer, json={"reason": "Norma abrogata."})

    assert (await desk.does("GET", "?q=smaltimenti singolari", None))["items"] == []
    await desk.does("GET", f"/{practice['slug']}", None, 404)
    assert len((await desk.does("GET", f"/{practice['id']}/editions", desk.expert))["items"]) == 1


async def test_search_takes_accents_and_endings_as_they_come_and_narrows_by_theme_and_procedure(desk: Desk) -> None:
    practice = await desk.published(
        title="Criticità delle autorizzazioni irripetibili", procedure="bonifica-carburanti"
    )

    for query in ("q=CRITICITA irripetibile", "q=autorizzazione irripetibile&theme=site-remediation"):
        assert [item["id"] for item in (await desk.does("GET", f"?{query}", None))["items"]] == [practice["id"]], query
    assert practice["id"] in [
        i["id"] for i in (await desk.does("GET", "?procedure=bonifica-carburanti", None))["items"]
    ]
    assert (await desk.does("GET", "?q=irripetibile&theme=waste-management", None))["items"] == []


async def test_pages_of_practices_show_each_once(desk: Desk) -> None:
    await desk.published(title="Prima di tutte")
    ids: list[str] = []
    cursor = ""
    while cursor is not None:
        page = await desk.does("GET", f"?limit=1{f'&cursor={cursor}' if cursor else ''}", None)
        ids += [item["id"] for item in page["items"]]
        cursor = page["next_cursor"]

    assert len(ids) == len(set(ids)) == len((await desk.does("GET", "?limit=200", None))["items"])


async def test_a_lost_race_is_told_with_412(desk: Desk) -> None:
    id = (await desk.started())["id"]
    seen = (await desk.town.call("GET", f"/api/practices/{id}", desk.expert)).headers["etag"]
    await desk.does("PATCH", f"/{id}", desk.expert, json={"title": "Prima"}, headers={"If-Match": seen})

    await desk.does("PATCH", f"/{id}", desk.expert, 412, json={"title": "Tardi"}, headers={"If-Match": seen})

    assert (await desk.does("GET", f"/{id}", desk.expert))["work"]["title"] == "Prima"


async def test_each_reader_judges_once_and_may_change_their_mind(desk: Desk) -> None:
    id = (await desk.published())["id"]
    await desk.does("PUT", f"/{id}/feedback", desk.official, json={"helpful": True})
    await desk.does("PUT", f"/{id}/feedback", desk.expert, json={"helpful": True})
    await desk.does("PUT", f"/{id}/feedback", desk.official, json={"helpful": False})

    read = await desk.does("GET", f"/{id}", desk.official)

    assert read["helpful"] == {"yes": 1, "no": 1, "mine": False}
    assert (await desk.does("GET", f"/{id}", None))["helpful"]["mine"] is None


async def test_a_request_becomes_one_practice_and_only_once_it_is_solved(desk: Desk) -> None:
    await desk.started()
    again = await desk.does("POST", "", desk.reviewer, 409, json={"request": desk.number})
    assert again["practice"]

    _, other_expert = await desk.town.person(EXPERT)
    await desk.does("POST", "", other_expert, 422, json={"request": desk.number})
    open_one = await desk.town.submitted(desk.official)
    unsolved = await desk.does("POST", "", desk.reviewer, 409, json={"request": open_one["number"]})
    assert unsolved["type"].endswith("request-not-resolved")


async def test_the_same_key_starts_one_draft(desk: Desk) -> None:
    headers, form = {"Idempotency-Key": f"p-{desk.number}"}, {"request": desk.number}
    first = await desk.does("POST", "", desk.expert, 201, json=form, headers=headers)

    assert await desk.does("POST", "", desk.expert, 201, json=form, headers=headers) == first


async def test_codes_that_do_not_exist_are_refused(desk: Desk) -> None:
    id = (await desk.started())["id"]

    fault = await desk.does("PATCH", f"/{id}", desk.expert, 422, json={"themes": ["nothing"]})
    assert [error["pointer"] for error in fault["errors"]] == ["/themes/0"]
    await desk.does("PATCH", f"/{id}", desk.expert, 422, json={"procedure": "nothing"})
    await desk.does("PATCH", f"/{id}", desk.expert, 422, json={"title": None})


@pytest.mark.parametrize(
    ("where", "sort"),
    [
        ({"listed": True}, "published_at"),
        ({"listed": True, "published.themes": "site-remediation"}, "published_at"),
        ({"listed": True, "published.procedure": "aia"}, "published_at"),
        ({"listed": True, "tokens": {"$all": ["bonific"]}}, "published_at"),
        ({"$and": [{}]}, "updated_at"),
        ({"$and": [{"$or": [{"author": "x"}, {"content.themes": "x"}]}]}, "updated_at"),
        ({"state": "draft"}, "updated_at"),
        ({"$and": [{"author": "x"}]}, "updated_at"),
        ({"$and": [{"state": "draft"}, {"$or": [{"author": "x"}, {"content.themes": "x"}]}]}, "updated_at"),
    ],
)
async def test_each_list_of_practices_is_read_from_an_index_in_order(town: Town, where: Any, sort: str) -> None:
    found = town.service.database["practices"].find(where, sort=[(sort, -1), ("_id", -1)])

    winning = str((await found.explain())["queryPlanner"]["winningPlan"])

    assert "IXSCAN" in winning
    assert "COLLSCAN" not in winning
    assert "'SORT'" not in winning


async def test_practices_by_slug_votes_and_editions_are_read_from_an_index(town: Town) -> None:
    for collection, where in (
        ("practices", {"slug": "x"}),
        ("practice_votes", {"practice": "x", "helpful": True}),
        ("practice_editions", {"practice": "x"}),
        ("requests", {"co_experts": "x"}),
    ):
        plan = await town.service.database[collection].find(where).explain()
        assert "COLLSCAN" not in str(plan["queryPlanner"]["winningPlan"]), (collection, where)
