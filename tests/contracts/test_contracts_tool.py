"""The tool that writes the published documents notices every way in which they can differ from the models."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from deploy.tools import contracts as tool

ROOT = Path(__file__).parents[2]
CONTRACTS = ROOT / "contracts"


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The published files in a folder that a test may spoil."""
    for name in ("examples", "schemas"):
        shutil.copytree(CONTRACTS / name, tmp_path / name)
    shutil.copyfile(CONTRACTS / "asyncapi.yaml", tmp_path / "asyncapi.yaml")
    return tmp_path


@pytest.mark.parametrize("seed", ["1", "2"])
def test_what_is_committed_is_what_the_models_give_in_every_process(seed: str):
    command = [sys.executable, "-m", "deploy.tools.contracts", "--check"]

    result = subprocess.run(
        command, cwd=ROOT, env=os.environ | {"PYTHONHASHSEED": seed}, capture_output=True, text=True, check=False
    )

    assert (result.returncode, result.stderr) == (0, "")


def test_a_changed_schema_fails_the_check_and_writing_repairs_it(copy: Path, capsys: pytest.CaptureFixture[str]):
    path = copy / "schemas" / "affianca.body.approved.v1.json"
    path.write_text(path.read_text(encoding="utf-8").replace("BodyState", "BodyStatus"), encoding="utf-8")

    assert tool.main(["--check"], copy) == 1
    assert "differs from the models: contracts/schemas/affianca.body.approved.v1.json" in capsys.readouterr().err
    assert tool.main([], copy) == 0
    assert tool.main(["--check"], copy) == 0


@pytest.mark.parametrize("name", ["asyncapi.yaml", "schemas/affianca.access.granted.v1.json"])
def test_a_missing_document_fails_the_check(name: str, copy: Path, capsys: pytest.CaptureFixture[str]):
    (copy / name).unlink()

    assert tool.main(["--check"], copy) == 1
    assert f"missing: contracts/{name}" in capsys.readouterr().err


def test_a_schema_of_no_event_fails_the_check_and_writing_removes_it(copy: Path, capsys: pytest.CaptureFixture[str]):
    stray = copy / "schemas" / "affianca.request.forgotten.v1.json"
    stray.write_text("{}", encoding="utf-8")

    assert tool.main(["--check"], copy) == 1
    assert "affianca.request.forgotten.v1.json is the schema of no event" in capsys.readouterr().err
    assert tool.main([], copy) == 0
    assert not stray.exists()


@pytest.mark.parametrize("arguments", [[], ["--check"]])
def test_a_missing_example_fails_checking_and_writing(
    arguments: list[str], copy: Path, capsys: pytest.CaptureFixture[str]
):
    (copy / "examples" / "affianca.request.closed.v1.json").unlink()

    assert tool.main(arguments, copy) == 1
    assert "missing: contracts/examples/affianca.request.closed.v1.json" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["{", "[]", '{"type": "affianca.request.closed.v1"}'])
def test_an_example_that_is_not_its_event_fails(text: str, copy: Path, capsys: pytest.CaptureFixture[str]):
    (copy / "examples" / "affianca.request.closed.v1.json").write_text(text, encoding="utf-8")

    assert tool.main([], copy) == 1
    assert "invalid: contracts/examples/affianca.request.closed.v1.json" in capsys.readouterr().err


def test_a_changed_example_makes_the_asyncapi_document_stale(copy: Path, capsys: pytest.CaptureFixture[str]):
    path = copy / "examples" / "affianca.request.closed.v1.json"
    path.write_text(path.read_text(encoding="utf-8").replace('"rating": 4', '"rating": 5'), encoding="utf-8")

    assert tool.main(["--check"], copy) == 1
    assert "differs from the models: contracts/asyncapi.yaml" in capsys.readouterr().err
