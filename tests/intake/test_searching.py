"""Every narrowed list is complete, in order, and read from an index with a bounded effort, whatever the filters are.

Against three thousand documents of the bench's generator, compared with reading all of them.
"""

from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from contracts.access import Grant
from services.chassis.auth import Caller
from services.chassis.mongo import Database, Document
from services.intake.domain.words import asked
from services.intake.store import scan
from services.intake.store.requests import COUNT_CAP, INDEXES, REQUESTS, RequestQuery, RequestStore
from services.intake.store.scan import EFFORT
from tests.bench.intake.documents import EXPERTS, THEMES, Maker
from tests.intake.conftest import Town, a_request
from tests.servers import MongoServer

STORED = 3_000
_PROBES = 15
"""Look-ups of how long lists are; they read the index alone."""


def caller(role: str, scope: str | None = None, id: str = EXPERTS[0]) -> Caller:
    kind = "programme" if scope is None else "body"
    grant = {"role": role, "scope_kind": kind, "scope": scope, "start": datetime(2020, 1, 1, tzinfo=UTC)}
    return Caller(id, (Grant.model_validate(grant),), "it", "key")


COORDINATOR = caller("coordinator")


class Stored:
    """The documents, in the order of the lists, and the store over them."""

    def __init__(self, database: Database, rows: list[Document]) -> None:
        self.database, self.store = database, RequestStore(database)
        self.rows = sorted(rows, key=lambda row: (row["submitted_at"], row["_id"]), reverse=True)
        sizes: dict[str, int] = {}
        for row in rows:
            sizes[row["body"]] = sizes.get(row["body"], 0) + 1
        self.largest = max(sizes, key=lambda body: sizes[body])

    async def all_pages(self, who: Caller, query: RequestQuery, limit: int = 50) -> list[str]:
        found, cursor = [], None
        while True:
            rows, cursor = await self.store.page(who, query, limit, cursor)
            found += [row["_id"] for row in rows]
            if cursor is None:
                return found

    def expected(self, who: Caller, query: RequestQuery) -> list[str]:
        rows = [row["_id"] for row in self.rows if _sees(who, row) and _matches(query, row)]
        return rows if query.sort == "newest" else rows[::-1]


def _sees(who: Caller, row: Document) -> bool:
    bodies = who.scopes("official")
    works = who.has("expert") and who.id in (row["lead"], *row.get("co_experts", ()))
    return who.has("coordinator") or row["body"] in bodies or works


def _matches(query: RequestQuery, row: Document) -> bool:
    exact = all(
        getattr(query, name) in (None, row[name])
        for name in ("theme", "procedure", "province", "body", "kind", "lead")
    )  # fmt: skip
    return (
        exact
        and (not query.statuses or row["status"] in query.statuses)
        and (query.assigned is None or query.assigned == (row["lead"] is not None))
        and (query.since is None or row["submitted_at"] >= query.since)
        and (query.until is None or row["submitted_at"] < query.until)
        and (not query.q or set(asked(query.q)) <= set(row["tokens"]))
    )


