"""Writes `contracts/vocabulary/` from its sources: `python -m deploy.tools.vocabulary --source ../shared/domain`.

The only place that needs PyYAML and `holidays`; what it writes is committed and read with the standard library.
The same sources always give the same bytes. What may not be shown as law is left out here, and the loaders
check it again. An unknown remark in a source stops the run, so that no correction is lost in silence.
"""

import argparse
import csv
import io
import json
import re
import shutil
from importlib.metadata import version
from pathlib import Path
from typing import Any

import holidays
import yaml

from deploy.tools.territory import BODY_COLUMNS, bodies_rows

TARGET = Path(__file__).parents[2] / "contracts" / "vocabulary"
YEARS = range(2020, 2033)

# Sunday celebrations that the calendar package lists and on which no office closes for that reason.
NOT_HOLIDAYS = frozenset({"Giorno dell'unità nazionale", "National Unity Day"})

Row = dict[str, Any]


def themes_document(source: Row) -> Row:
    """Themes with their procedures; a term only where somebody read it (`verification: verified`)."""
    themes = []
    for theme in source["themes"]:
        kept = {key: theme[key] for key in ("code", "definition_en", "keywords_it")}
        names = {"name_it": theme["label_it"], "name_en": theme["label_en"]}
        procedures = [_procedure(entry, source["sources"]) for entry in theme["procedures"]]
        themes.append(kept | names | {"procedures": procedures})
    return {"version": source["version"], "status": source["status"], "themes": themes}


def _procedure(entry: Row, sources: dict[str, str]) -> Row:
    procedure: Row = {
        "code": entry["code"],
        "name_it": entry["name_it"],
        "name_en": entry.get("name_en"),
        "listed": entry["pass"],
        "levels": entry["level"],
        "verification": entry["verification"],
    }
    if entry["verification"] == "verified" and entry["term_iso8601"]:
        procedure["term"] = {
            "duration": entry["term_iso8601"],
            "clock": entry["clock"],
            "statute": entry["statute"],
            "as_of": _dated(entry["as_of"]),
            "note_en": entry.get("term_note"),
            "sources": [sources[key] for key in entry["src"]],
        }
    return procedure


def _dated(text: str) -> str | None:
    """`2020`, `2020-10` or `2020-10-31`; None where the source says that it bears no date."""
    if text.endswith("not dated"):
        return None
    if not re.fullmatch(r"\d{4}(-\d\d){0,2}", text):
        raise ValueError(f"as_of {text!r} is neither a date nor 'not dated'")
    return text


def provinces_document(provinces: list[dict[str, str]]) -> list[Row]:
    """Provinces in the order of their codes, with the siglas of those that they touch."""
    return [
        {
            "code": row["province_code"],
            "sigla": row["sigla"],
            "name": row["name"],
            "kind": row["kind"],
            "capital": row["capoluogo_istat"],
            "population": int(row["population"]),
            "lat": float(row["lat"]),
            "lon": float(row["lon"]),
            "neighbours": row["neighbours"].split(),
        }
        for row in sorted(provinces, key=lambda row: row["province_code"])
    ]


def holidays_document(siglas: list[str]) -> Row:
    """National holidays of `YEARS`, and for each province the patron's day of its capital."""
    national = _named_days(None)
    provinces = {sigla: [day for day in _named_days(sigla) if day not in national] for sigla in sorted(siglas)}
    return {"first_year": YEARS.start, "last_year": YEARS.stop - 1, "national": national, "provinces": provinces}


def _named_days(sigla: str | None) -> list[Row]:
    italian = holidays.country_holidays("IT", subdiv=sigla, years=YEARS, language="it_IT")
    english = holidays.country_holidays("IT", subdiv=sigla, years=YEARS, language="en_US")
    days = [(day, _without_celebrations(italian[day]), _without_celebrations(english[day])) for day in sorted(italian)]
    return [{"date": day.isoformat(), "name_it": name, "name_en": translated} for day, name, translated in days if name]


def _without_celebrations(label: str) -> str:
    return "; ".join(name for name in label.split("; ") if name not in NOT_HOLIDAYS)


def generate(source: Path, target: Path) -> None:
    """Write every file of the vocabulary into `target`, which must exist."""
    themes = yaml.safe_load((source / "themes.yaml").read_text(encoding="utf-8"))
    comuni = _read(source / "comuni_lombardia.csv")
    provinces = _read(source / "province_lombardia.csv")
    _write_json(target / "themes.json", themes_document(themes))
    _write_json(target / "provinces.json", provinces_document(provinces))
    _write_json(target / "holidays.json", holidays_document([row["sigla"] for row in provinces]))
    table = io.StringIO()
    writer = csv.DictWriter(table, BODY_COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(bodies_rows(comuni, provinces))
    (target / "bodies.csv").write_text(table.getvalue(), encoding="utf-8", newline="")
    shutil.copyfile(source / "province_lombardia.geojson", target / "provinces.geojson")
    attribution = Path(__file__).with_name("vocabulary_attribution.md").read_text(encoding="utf-8")
    text = attribution.replace("{holidays}", version("holidays")).replace("{themes}", themes["version"])
    (target / "ATTRIBUTION.md").write_text(text, encoding="utf-8", newline="")


def _read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _write_json(path: Path, document: Any) -> None:
    path.write_text(json.dumps(document, ensure_ascii=False, indent=1) + "\n", encoding="utf-8", newline="")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Generate contracts/vocabulary from its sources.")
    parser.add_argument("--source", type=Path, required=True, help="folder with themes.yaml and the lists of Lombardy")
    generate(parser.parse_args().source, TARGET)
