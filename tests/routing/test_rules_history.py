"""The text of the rules that decided is found again, whatever the file says today."""

from datetime import timedelta
from typing import Any

import pytest
from motor.motor_asyncio import AsyncIOMotorCollection

from services.chassis.mongo import Database, Document
from services.routing.rules import Rulebook
from services.routing.rules.files import DEFAULT
from services.routing.store.rules import RULES, RulesHistory
from tests.routing.material import BOOK, Routing, person

PAGE = "/desk/requests/2026-000001/decision"


async def test_the_text_of_the_rules_is_kept_before_they_decide(routing: Routing) -> None:
    routing.matcher._history._kept.clear()
    await routing.expert("only")
    request = await routing.submit(1)
    await routing.match()

    made = await routing.decision(request)
    kept = (await RulesHistory(routing.database, routing.clock.now).of([made]))[made["_id"]]

    assert kept is not None
    assert kept["text"] == DEFAULT.read_text(encoding="utf-8")
    assert kept["weights"] == made["weights"]


async def test_other_rules_under_the_same_version_are_kept_beside_the_first(routing: Routing, tmp_path) -> None:
    history, path = RulesHistory(routing.database, routing.clock.now), tmp_path / "rules.yaml"
    await history.kept(BOOK)
    before = routing.clock.now()
    path.write_text(DEFAULT.read_text().replace("most_refusals: 4", "most_refusals: 5"), encoding="utf-8")
    routing.clock.advance(timedelta(hours=1))

    await history.kept(Rulebook(path))

    assert len(await routing.database.find(RULES, {})) == 2
    made = {"then": before, "now": routing.clock.now(), "never": before - timedelta(seconds=1)}
    found = await history.of([{"_id": id, "rules_version": "2", "at": at} for id, at in made.items()])
    assert (first := found["then"]) and "most_refusals: 4" in first["text"]
    assert (later := found["now"]) and "most_refusals: 5" in later["text"]
    assert found["never"] is None


async def test_the_page_of_a_decision_shows_the_rules_of_its_day(routing: Routing) -> None:
    routing.matcher._history._kept.clear()
    await routing.expert("only")
    await routing.submit(1)
    await routing.match()
    await routing.grant("carla", "coordinator")
    await routing.grant("ugo", "official", "body", "012133")

    async with routing.browser("carla") as carla, routing.browser("ugo") as ugo:
        inside, outside = await carla.get(PAGE), await ugo.get(PAGE)

    assert "Regole del 23 novembre 2026" in inside.text
    assert "most_refusals: 4" in inside.text
    assert "Regole del 23 novembre 2026" in outside.text
    assert "most_refusals" not in outside.text


async def test_the_rules_of_many_decisions_are_asked_for_at_once(
    routing: Routing, monkeypatch: pytest.MonkeyPatch
) -> None:
    routing.matcher._history._kept.clear()
    await routing.expert("only")
    await routing.submit(1)
    await routing.match()
    await routing.grant("carla", "coordinator")
    async with routing.api("carla") as api:
        for _ in range(3):
            await routing.expert("another")
            await api.post("/api/routing/requests/2026-000001/assign", json={"expert": person("another")})
            await api.post("/api/routing/requests/2026-000001/assign", json={"expert": person("only")})
    asked: list[str] = []
    find, find_one = Database.find, AsyncIOMotorCollection.find_one

    async def counted(database: Database, collection: str, *more: Any, **named: Any) -> list[Document]:
        asked.append(collection)
        return await find(database, collection, *more, **named)

    def one_counted(collection: AsyncIOMotorCollection[Document], *more: Any, **named: Any) -> Any:
        asked.append(collection.name)
        return find_one(collection, *more, **named)

    monkeypatch.setattr(Database, "find", counted)
    monkeypatch.setattr(AsyncIOMotorCollection, "find_one", one_counted)
    async with routing.browser("carla") as browser:
        page = await browser.get(PAGE)

    assert page.text.count("Regole del 23 novembre 2026") == 7
    assert asked.count(RULES) == 1


async def test_a_text_that_decides_again_after_another_is_found_for_its_later_decisions(
    routing: Routing, tmp_path
) -> None:
    text, path = DEFAULT.read_text(encoding="utf-8"), tmp_path / "rules.yaml"
    made: list[Document] = []
    for number, comment in enumerate("ABAA"):
        path.write_text(f"{text}# {comment}\n", encoding="utf-8")
        # As after a restart: a history that remembers nothing.
        await RulesHistory(routing.database, routing.clock.now).kept(Rulebook(path))
        made.append({"_id": str(number), "rules_version": "2", "at": routing.clock.now()})
        routing.clock.advance(timedelta(hours=1))

    found = await RulesHistory(routing.database, routing.clock.now).of(made)

    assert [(found[str(number)] or {})["text"][-2] for number in range(4)] == list("ABAA")
    assert len(await routing.database.find(RULES, {})) == 3


async def test_a_text_that_comes_back_while_the_service_runs_is_kept_anew(routing: Routing, tmp_path) -> None:
    text, path = DEFAULT.read_text(encoding="utf-8"), tmp_path / "rules.yaml"
    path.write_text(text, encoding="utf-8")
    history, book = RulesHistory(routing.database, routing.clock.now), Rulebook(path)
    for comment in ("", "# B\n", ""):
        path.write_text(text + comment, encoding="utf-8")
        book.refresh()
        await history.kept(book)
        routing.clock.advance(timedelta(hours=1))

    found = await history.of([{"_id": "last", "rules_version": "2", "at": routing.clock.now()}])

    assert (found["last"] or {})["text"] == text