@pytest.fixture(scope="module")
async def stored(town: Town, mongod: MongoServer) -> AsyncIterator[Stored]:
    request = await town.submitted(**a_request(protocol={"number": "1/2026", "date": "2026-01-02"}))
    example = await town.service.database[REQUESTS].find_one({"_id": request["id"]})
    assert example
    rows = list(Maker(5, [example], datetime(2026, 11, 25, tzinfo=UTC), STORED).documents(0, STORED))
    at_once = rows[1_000]["submitted_at"]
    for row in rows[1_000:1_700]:
        row["submitted_at"] = at_once  # As many of one moment as an import makes.
    for row in sorted(rows, key=lambda row: row["submitted_at"])[: STORED // 2 : 100]:
        row["co_experts"] = [EXPERTS[2], EXPERTS[0]]
    database = Database(mongod.url, f"{town.service.settings.prefix}_searching")
    await database.ensure([index for index in INDEXES if index.collection == REQUESTS])
    await database[REQUESTS].insert_many(rows)
    yield Stored(database, [row async for row in database[REQUESTS].find()])
    await database.drop()
    database.close()


def _queries(body: str) -> dict[str, RequestQuery]:
    waiting, theme, other = ("waiting", "submitted", "triage"), THEMES[0], THEMES[3]
    day = datetime(2025, 1, 1, tzinfo=UTC)
    return {
        "all": RequestQuery(),
        "status": RequestQuery(statuses=("closed",)),
        "statuses": RequestQuery(statuses=waiting),
        "theme": RequestQuery(theme=theme),
        "kind": RequestQuery(kind="legal"),
        "assigned": RequestQuery(assigned=True),
        "unassigned": RequestQuery(assigned=False),
        "lead": RequestQuery(lead=EXPERTS[1]),
        "days": RequestQuery(since=day, until=day + timedelta(days=90)),
        "theme, province": RequestQuery(theme=theme, province="MI"),
        "status, body": RequestQuery(statuses=("closed",), body=body),
        "statuses, theme, kind": RequestQuery(statuses=waiting, theme=theme, kind="technical"),
        "theme, province, status": RequestQuery(theme=theme, province="BG", statuses=("closed",)),
        "unassigned, status": RequestQuery(assigned=False, statuses=("closed",)),
        "days, kind, theme": RequestQuery(since=day, kind="legal", theme=other),
        "word": RequestQuery(q="amianto"),
        "frequent word": RequestQuery(q="richiesta"),
        "two frequent words": RequestQuery(q="richiesta comune"),
        "words that hardly meet": RequestQuery(q="amianto fibra"),
        "word, theme": RequestQuery(q="amianto", theme=THEMES[4]),
        "frequent word, status": RequestQuery(q="richiesta", statuses=("waiting",)),
        "word, three filters": RequestQuery(q="rifiuti", province="MI", kind="legal", statuses=("closed",)),
        "no such word": RequestQuery(q="richiesta zzqx"),
    }


QUERIES = _queries("")
CALLERS: dict[str, Callable[[Stored], Caller]] = {
    "coordinator": lambda stored: COORDINATOR,
    "official": lambda stored: caller("official", stored.largest),
    "expert": lambda stored: caller("expert"),
    "expert and official": lambda stored: Caller(
        EXPERTS[0], (*caller("expert").grants, *caller("official", stored.largest).grants), "it", "key"
    ),
}


@pytest.mark.parametrize("name", QUERIES)
@pytest.mark.parametrize("role", CALLERS)
async def test_pages_hold_what_matches_once_and_in_order(stored: Stored, role: str, name: str) -> None:
    query, who = _queries(stored.largest)[name], CALLERS[role](stored)

    for way in (query, replace(query, sort="oldest")):
        assert await stored.all_pages(who, way) == stored.expected(who, way)


@pytest.mark.parametrize("name", QUERIES)
@pytest.mark.parametrize("role", CALLERS)
async def test_a_page_is_read_from_indexes_in_order_and_with_a_bounded_effort(
    stored: Stored, role: str, name: str
) -> None:
    query, who = _queries(stored.largest)[name], CALLERS[role](stored)
    profile = stored.database["system.profile"]
    await profile.drop()
    await stored.database.raw.command({"profile": 2})

    await stored.store.page(who, query, 20)
    await stored.database.raw.command({"profile": 0})

    commands = [row async for row in profile.find({"op": "query", "ns": {"$regex": REQUESTS}})]
    assert commands or not stored.expected(who, query)
    for command in commands:
        assert "COLLSCAN" not in command["planSummary"], command["planSummary"]
        assert not command.get("hasSortStage"), command["planSummary"]
        # That nobody leads a request does not stand in an index: null and nothing are the same there.
        if command["command"].get("skip") and query.assigned is not False:
            assert command["docsExamined"] == 0, "how long a list is was not read from the index alone"
    effort = EFFORT if query.assigned is not False else 2 * EFFORT
    assert sum(command["docsExamined"] for command in commands) <= effort + 1
    assert len(commands) <= _PROBES + 20


async def test_an_expert_finds_the_old_requests_too_whatever_others_asked_since(stored: Stored) -> None:
    expert = caller("expert")
    rows, cursor = await stored.store.page(expert, RequestQuery(), 1_000)

    expected = stored.expected(expert, RequestQuery())
    assert any(row["lead"] != expert.id for row in rows)
    assert ([row["_id"] for row in rows], cursor) == (expected, None)


async def test_of_two_words_the_rarer_one_is_read(stored: Stored) -> None:
    rare = next(row for row in stored.rows if row["theme"])["title"].rsplit(" ", 1)[1]
    profile = stored.database["system.profile"]
    for words in (f"richiesta {rare}", f"{rare} richiesta"):
        await profile.drop()
        await stored.database.raw.command({"profile": 2})
        await stored.store.page(COORDINATOR, RequestQuery(q=words), 20)
        await stored.database.raw.command({"profile": 0})

        examined = [row["docsExamined"] async for row in profile.find({"op": "query", "ns": {"$regex": REQUESTS}})]
        assert sum(examined) <= 20


async def test_a_search_that_finds_little_stops_and_the_next_page_goes_on(
    stored: Stored, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.intake.store.scan._WINDOWS", (10, 20))
    monkeypatch.setattr("services.intake.store.requests.EFFORT", 30)
    monkeypatch.setattr("services.intake.store.scan._REACH", 10)
    query = RequestQuery(q="amianto", theme=THEMES[4])
    pages, cursor = [], None
    while True:
        rows, cursor = await stored.store.page(COORDINATOR, query, 20, cursor)
        pages.append([row["_id"] for row in rows])
        if cursor is None:
            break

    assert any(len(page) < 20 for page in pages[:-1])
    assert [id for page in pages for id in page] == stored.expected(COORDINATOR, query)


async def test_a_slow_database_ends_the_page_early_and_nothing_is_lost(
    stored: Stored, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.intake.store.scan.PATIENCE", 0.0)
    query = RequestQuery(theme=THEMES[0], kind="legal", province="MI")

    rows, cursor = await stored.store.page(COORDINATOR, query, 50)

    assert cursor is not None
    assert len(rows) < 50
    assert await stored.all_pages(COORDINATOR, query) == stored.expected(COORDINATOR, query)


@pytest.mark.parametrize(
    ("looked", "spent", "window"),
    [
        (0, 0.0, 100),
        (100, 0.0, 200),
        (100, 0.001, 200),
        (100, 0.015, 100),
        (300, 0.015, 250),
        (100, 0.027, 0),
        (100, 0.2, 0),
    ],
)
def test_how_much_is_read_next_follows_from_how_long_the_last_took(looked: int, spent: float, window: int) -> None:
    assert scan._window(looked, EFFORT, spent) == window
    assert scan._window(looked, looked + 10, spent) <= 10


async def test_counting_is_capped_and_says_whether_there_are_more(stored: Stored) -> None:
    few = RequestQuery(lead=EXPERTS[1])

    assert await stored.store.count(COORDINATOR, RequestQuery()) == (COUNT_CAP, True)
    assert await stored.store.count(COORDINATOR, few) == (len(stored.expected(COORDINATOR, few)), False)
    assert await stored.store.count(COORDINATOR, RequestQuery(q="il della")) == (0, False)


async def test_filters_that_contradict_each_other_read_nothing(stored: Stored) -> None:
    for query in (
        RequestQuery(q="il della con"), RequestQuery(theme="waste-management", procedure="aia"),
        RequestQuery(province="VA", body="016024"), RequestQuery(theme="waste-management", statuses=("triage",)),
    ):  # fmt: skip
        assert await stored.store.page(COORDINATOR, query, 20) == ([], None)


def test_the_generator_makes_what_the_handlers_make(stored: Stored) -> None:
    row = stored.rows[0]

    assert all(newer["submitted_at"] >= older["submitted_at"] for newer, older in pairwise(stored.rows))
    assert row["lead"] is None or row["assignment"]["expert"] == row["lead"]
    assert set(asked(row["title"])) <= set(row["tokens"])
    assert {row["status"] for row in stored.rows} >= {"closed", "waiting", "triage", "in_progress"}
