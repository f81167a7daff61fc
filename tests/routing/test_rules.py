"""The file of rules: a fault is told with its line; a running service takes a changed file and no wrong one."""

from pathlib import Path

import pytest

from services.routing.rules import Rulebook, WrongRules, load_rules
from services.routing.rules.files import DEFAULT

TEXT = DEFAULT.read_text(encoding="utf-8")


def line_of(text: str, part: str) -> int:
    return next(number for number, line in enumerate(text.splitlines(), start=1) if line.startswith(part))


@pytest.mark.parametrize(
    ("right", "wrong", "line", "named"),
    [
        ("  territory: 0.25\n", "", "weights:", "missing ['territory']"),
        ('version: "2"\n', "", "answer_within_hours", "version"),
        ("  territory: 0.25", "  territory: 0.55", "weights:", "sum to 1.3"),
        ("  territory: 0.25", "  territory: 2", "  territory", "less than or equal to 1"),
        ("  fairness: 0.12", "  fairness: 0.12\n  luck: 0.0", "weights:", "unknown ['luck']"),
        ("remind_after_hours: 8", "remind_after_hours: 16", "remind_after_hours", "less than answer_within_hours"),
        ("most_refusals: 4", "most_refusals: 0", "most_refusals", "greater than or equal to 1"),
        ("most_refusals: 4", "most_refusals: 4\nmost_refusals: 5", "most_refusals: 5", "given twice"),
        ("most_refusals: 4", "most_refusals: [4", "hours_of_one_request", "expected"),
        ("themes: {}", "themes: {waste: {competence: 1}}", "themes", "waste-management"),
        ("themes: {}", "themes:\n  waste:\n    competence: 1", "  waste", "nearest: waste-management"),
        ("themes: {}", "themes:\n  17:\n    competence: 1", "  17", "valid string"),
        ('version: "2"', "version: 2026-40-99", "version", "month must be in"),
        ("themes: {}", "? [a, b]\n: {}", "? [a, b]", "a key must be a word"),
        ("themes: {}", "themes: &all {waste-management: *all}", "themes", "holds itself"),
        ("themes: {}", "themes:\n  waste:\n    " + "[" * 3000 + "]" * 3000, "    [", "nested too deeply"),
        ("themes: {}", "themes:\n" + "".join(" " * n + "a:\n" for n in range(1, 900)), " " * 20 + "a:", "too deeply"),
        ("themes: {}", "themes: &a {b: [*a]}", "themes", "holds itself"),
        ("themes: {}", "themes: \a", "themes", "special characters"),
        ("themes: {}", "themes:\n  waste-management:\n    competence: 1", "  waste-management", "missing"),
    ],
)
def test_a_wrong_rule_stops_the_service_and_names_its_line(tmp_path: Path, right, wrong, line, named) -> None:
    path = tmp_path / "rules.yaml"
    text = TEXT.replace(right, wrong)
    path.write_text(text, encoding="utf-8")

    with pytest.raises(WrongRules) as refused:
        load_rules(path)

    assert f"rules.yaml: line {line_of(text, line)}: " in str(refused.value)
    assert named in str(refused.value)


def test_a_theme_may_have_weights_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "rules.yaml"
    own = "competence: 0.5, procedure: 0.5, territory: 0, availability: 0, continuity: 0, fairness: 0"
    path.write_text(TEXT.replace("themes: {}", f"themes: {{waste-management: {{{own}}}}}"), encoding="utf-8")

    rules = load_rules(path)

    assert rules.weights_of("waste-management")["competence"] == 0.5
    assert rules.weights_of("site-remediation") == rules.weights


def test_a_changed_file_is_taken_without_a_restart_and_a_wrong_one_is_not(tmp_path: Path) -> None:
    path = tmp_path / "rules.yaml"
    path.write_text(TEXT, encoding="utf-8")
    book = Rulebook(path)
    before = book.current

    wrong_sum, same_version, no_date = (
        TEXT.replace("0.25", "0.95"),
        TEXT.replace("most_refusals: 4", "most_refusals: 5"),
        TEXT.replace('"2"', "2026-40-99"),
    )
    for wrong in (wrong_sum, same_version, no_date):
        path.write_text(wrong, encoding="utf-8")
        book.refresh()
        assert book.current is before

    path.write_text(TEXT.replace("most_refusals: 4", "most_refusals: 5").replace('"2"', '"3-a"'), encoding="utf-8")
    book.refresh()
    assert (book.current.version, book.current.most_refusals) == ("3-a", 5)


async def test_a_running_service_looks_at_the_file_by_itself(tmp_path: Path, eventually) -> None:
    path = tmp_path / "rules.yaml"
    path.write_text(TEXT, encoding="utf-8")
    book = Rulebook(path)
    await book.start()

    path.write_text(TEXT.replace('"2"', '"3"'), encoding="utf-8")

    await eventually(lambda: book.current.version == "3")
    await book.stop()
