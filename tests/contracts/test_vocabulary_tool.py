"""The tool that writes the vocabulary: the same sources give the same bytes, and nothing is lost in silence."""

from pathlib import Path
from typing import Any

import pytest

from deploy.tools import vocabulary as tool

ROOT = Path(__file__).parents[2]
SOURCE = ROOT.parent / "shared" / "domain"
WRITTEN = ["ATTRIBUTION.md", "bodies.csv", "holidays.json", "provinces.geojson", "provinces.json", "themes.json"]

needs_source = pytest.mark.skipif(
    not SOURCE.is_dir(), reason="the sources of the vocabulary, ../shared/domain, are not beside this checkout"
)


@needs_source
def test_the_committed_vocabulary_is_what_its_sources_give(tmp_path: Path):
    tool.generate(SOURCE, tmp_path)

    assert sorted(path.name for path in tmp_path.iterdir()) == WRITTEN
    for name in WRITTEN:
        assert (tmp_path / name).read_bytes() == (ROOT / "contracts" / "vocabulary" / name).read_bytes(), name


def procedure(**changes: Any) -> dict[str, Any]:
    entry = {
        "code": "vas",
        "name_it": "VAS",
        "pass": True,
        "level": ["comune"],
        "verification": "verified",
        "term_iso8601": "P90D",
        "clock": "calendar_days",
        "statute": "l.r. 12/2005",
        "as_of": "2020-10",
        "src": ["a"],
    } | changes
    theme = {"code": "t", "definition_en": "", "keywords_it": [], "label_it": "", "label_en": "", "procedures": [entry]}
    source = {"version": "1", "status": "", "sources": {"a": "https://example.org/a"}, "themes": [theme]}
    written: dict[str, Any] = tool.themes_document(source)["themes"][0]["procedures"][0]
    return written


def test_a_verified_term_is_written_with_its_sources():
    assert procedure()["term"]["sources"] == ["https://example.org/a"]
    assert procedure()["term"]["duration"] == "P90D"


@pytest.mark.parametrize("changes", [{"verification": "unverified"}, {"verification": "none"}, {"term_iso8601": None}])
def test_a_term_that_nobody_read_is_left_out(changes: dict[str, Any]):
    assert "term" not in procedure(**changes)


def test_a_source_without_a_date_is_told_apart_from_a_wrong_date():
    assert procedure(as_of="page not dated")["term"]["as_of"] is None
    with pytest.raises(ValueError, match="last autumn"):
        procedure(as_of="last autumn")


def comune(note: str) -> dict[str, str]:
    row = dict.fromkeys(("ipa_code", "cadastral_code", "province_sigla", "population", "lat", "lon"), "")
    row |= {"istat_code": "012999", "name": "Prova", "status_note": note, "successor_istat_code": ""}
    return tool.bodies_rows([row], [])[0]


def test_the_day_on_which_a_comune_was_dissolved_is_the_one_after_its_last():
    assert comune("soppresso dal 2024-01-01: fusione")["valid_to"] == "2023-12-31"
    assert comune("istituito 2023-01-01")["valid_from"] == "2023-01-01"
    assert comune("dal 2024-05-01 denominato Prova Nuova")["name"] == "Prova Nuova"


def test_a_remark_that_the_tool_does_not_understand_stops_it():
    with pytest.raises(ValueError, match="ceduto alla Svizzera"):
        comune("ceduto alla Svizzera")


def test_a_celebration_without_a_closed_office_is_no_holiday():
    written = tool.holidays_document(["VA"])

    names = {name for day in written["national"] for name in day["name_it"].split("; ")}
    assert not names & tool.NOT_HOLIDAYS
    assert "2026-06-02" in {day["date"] for day in written["national"]}
