"""Lists of requests: filters, Italian search, pages without gaps, and an index behind each."""

from datetime import UTC, datetime

import pytest

from services.intake.domain.numbers import block, quoted_number, year_of
from services.intake.domain.texts import stem, tokens
from services.intake.store.numbers import NumberStore
from tests.intake.conftest import ADMIN_KEY, SARONNO, Town


async def _numbers(town: Town, query: str, key: str = ADMIN_KEY) -> list[str]:
    answer = await town.call("GET", f"/api/requests?{query}", key)
    assert answer.status_code == 200, answer.text
    return [item["number"] for item in answer.json()["items"]]


async def test_every_filter_narrows_to_what_it_names(town: Town) -> None:
    fields = {"theme": "waste-management", "procedure": "centro-raccolta", "kind": "legal", "body": SARONNO}
    wanted = await town.submitted(title="Isola ecologica", **fields)

    for query in (
        "theme=waste-management", "procedure=centro-raccolta", "kind=legal", "body=c_i441", "province=va",
        "status=submitted", "assigned=false", "q=isole", "from=2020-01-01", "to=2100-01-01T00:00:00Z", "sort=newest",
        "theme=&procedure=&province=",
    ):  # fmt: skip
        assert wanted["number"] in await _numbers(town, query + "&limit=200"), query
    for query in (
        "theme=site-remediation", "procedure=aia", "kind=technical", "body=012133", "province=BG", "status=closed",
        "assigned=true", "assigned=me", "q=fotovoltaico", "from=2100-01-01", "to=2020-01-01",
    ):  # fmt: skip
        assert wanted["number"] not in await _numbers(town, query + "&limit=200"), query


async def test_search_finds_other_forms_of_a_word_with_or_without_accents(town: Town) -> None:
    request = await town.submitted(title="Criticità delle autorizzazioni paesaggistiche a Colle Nuovissimo")

    for words in ("autorizzazione paesaggistica", "CRITICITA", "nuovissimi", request["number"], "colle%20criticità"):
        assert await _numbers(town, f"q={words}&limit=200") == [request["number"]]
    assert await _numbers(town, "q=autorizzazione%20inesistente") == []


async def _pages(town: Town, query: str, pages: int) -> tuple[list[str], str | None]:
    found: list[str] = []
    cursor = None
    for _ in range(pages):
        page = (await town.call("GET", f"/api/requests?{query}{f'&cursor={cursor}' if cursor else ''}")).json()
        found += [item["number"] for item in page["items"]]
        cursor = page["next_cursor"]
    return found, cursor


@pytest.mark.parametrize("at_once", [False, True])
async def test_pages_show_each_request_once_in_both_directions(town: Town, at_once: bool) -> None:
    word = f"pagina{at_once}"
    requests = [await town.submitted(title=f"Una {word} {n}") for n in range(7)]
    if at_once:
        same = {"$set": {"submitted_at": town.service.clock.now()}}
        ids = [request["id"] for request in requests]
        await town.service.database["requests"].update_many({"_id": {"$in": ids}}, same)
    sent = [request["number"] for request in sorted(requests, key=lambda request: str(request["id"]))]

    for sort, expected in (("newest", sent[::-1]), ("oldest", sent)):
        found, cursor = await _pages(town, f"q={word}&limit=3&sort={sort}", pages=3)
        assert cursor is None
        assert found == expected


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("cursor=nonsense", "/query/cursor"),
        ("cursor=WzEsMl0=", "/query/cursor"),
        ("limit=0", "/query/limit"),
        ("status=lost", "/query/status/0"),
        ("from=yesterday", "/query/from"),
        ("to=2026-01-01T00:00:00", "/query/to"),
        ("body=999999", "/query/body"),
        ("theme=site-remediatoin", "/query/theme"),
        ("procedure=nessuna", "/query/procedure"),
        ("province=Varese", "/query/province"),
    ],
)
async def test_a_filter_that_cannot_be_used_is_named(town: Town, query: str, pointer: str) -> None:
    answer = await town.call("GET", f"/api/requests?{query}")

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == pointer


async def test_a_question_without_words_or_too_long_is_answered(town: Town) -> None:
    assert await _numbers(town, "q=il%20della%20con") == []
    assert await _numbers(town, "q=%21%3F") == []
    assert (await town.call("GET", "/api/requests?q=" + "x" * 10_000)).status_code == 422


async def test_a_request_is_found_by_its_number_the_bodys_protocol_and_after_an_apostrophe(town: Town) -> None:
    protocol = {"number": "0054321/2026", "date": "2026-03-02"}
    request = await town.submitted(title="Diffida dell'Agenzia per l’arsenicodotto", protocol=protocol)

    year, serial = request["number"].split("-")
    for words in (request["number"], f"{year}-{int(serial)}", "0054321/2026", "54321", "arsenicodotti"):
        assert request["number"] in await _numbers(town, f"q={words}&limit=200"), words
    assert await _numbers(town, "q=0054322/2026") == []


async def test_two_processes_never_give_the_same_number(town: Town) -> None:
    first, second = NumberStore(town.service.database), NumberStore(town.service.database)
    now = town.service.clock.now()

    taken = [await store.take(now) for _ in range(120) for store in (first, second)]

    assert len(set(taken)) == 240


def test_the_year_of_a_number_is_the_one_in_rome() -> None:
    assert year_of(datetime(2026, 12, 31, 23, 30, tzinfo=UTC)) == 2027
    assert next(block(2027, 1)) == "2027-000001"
    assert list(block(2027, 2))[-1] == "2027-000200"


def test_the_number_in_a_subject_is_found_between_brackets_only() -> None:
    assert quoted_number("R: RIF: [2026-000123] Bonifica") == "2026-000123"
    assert quoted_number("R: [2026\u2011000123]") == "2026-000123"
    assert quoted_number("protocollo 2026-000123") is None


def test_singular_and_plural_have_one_stem() -> None:
    for forms in (
        ("bonifica", "bonifiche"), ("discarica", "discariche"), ("permesso", "permessi"), ("edilizio", "edilizia"),
        ("autorizzazione", "autorizzazioni"), ("rifiuto", "rifiuti"), ("comunale", "comunali"),
    ):  # fmt: skip
        assert len({stem(form) for form in forms}) == 1, forms


def test_small_words_are_not_searched() -> None:
    assert tokens("Il parere della provincia") == ["parer", "provinc"]
