"""The picture of a request's life is drawn from the table of transitions, and is never older than it."""

import re
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest

from deploy.tools import request_states
from deploy.tools.request_states import PICTURE, README, ROOT, main, picture
from services.intake.domain.transitions import STATUSES, TRANSITIONS, Transition


def test_the_committed_picture_and_table_are_those_of_the_code(capsys: Any) -> None:
    assert main(["--check"]) == 0, capsys.readouterr().out + "run python -m deploy.tools.request_states"


def test_every_status_and_every_change_of_it_is_in_the_picture() -> None:
    drawn = ET.fromstring(picture())
    words = " ".join(text.text or "" for text in drawn.iter("{http://www.w3.org/2000/svg}text"))

    for transition in TRANSITIONS:
        assert re.search(rf"\b{transition.action}(:| –)", words), transition.action
    assert set(STATUSES) <= request_states.BOXES.keys()


def test_a_changed_table_makes_both_stale(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    for path in (PICTURE, README):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text((ROOT / path).read_text(encoding="utf-8"), encoding="utf-8")
    others = tuple(transition for transition in TRANSITIONS if transition.action != "close")
    closing = Transition("close", ("resolved",), "closed", ("lead",))
    monkeypatch.setattr(request_states, "TRANSITIONS", (*others, closing))

    assert main(["--check"], tmp_path) == 1
    assert str(PICTURE) in (told := capsys.readouterr().out)
    assert str(README) in told
    assert main([], tmp_path) == 0
    assert main(["--check"], tmp_path) == 0


def test_a_change_that_nobody_has_placed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    back = Transition("reopen", ("withdrawn",), "open", ("requester",))
    monkeypatch.setattr(request_states, "TRANSITIONS", (*TRANSITIONS, back))

    with pytest.raises(KeyError, match="withdrawn"):
        picture()
