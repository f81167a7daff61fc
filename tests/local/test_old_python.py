"""A Python that is too old is told so in its own syntax, or hands over to a newer one."""

import ast
import sys
from pathlib import Path

import pytest

from deploy.local import __main__ as entry
from deploy.local.places import ROOT


def test_an_old_python_is_told_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 9, 2, "final", 0))
    monkeypatch.setenv("PATH", "")

    code = entry.main(["up"])

    assert code == 1
    told = capsys.readouterr().err
    assert "needs Python 3.11 or newer" in told
    assert "is 3.9" in told
    assert "PYTHON=" in told


def test_an_old_python_hands_over_to_a_newer_one_on_the_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    newer = tmp_path / "python3.12"
    newer.touch(0o755)
    called: list[list[str]] = []
    monkeypatch.setattr(sys, "version_info", (3, 9, 2, "final", 0))
    monkeypatch.setenv("PATH", str(tmp_path))

    def become(path: str, words: list[str]) -> None:
        called.append(words)
        raise SystemExit

    monkeypatch.setattr("os.execv", become)

    with pytest.raises(SystemExit):
        entry.main(["up", "--detach"])

    assert called == [[str(newer), "-m", "deploy.local", "up", "--detach"]]


@pytest.mark.parametrize("module", ["deploy/__init__.py", "deploy/local/__init__.py", "deploy/local/__main__.py"])
def test_what_runs_before_the_version_is_checked_is_old_syntax(module: str) -> None:
    source = (ROOT / module).read_text()

    tree = ast.parse(source, feature_version=(3, 6))

    imports = [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
    assert all(isinstance(node, ast.Import) for node in imports), "only the standard library before the check"
