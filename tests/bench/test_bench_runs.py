"""The bench measures what it says: every figure comes out. How large they are is no matter of tests."""

import json
import math
from pathlib import Path

import pytest

from tests.bench import __main__ as bench
from tests.bench.load import quantile
from tests.bench.report import BARS, Report

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
TINY = bench.Scale(tickets=50, mails=20, seconds=1.0, rates=(20,), connections=(2,), stored=40)


async def test_every_part_gives_its_figures(tmp_path: Path) -> None:
    report = Report(lambda _: None)

    await bench.measure(report, "embedded", TINY, bench.PARTS, tmp_path)

    figures = report.figures
    assert all(math.isfinite(value) for value in figures.values())
    for key in ("pipeline", "floor", "with_mail", "floor_with_mail"):
        assert figures[f"{key}.tickets_per_second"] > 0
        assert figures[f"{key}.cpu_ms.total"] > 0
        assert figures[f"{key}.cpu_ms.mongod"] > 0
    for key in ("pipeline", "with_mail"):
        assert figures[f"{key}.rate_of_floor"] > 0
    assert figures["steady.20.assigned_p99_ms"] >= figures["steady.20.assigned_p50_ms"] > 0
    assert figures["post.2.per_second"] > 0
    assert figures["post.2.others"] == figures["read.2.others"] == figures["list.2.others"] == 0
    assert figures["start.flood.seconds"] > 0
    assert figures["memory_mb.flood.routing"] > 20


@pytest.mark.parametrize("arguments", [["slow"], ["broker=rabbit"], ["only=all"], ["loud=yes"]])
def test_arguments_that_mean_nothing_are_refused(arguments: list[str]) -> None:
    assert bench.main(arguments) == 2


def test_a_quantile_is_a_value_that_was_measured() -> None:
    assert [quantile([4.0, 1.0, 3.0, 2.0], share) for share in (0.0, 0.5, 0.75, 0.99, 1.0)] == [1, 2, 3, 4, 4]


def test_a_bar_that_is_not_reached_is_missed() -> None:
    lines: list[str] = []
    report = Report(lines.append)

    report.put("post.64.per_second", 999)
    report.put("post.64.p99_ms", 99)
    report.put("of nothing", 1)

    assert report.missed() == ["post.64.per_second"]
    assert ["MISSED" in line for line in lines] == [True, False, False]
    assert json.dumps(report.figures)
    assert report.figures.keys() - BARS.keys() == {"of nothing"}
