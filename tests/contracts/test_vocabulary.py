"""The shared vocabulary as the loaders give it: complete, linked, and silent about what nobody verified."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from contracts.vocabulary import (
    bodies,
    body,
    nearest,
    procedure,
    procedures,
    province,
    province_borders,
    provinces,
    subjects,
    theme,
    themes,
)

FOLDER = Path(__file__).parents[2] / "contracts" / "vocabulary"


@pytest.fixture(scope="module")
def entries() -> list[dict[str, Any]]:
    """The procedures as they stand in the file."""
    document = json.loads((FOLDER / "themes.json").read_text(encoding="utf-8"))
    return [procedure for theme in document["themes"] for procedure in theme["procedures"]]


def test_the_programme_is_complete():
    kinds = [item.kind for item in bodies()]

    assert sum(item.kind == "comune" and item.valid_on(date(2023, 6, 1)) for item in bodies()) == 1504
    assert kinds.count("comune") == 1505
    assert kinds.count("provincia") == 11
    assert kinds.count("citta_metropolitana") == 1
    assert len(provinces()) == 12
    assert len(themes()) == 8
    assert len(procedures()) == 72


def test_every_code_is_unique_and_leads_back_to_its_thing():
    for found, item in [(body(item.code), item) for item in bodies()]:
        assert found is item
    assert all(body(item.ipa_code.upper()) is item for item in bodies())
    assert all(theme(item.code) is item for item in themes())
    assert all(procedure(item.code) is item for item in procedures())
    assert all(province(item.sigla.lower()) is item for item in provinces())


def test_codes_of_nobody_give_nothing():
    assert (body("999999"), theme("gardening"), procedure("no-such"), province("RM")) == (None, None, None, None)


def test_every_code_of_the_vocabulary_fits_into_an_event():
    codes = [item.code for item in (*bodies(), *themes(), *procedures())]
    codes += [item.ipa_code for item in bodies()] + [item.sigla for item in provinces()]

    assert all(
        code.isascii() and code.replace("-", "").replace("_", "").isalnum() and len(code) <= 64 for code in codes
    )


def test_procedures_and_themes_name_each_other():
    assert [code for item in themes() for code in item.procedures] == [item.code for item in procedures()]
    for item in procedures():
        owner = theme(item.theme)
        assert owner is not None
        assert item.code in owner.procedures


def test_every_body_lies_in_a_province_that_has_a_body_a_capital_and_neighbours():
    siglas = {item.sigla for item in provinces()}

    assert {item.province for item in bodies()} == siglas
    for item in provinces():
        own, capital = body(item.code), body(item.capital)
        assert own is not None
        assert own.kind == item.kind
        assert capital is not None
        assert capital.province == item.sigla
        assert item.neighbours
        for neighbour in item.neighbours:
            assert item.sigla in (province(neighbour) or item).neighbours


def test_the_borders_show_every_province():
    features = json.loads(province_borders())["features"]

    assert {feature["properties"]["sigla"] for feature in features} == {item.sigla for item in provinces()}


def test_a_term_is_shown_where_somebody_read_it_and_nowhere_else(entries: list[dict[str, Any]]):
    verified = {entry["code"] for entry in entries if entry["verification"] == "verified" and "term" in entry}
    hearsay = [entry for entry in entries if entry["verification"] == "unverified"]

    assert hearsay  # else this test says nothing
    assert verified == {item.code for item in procedures() if item.statutory_term}
    assert not [entry["code"] for entry in hearsay if "term" in entry]


def test_a_shown_term_is_the_one_of_the_file_with_its_statute_and_sources(entries: list[dict[str, Any]]):
    for entry in entries:
        if "term" in entry:
            found = procedure(entry["code"])
            assert found is not None
            assert found.statutory_term is not None
            assert found.statutory_term.duration == entry["term"]["duration"]
            assert found.statutory_term.statute
            assert list(found.statutory_term.sources) == entry["term"]["sources"] != []


@pytest.mark.parametrize("verification", ["unverified", "none", "verified "])
def test_a_term_that_slipped_into_the_file_unverified_is_still_not_shown(
    verification: str, monkeypatch: pytest.MonkeyPatch
):
    source = json.loads((FOLDER / "themes.json").read_text(encoding="utf-8"))["themes"]
    entry = next(item for theme in source for item in theme["procedures"] if "term" in item)
    entry["verification"] = verification
    monkeypatch.setattr(subjects, "_entries", lambda: source)
    # The table as a fresh process would read it; the cached one belongs to the other tests.
    monkeypatch.setattr(subjects, "_procedures", subjects._procedures.__wrapped__)

    found = procedure(entry["code"])

    assert found is not None
    assert found.statutory_term is None


@pytest.mark.parametrize(
    ("typed", "of", "expected"),
    [
        ("waste", "theme", "waste-management"),
        ("paurr", "procedure", "paur"),
        ("comune di varesse", "body", "012133"),
        ("  Cantù ", "body", "013041"),
        ("c_l628", "body", "012133"),
    ],
)
def test_a_misspelt_code_or_name_gets_the_nearest_valid_ones(typed: str, of: Any, expected: str):
    assert expected in nearest(typed, of)


@pytest.mark.parametrize("of", ["theme", "procedure", "body"])
@pytest.mark.parametrize("typed", ["", "qqqq zzzz", "x" * 1_000_000])
def test_what_resembles_nothing_gets_no_suggestion(typed: str, of: Any):
    assert nearest(typed, of) == []


def test_suggestions_are_few_and_without_repetition():
    for typed in ("san", "monte", "aia", "building", "c_a"):
        for of in ("theme", "procedure", "body"):
            found = nearest(typed, of)  # type: ignore[arg-type]
            assert len(found) == len(set(found)) <= 3


@pytest.mark.parametrize(
    ("code", "last_day", "successor"),
    [
        ("013199", date(2023, 12, 31), "013256"),
        ("013228", date(2023, 12, 31), "013256"),
        ("018002", date(2023, 11, 17), "018026"),
        ("018082", date(2026, 1, 31), "018094"),
    ],
)
def test_a_merged_comune_is_valid_until_its_last_day(code: str, last_day: date, successor: str | None):
    merged = body(code)

    assert merged is not None
    assert merged.valid_on(last_day)
    assert not merged.valid_on(date.fromordinal(last_day.toordinal() + 1))
    assert merged.successor == successor


def test_a_new_comune_is_valid_from_its_first_day_and_others_without_known_changes_always():
    new, old = body("012144"), body("012133")

    assert new is not None
    assert not new.valid_on(date(2022, 12, 31))
    assert new.valid_on(date(2023, 1, 1))
    assert old is not None
    assert old.valid_on(date(1900, 1, 1))
    assert old.valid_on(date(2100, 1, 1))
