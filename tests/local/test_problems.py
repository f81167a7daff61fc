"""Each thing that goes wrong on people's machines is told in a sentence that says what to do."""

import errno
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import fields, replace
from pathlib import Path
from typing import NamedTuple

import pytest

from deploy.local import commands
from deploy.local.broker import start_broker
from deploy.local.installing import explain_installer
from deploy.local.mongod import find_mongod, start_mongod
from deploy.local.places import Ports
from deploy.local.problems import Problem, explain
from deploy.local.processes import free_ports
from deploy.local.running import Lock


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


def program(path: Path, says: str, code: int) -> Path:
    path.write_text(f"#!/bin/sh\necho '{says}' >&2\nexit {code}\n")
    path.chmod(0o755)
    return path


def _free() -> Ports:
    """Not the usual ports: a stack may be running on them."""
    return Ports(*free_ports(len(fields(Ports))))


def test_a_port_in_use_is_named_with_the_ways_out(taken_port: int) -> None:
    ports = replace(_free(), oidc=taken_port)

    with pytest.raises(Problem) as raised:
        ports.check_free()

    text = str(raised.value)
    assert f"Port {taken_port} (the login provider) is used by another program" in text
    assert "--port-base" in text
    assert "AFFIANCA_PORT_OIDC" in text


def test_a_port_that_is_about_to_be_free_is_waited_for() -> None:
    with socket.create_server(("127.0.0.1", 0)) as dying:
        ports = replace(_free(), oidc=dying.getsockname()[1])
        end = threading.Timer(0.3, dying.close)
        end.start()

        ports.check_free(10.0)

        end.join()


def test_a_broker_that_loses_its_port_says_so(tmp_path: Path, taken_port: int) -> None:
    with pytest.raises(Problem, match="The broker could not take its port"):
        start_broker(tmp_path, taken_port)


def test_a_library_that_mongod_misses_is_named_with_its_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    says = "mongod: error while loading shared libraries: libcurl.so.4: cannot open shared object file: No such file"
    monkeypatch.setenv("AFFIANCA_MONGOD", str(program(tmp_path / "mongod", says, 127)))

    with pytest.raises(Problem) as raised:
        start_mongod(tmp_path / "data")

    assert "The system library libcurl.so.4 is missing" in str(raised.value)
    assert "apt-get install libcurl4" in str(raised.value)


def test_a_system_without_any_mongod_is_told_how_to_get_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr("deploy.local.mongod.find_spec", lambda name: None)

    with pytest.raises(Problem, match="Install MongoDB 6 or newer"):
        find_mongod()


def test_a_database_on_a_full_disk_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    says = "WiredTiger error: pwrite: failed to write: No space left on device"
    monkeypatch.setenv("AFFIANCA_MONGOD", str(program(tmp_path / "mongod", says, 14)))

    with pytest.raises(Problem, match="The disk is full"):
        start_mongod(tmp_path / "data")


def test_an_unknown_failure_shows_the_last_lines_of_the_log(tmp_path: Path) -> None:
    output = "\n".join(f"line {number}" for number in range(100))

    problem = explain("MongoDB", output, 3, tmp_path / "mongodb.log")

    assert "ended with code 3" in str(problem)
    assert str(tmp_path / "mongodb.log") in str(problem)
    assert str(problem).endswith("line 98\nline 99")


class Usage(NamedTuple):
    total: int
    used: int
    free: int


def test_too_little_room_is_told_before_anything_is_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    quiet_start(monkeypatch, tmp_path)
    monkeypatch.setattr("shutil.disk_usage", lambda folder: Usage(10**9, 10**9 - 5_000_000, 5_000_000))

    code = commands.run(["up", "--port-base", "28800"])

    assert code == 1
    assert "has 5 MB free, and 700 MB are needed" in capsys.readouterr().err


@pytest.mark.parametrize(("number", "text"), [(errno.ENOSPC, "The disk is full"), (errno.EACCES, "cannot be written")])
def test_a_disk_that_takes_nothing_is_told_without_a_traceback(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    number: int,
    text: str,
) -> None:
    quiet_start(monkeypatch, tmp_path)
    monkeypatch.setattr(commands, "check_space", failing(OSError(number, "no", "/somewhere")))

    code = commands.run(["up", "--port-base", "28800"])

    assert code == 1
    assert text in capsys.readouterr().err


def quiet_start(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """Lets `up` run as far as its checks, in a folder of the test."""
    monkeypatch.setattr(commands, "Lock", lambda: Lock(folder))
    monkeypatch.setattr(commands, "LOCAL", folder)
    monkeypatch.setattr(commands, "stop_leftovers", lambda: False)
    monkeypatch.setattr(Ports, "check_free", lambda self, seconds: None)
    monkeypatch.setattr(commands, "Environment", failing(AssertionError("went on in spite of the problem")))


def failing(error: BaseException) -> Callable[..., None]:
    def fail(*arguments: object) -> None:
        raise error

    return fail


@pytest.mark.parametrize(
    ("output", "text"),
    [
        ("Retrying ... Temporary failure in name resolution\nERROR: No matching distribution", "Check the network"),
        ("npm error code ENOTFOUND", "Check the network"),
        ("The virtual environment was not created because ensurepip is not available", "apt-get install python3-venv"),
        ("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE", "its hash differs"),
        ("ERROR: No matching distribution found for uvloop==9", "has no build of a needed package"),
        ("OSError: [Errno 28] No space left on device", "The disk is full"),
    ],
)  # fmt: skip
def test_an_installer_that_fails_is_explained(tmp_path: Path, output: str, text: str) -> None:
    problem = explain_installer("pip", output, 1, tmp_path / "setup.log")

    assert text in str(problem)
    assert str(tmp_path / "setup.log") in str(problem)
