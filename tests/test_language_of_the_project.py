"""The project speaks of itself alone: no paths of a machine it was written on, no hosts of package registries."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ITSELF = Path(__file__).relative_to(ROOT).as_posix()
FOREIGN = {
    "a path of one machine": r"(?<![\w.-])/(work|root|home/\w+|Users/\w+)/",
    "a registry of packages": r"\b(pypi\.org|pythonhosted\.org|npmjs\.(org|com)|maven\.org|repo\.maven\.apache\.org|"
    r"crates\.io|rubygems\.org|proxy\.golang\.org)\b",
    "a mirror of Debian": r"\b(deb|ftp|security|snapshot|httpredir|cdn-fastly\.deb)(\.\w+)?\.debian\.org\b",
}


def _files() -> list[str]:
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    paths = {path for path in listed.stdout.decode().split("\0") if path}
    return sorted(path for path in paths if (ROOT / path).is_file() and path != ITSELF)


def _foreign(text: str) -> list[str]:
    return [
        f"line {number}: {what}: {found.group()}"
        for number, line in enumerate(text.splitlines(), start=1)
        for what, pattern in FOREIGN.items()
        for found in re.finditer(pattern, line)
    ]


def test_no_file_names_a_machine_or_a_registry() -> None:
    found = {path: _foreign((ROOT / path).read_text(errors="replace")) for path in _files()}

    assert {path: lines for path, lines in found.items() if lines} == {}


@pytest.mark.parametrize(
    "text",
    [
        "cd /work/main",
        'PATH = "/root/.cache"',
        "https://files.pythonhosted.org/packages/x.whl",
        '"resolved": "https://registry.npmjs.org/htmx.org"',
        "https://repo1.maven.org/maven2",
        "deb http://deb.debian.org/debian bookworm main",
        "http://ftp.it.debian.org/debian",
    ],
)
def test_what_is_foreign_is_found(text: str) -> None:
    assert _foreign(text)


@pytest.mark.parametrize(
    "text", ["contracts/work/main", "the root / of the tree", "https://www.debian.org/", "app/root/x"]
)
def test_what_is_ours_is_left_alone(text: str) -> None:
    assert not _foreign(text)
