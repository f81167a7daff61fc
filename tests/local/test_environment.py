"""The Python environment is complete, or made anew, or brought up to date: never half made."""

import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from deploy.local import assets, environment, places
from deploy.local.environment import Environment
from deploy.local.problems import Problem


class Installer:
    """Notes what would be installed; `venv` makes an interpreter, `pip` may be told to fail."""

    def __init__(self, root: Path) -> None:
        self.calls: list[str] = []
        self.files: list[str] = []
        self.fails = False
        self._root = root

    def __call__(self, name: str, command: Sequence[str], cwd: Path) -> None:
        self.calls.append(name)
        if name == "venv":
            binaries = self._root / ".venv" / "bin"
            binaries.mkdir(parents=True, exist_ok=True)
            (binaries / "python").unlink(missing_ok=True)
            (binaries / "python").symlink_to(sys.executable)
        if name == "pip" and self.fails:
            raise Problem("no network")
        self.files = [word for word in command if word.endswith(".txt")]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name in ("requirements.txt", "requirements-local.txt", "requirements-dev.txt"):
        (tmp_path / name).write_text(f"# {name}\n")
    return tmp_path


@pytest.fixture
def installer(root: Path, monkeypatch: pytest.MonkeyPatch) -> Installer:
    installer = Installer(root)
    monkeypatch.setattr(environment, "install", installer)
    return installer


def test_a_fresh_environment_is_made_once(root: Path, installer: Installer) -> None:
    made = [Environment(root).make(), Environment(root).make()]

    assert made == [True, False]
    assert installer.calls == ["venv", "pip"]
    assert installer.files == ["requirements.txt", "requirements-local.txt"]


def test_a_half_made_environment_is_made_anew(
    root: Path, installer: Installer, capsys: pytest.CaptureFixture[str]
) -> None:
    installer.fails = True
    with pytest.raises(Problem):
        Environment(root).make()
    installer.fails = False

    made = Environment(root).make()

    assert made
    assert installer.calls == ["venv", "pip", "venv", "pip"]
    assert "made anew: it was incomplete" in capsys.readouterr().out
    assert Environment(root).complete(develop=False)


def test_changed_requirements_are_installed_into_what_is_there(root: Path, installer: Installer) -> None:
    Environment(root).make()
    (root / "requirements.txt").write_text("# another\n")

    Environment(root).make()

    assert installer.calls == ["venv", "pip", "pip"]


def test_an_update_that_breaks_off_leaves_an_environment_that_is_made_anew(root: Path, installer: Installer) -> None:
    Environment(root).make()
    (root / "requirements.txt").write_text("# another\n")
    installer.fails = True

    with pytest.raises(Problem):
        Environment(root).make()

    assert Environment(root).stamp() is None


def test_what_developers_need_is_added_and_stays_in_step(root: Path, installer: Installer) -> None:
    Environment(root).make()
    Environment(root).make(develop=True)
    (root / "requirements.txt").write_text("# another\n")

    Environment(root).make()

    assert installer.calls == ["venv", "pip", "pip", "pip"]
    assert installer.files[-1] == "requirements-dev.txt"
    assert Environment(root).complete(develop=True)


def test_an_environment_whose_python_is_gone_is_made_anew(root: Path, installer: Installer) -> None:
    Environment(root).make()
    (root / ".venv" / "bin" / "python").unlink()

    Environment(root).make()

    assert installer.calls == ["venv", "pip", "venv", "pip"]


def test_front_end_packages_are_installed_when_the_lock_file_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "assets"
    calls: list[Sequence[str]] = []

    def install(name: str, command: Sequence[str], cwd: Path) -> None:
        calls.append(command)
        (cwd / "node_modules").mkdir(exist_ok=True)

    monkeypatch.setattr(assets, "install", install)
    for name in ("package.json", "package-lock.json"):
        (tmp_path / name).write_text("{}")
    python = Path(sys.executable)
    first = [assets.install_assets(python, tmp_path, folder) for _ in range(2)]
    (tmp_path / "package-lock.json").write_text('{"name": "x"}')

    again = assets.install_assets(python, tmp_path, folder)

    assert first == [True, False]
    assert again
    assert all("ci" in command and "--ignore-scripts" in command for command in calls)


def test_npm_comes_from_the_wheel_when_there_is_none_or_an_old_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    without = assets.npm_command(Path("/venv/python"))
    for name, says in (("npm", "6.14.4"), ("node", "v10.0.0")):
        (tmp_path / name).write_text(f"#!/bin/sh\necho {says}\n")
        (tmp_path / name).chmod(0o755)

    with_old = assets.npm_command(Path("/venv/python"))

    assert without[0] == "/venv/python"
    assert with_old == without


def test_the_lock_file_names_no_download_address() -> None:
    lock = (places.ROOT / "package-lock.json").read_text()

    assert '"resolved"' not in lock
    assert '"integrity"' in lock
