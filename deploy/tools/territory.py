"""The rows of `bodies.csv`: the programme's list of comuni and provinces, with what happened to them since.

A change that the list does not carry: one entry in `ENDED` or `FOUNDED`, with where it was read.
"""

import re
from datetime import date, timedelta

# Ends that the list of comuni does not carry yet, by ISTAT code: the last day in force (ANPR archive), and the
# successor (Lirio: l.r. 28 January 2026, n. 1, incorporated into Montalto Pavese).
ENDED = {"018082": ("2026-01-31", "018094")}

# Comuni younger than the list: ISTAT code and cadastral code from ISTAT's list, the first day from the ANPR archive.
# Population is the sum of the parts, the point their mean by area.
FOUNDED = (("013256", "M435", "Uggiate con Ronago", "2024-01-01"),)

BODY_COLUMNS = (
    "code", "ipa_code", "cadastral_code", "name", "kind", "province",
    "population", "lat", "lon", "valid_from", "valid_to", "successor",
)  # fmt: skip


def bodies_rows(comuni: list[dict[str, str]], provinces: list[dict[str, str]]) -> list[dict[str, str]]:
    """One row per body in `BODY_COLUMNS`, by code: comuni by ISTAT code, provinces by their three digits."""
    rows = [_comune(row) for row in comuni] + [_province_body(row) for row in provinces]
    rows += [_founded(*fact, parts) for fact in FOUNDED if (parts := _parts(comuni, fact[0]))]
    return sorted(rows, key=lambda row: row["code"])


def _comune(row: dict[str, str]) -> dict[str, str]:
    code = row["istat_code"]
    changes = _changes(row["status_note"])
    return {
        "code": code,
        "ipa_code": row["ipa_code"],
        "cadastral_code": row["cadastral_code"],
        "name": changes.get("name", row["name"]),
        "kind": "comune",
        "province": row["province_sigla"],
        "population": row["population"],
        "lat": row["lat"],
        "lon": row["lon"],
        "valid_from": changes.get("valid_from", ""),
        "valid_to": changes.get("valid_to") or ENDED.get(code, ("", ""))[0],
        "successor": row["successor_istat_code"] or ENDED.get(code, ("", ""))[1],
    }


def _parts(comuni: list[dict[str, str]], code: str) -> list[dict[str, str]]:
    """The comuni of the list that merged into this one."""
    return [row for row in comuni if row["successor_istat_code"] == code]


def _founded(code: str, cadastral: str, name: str, first_day: str, parts: list[dict[str, str]]) -> dict[str, str]:
    """A comune that is younger than the list, made of its parts."""
    areas = [float(row["area_km2_approx"]) for row in parts]

    def middle(axis: str) -> str:
        weighted = sum(float(row[axis]) * area for row, area in zip(parts, areas, strict=True))
        return f"{weighted / sum(areas):.5f}"

    return dict.fromkeys(BODY_COLUMNS, "") | {
        "code": code,
        "ipa_code": f"c_{cadastral.lower()}",  # derived, as for the others
        "cadastral_code": cadastral,
        "name": name,
        "kind": "comune",
        "province": parts[0]["province_sigla"],
        "population": str(sum(int(row["population"]) for row in parts)),
        "lat": middle("lat"),
        "lon": middle("lon"),
        "valid_from": first_day,
    }


def _changes(note: str) -> dict[str, str]:
    """What a remark of the list of comuni says about name and validity (`valid_to` is the last day in force)."""
    if not note or note.startswith("name as in "):
        return {}
    if found := re.match(r"istituito (\d{4}-\d\d-\d\d)\b", note):
        return {"valid_from": found[1]}
    if found := re.match(r"soppresso dal (\d{4}-\d\d-\d\d)\b", note):
        return {"valid_to": (date.fromisoformat(found[1]) - timedelta(days=1)).isoformat()}
    if found := re.fullmatch(r"dal \d{4}-\d\d-\d\d denominato (.+)", note):
        return {"name": found[1]}
    raise ValueError(f"a remark that this tool does not understand: {note!r}")


def _province_body(row: dict[str, str]) -> dict[str, str]:
    same = {key: row[key] for key in ("kind", "population", "lat", "lon")}
    own = {
        "code": row["province_code"],
        "ipa_code": f"p_{row['sigla'].lower()}",  # derived, not read in IndicePA
        "name": f"Provincia di {row['name']}" if row["kind"] == "provincia" else row["name"],
        "province": row["sigla"],
    }
    return dict.fromkeys(BODY_COLUMNS, "") | same | own
