"""The figures of a simulation in words: rows side by side, what is better or worse, and bars by theme and province."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from contracts.vocabulary import province
from services.chassis.i18n import N_, Translator
from services.routing.wording import theme_name

Figures = Mapping[str, Any]
Unit = Literal["minutes", "share", "number"]
Better = Literal["less", "more", ""]
_WIDTH, _LABEL, _ROW = 340, 16, 46
_BAR = 230


@dataclass(frozen=True)
class Row:
    """A figure: how to find it, how to say it, and which way is better."""

    label: str
    path: tuple[str, ...]
    unit: Unit
    better: Better


ROWS: tuple[Row, ...] = (
    Row(N_("Requests"), ("requests",), "number", ""),
    Row(N_("Wait until taken in charge, median"), ("wait", "median"), "minutes", "less"),
    Row(N_("Wait until taken in charge, nine in ten within"), ("wait", "p90"), "minutes", "less"),
    Row(N_("Wait until somebody was asked, nine in ten within"), ("wait_for_offer", "p90"), "minutes", "less"),
    Row(N_("Requests that nobody had taken at the end"), ("not_taken",), "number", "less"),
    Row(N_("Nobody could be asked when they came"), ("unroutable",), "share", "less"),
    Row(N_("Taken by somebody of the highest competence there is"), ("top_competence",), "share", "more"),
    Row(N_("Mean level of whoever took them, of 5"), ("level",), "number", "more"),
    Row(N_("Taken by somebody from another province"), ("outside",), "share", "less"),
    Row(N_("Provinces away from home, on average"), ("steps",), "number", "less"),
    Row(N_("Uneven load: 0 is equal for all, 1 is all for one"), ("load", "gini"), "number", "less"),
    Row(N_("Experts who received nothing"), ("load", "idle"), "number", "less"),
    Row(N_("Places taken, on average"), ("load", "occupancy"), "share", ""),
)
_SAME = N_("the same")
_POINTS = N_("{points} percentage points")
_SAID: dict[tuple[Better, bool], tuple[str, str]] = {
    ("less", False): (N_("better: {difference} less"), "success"),
    ("less", True): (N_("worse: {difference} more"), "danger"),
    ("more", True): (N_("better: {difference} more"), "success"),
    ("more", False): (N_("worse: {difference} less"), "danger"),
    ("", True): (N_("{difference} more"), "neutral"),
    ("", False): (N_("{difference} less"), "neutral"),
}


def rows(result: Figures, translator: Translator) -> list[dict[str, Any]]:
    """The table side by side."""
    found = []
    for row in ROWS:
        base, other = _at(result["baseline"], row.path), _at(result["variant"], row.path)
        real = _at(result["observed"], row.path) if result["observed"] else None
        text, tone = _difference(row, base, other, translator)
        found.append({
            "label": translator(row.label), "baseline": _said(base, row.unit, translator),
            "variant": _said(other, row.unit, translator), "observed": _said(real, row.unit, translator),
            "difference": text, "tone": tone,
        })  # fmt: skip
    return found


def chart(result: Figures, group: str, path: tuple[str, ...], unit: Unit, translator: Translator) -> dict[str, Any]:
    """Two bars for each theme or province, and the same numbers as a table."""
    before = {item["code"]: item for item in result["baseline"][group]}
    after = {item["code"]: item for item in result["variant"][group]}
    codes = [code for code in before if code in after]
    pairs = [(code, _at(before[code], path), _at(after[code], path)) for code in codes]
    most = max((value for _, *both in pairs for value in both if value), default=0)
    bars = []
    for number, (code, base, other) in enumerate(pairs):
        name = _name(group, code, translator)
        bars.append({
            "name": name, "y": number * _ROW + _LABEL,
            "baseline": _bar(base, most), "variant": _bar(other, most),
            "baseline_text": _said(base, unit, translator), "variant_text": _said(other, unit, translator),
            "requests": translator.number(after[code]["requests"]),
        })  # fmt: skip
    return {"bars": bars, "width": _WIDTH, "height": max(len(bars) * _ROW, 1)}


def _bar(value: float | None, most: float) -> float:
    return round((value or 0) / most * _BAR, 1) if most else 0.0


def _name(group: str, code: str | None, translator: Translator) -> str:
    if group == "themes":
        return theme_name(code, translator.language) if code else translator(N_("without theme"))
    about = province(code or "")
    return about.name if about else str(code)


def _at(figures: Figures | None, path: tuple[str, ...]) -> Any:
    found: Any = figures
    for name in path:
        found = found.get(name) if found is not None else None
    return found


def _said(value: Any, unit: Unit, translator: Translator) -> str:
    if value is None:
        return translator.number(None)
    if unit == "minutes":
        return translator.duration(int(value))
    return f"{translator.number(round(value * 100, 1))} %" if unit == "share" else translator.number(round(value, 2))


def _difference(row: Row, base: Any, other: Any, translator: Translator) -> tuple[str, str]:
    if base is None or other is None:
        return translator.number(None), "neutral"
    apart = other - base
    if round(abs(apart), 4) == 0:
        return translator(_SAME), "neutral"
    text, tone = _SAID[row.better, apart > 0]
    said = _said(abs(apart), row.unit, translator)
    if row.unit == "share":
        said = translator(_POINTS, points=translator.number(round(abs(apart) * 100, 1)))
    return translator(text, difference=said), tone
