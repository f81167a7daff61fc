"""The bench of intake measures what it says: every figure comes out. How large they are is no matter of tests."""

import math
from pathlib import Path

import pytest

from tests.bench.intake import __main__ as bench
from tests.bench.intake.measures import BARS, PARTS
from tests.bench.report import Report

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


async def test_every_part_gives_its_figures_and_a_filled_folder_is_asked_again(tmp_path: Path) -> None:
    first, second = Report(lambda _: None), Report(lambda _: None)

    await bench.measure(first, 300, PARTS, tmp_path / "bench")
    await bench.measure(second, 300, ("text",), tmp_path / "bench")

    assert set(BARS) <= first.figures.keys()
    assert all(math.isfinite(value) for value in first.figures.values())
    assert first.figures["fill.documents_s"] > 0
    assert "fill.documents_s" not in second.figures
    assert "text.rare.p99_ms" in second.figures


@pytest.mark.parametrize("arguments", [["slow"], ["only=all"], ["requests=1"], ["loud=yes"]])
def test_arguments_that_mean_nothing_are_refused(arguments: list[str]) -> None:
    assert bench.main(arguments) == 2
