"""What `.local/access.json` and the terminal tell about the running stack."""

import json
import shlex
import stat
from pathlib import Path

from deploy.local import access
from deploy.local.identities import PEOPLE, Secrets
from deploy.local.places import Ports


def test_the_file_tells_programs_everything_they_need(tmp_path: Path) -> None:
    keys = Secrets(tmp_path / "secrets.json").keys()

    access.write(access.describe(Ports(), keys), tmp_path / "access.json")

    told = json.loads((tmp_path / "access.json").read_text())
    assert told["url"] == "http://127.0.0.1:8000"
    assert told["mail_url"] == "http://127.0.0.1:8025"
    assert told["smtp"] == {"host": "127.0.0.1", "port": 1025}
    assert told["kafka"] == "127.0.0.1:9192"
    assert told["mongodb"] == "mongodb://127.0.0.1:27117/?replicaSet=rs0"
    assert set(told["keys"]) == {"front_end", "official", "expert", "coordinator", "monitor"}
    assert all(set(key) == {"header", "value"} for key in told["keys"].values())
    assert {key["header"] for key in told["keys"].values()} == {"X-API-Key"}
    assert len({key["value"] for key in told["keys"].values()}) == 5


def test_keys_are_the_same_after_a_restart_and_others_elsewhere(tmp_path: Path) -> None:
    first = Secrets(tmp_path / "secrets.json").keys()

    again = Secrets(tmp_path / "secrets.json").keys()
    elsewhere = Secrets(tmp_path / "other" / "secrets.json").keys()

    assert again == first
    assert set(elsewhere.values()).isdisjoint(first.values())


def test_secrets_and_keys_are_readable_by_their_owner_alone(tmp_path: Path) -> None:
    keys = Secrets(tmp_path / "secrets.json").keys()

    access.write(access.describe(Ports(), keys), tmp_path / "access.json")

    for name in ("secrets.json", "access.json"):
        assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600


def test_the_curl_example_can_be_pasted(tmp_path: Path) -> None:
    described = access.describe(Ports(), Secrets(tmp_path / "secrets.json").keys())

    words = shlex.split(access.curl_example(described).replace("\\\n", " "))

    assert words[0] == "curl"
    assert "http://127.0.0.1:8000/api/requests" in words
    assert f"X-API-Key: {described['keys']['front_end']['value']}" in words
    body = json.loads(words[words.index("-d") + 1])
    assert {"body", "kind", "title", "description"} <= set(body)


def test_the_terminal_shows_the_address_and_everybody_who_can_log_in(tmp_path: Path) -> None:
    described = access.describe(Ports(app=9000), Secrets(tmp_path / "secrets.json").keys())

    shown = access.text(described)

    assert "http://127.0.0.1:9000" in shown
    assert all(person.subject in shown for person in PEOPLE)
