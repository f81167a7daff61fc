"""Whether the stack runs, and what a second `make up` and a `make down` do about it."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.local import commands
from deploy.local.places import ROOT
from deploy.local.problems import Problem
from deploy.local.running import Lock, stop_running

_HOLD = (
    "import signal, sys, time\nfrom pathlib import Path\nfrom deploy.local.running import Lock\n"
    "if 'stubborn' in sys.argv: signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
    "assert Lock(Path(sys.argv[1])).take()\nprint('held', flush=True)\ntime.sleep(300)\n"
)


def holder(folder: Path, *how: str) -> "subprocess.Popen[str]":
    process = subprocess.Popen(
        [sys.executable, "-c", _HOLD, str(folder), *how], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout
    assert process.stdout.readline() == "held\n"
    return process


@pytest.fixture
def running(tmp_path: Path) -> "Iterator[subprocess.Popen[str]]":
    with holder(tmp_path) as process:
        yield process
        process.kill()


def test_the_lock_tells_who_holds_it_and_is_free_after_a_kill(tmp_path: Path, running: "subprocess.Popen[str]") -> None:
    held_by = Lock(tmp_path).holder()
    taken_meanwhile = Lock(tmp_path).take()

    running.kill()
    running.wait()

    assert held_by == running.pid
    assert not taken_meanwhile
    assert Lock(tmp_path).holder() is None
    assert Lock(tmp_path).take()


def test_a_second_start_says_where_the_first_is(
    tmp_path: Path,
    running: "subprocess.Popen[str]",
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "access.json").write_text(json.dumps({"url": "http://127.0.0.1:8000", "mail_url": "http://mails"}))
    monkeypatch.setattr(commands, "Lock", lambda: Lock(tmp_path))
    monkeypatch.setattr(commands, "ACCESS", tmp_path / "access.json")

    code = commands.run(["up"])

    assert code == 0
    assert "already running: http://127.0.0.1:8000" in capsys.readouterr().out
    assert running.poll() is None


def test_down_when_nothing_runs_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(commands, "Lock", lambda: Lock(tmp_path))
    monkeypatch.setattr(commands, "stop_leftovers", lambda: False)

    code = commands.run(["down"])

    assert code == 0
    assert capsys.readouterr().out == "Affianca is not running.\n"


def test_stopping_asks_first(tmp_path: Path, running: "subprocess.Popen[str]") -> None:
    stopped = stop_running(Lock(tmp_path))

    assert stopped
    assert running.wait(10) == -15


def test_stopping_one_that_does_not_listen_ends_it_after_the_limit(tmp_path: Path) -> None:
    with holder(tmp_path, "stubborn") as process:
        stop_running(Lock(tmp_path), seconds=0.2)

        assert process.wait(10) == -9


def test_a_stack_that_fails_to_start_in_the_background_is_reported_with_its_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(commands, "STACK_LOG", tmp_path / "stack.log")
    monkeypatch.setattr(commands, "ACCESS", tmp_path / "access.json")
    command = [sys.executable, "-c", "print('MongoDB cannot start.'); raise SystemExit(1)"]

    with pytest.raises(Problem, match="ended with code 1"):
        commands._detach(command, Lock(tmp_path))

    assert "MongoDB cannot start." in capsys.readouterr().out


def test_a_stack_that_becomes_ready_in_the_background_is_left_running(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(commands, "STACK_LOG", tmp_path / "stack.log")
    monkeypatch.setattr(commands, "ACCESS", tmp_path / "access.json")
    script = (
        "import os, time, pathlib; print('Ready', os.getpid(), flush=True)\n"
        f"pathlib.Path({str(tmp_path / 'access.json')!r}).write_text('')\ntime.sleep(300)"
    )

    code = commands._detach([sys.executable, "-c", script], Lock(tmp_path))

    word, pid = capsys.readouterr().out.split()
    os.kill(int(pid), 9)
    os.waitpid(int(pid), 0)
    assert (code, word) == (0, "Ready")
