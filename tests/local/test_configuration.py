"""What the services are told, and what of the caller's shell is ignored."""

from pathlib import Path

import pytest

from deploy.local import configuration
from deploy.local.identities import Secrets
from deploy.local.places import Ports
from deploy.local.problems import Problem
from services.chassis.settings import Settings


def test_a_shell_made_for_a_real_installation_does_not_reach_the_local_stack(tmp_path: Path) -> None:
    environ = {"AFFIANCA_MONGO_URL": "mongodb://production", "AFFIANCA_KAFKA_REPLICATION": "3", "PATH": "/bin"}
    chosen = configuration.variables(Ports(), Secrets(tmp_path / "secrets.json"), tmp_path, environ)

    configuration.apply(chosen, environ)

    assert environ["AFFIANCA_MONGO_URL"] == "mongodb://127.0.0.1:27117/?replicaSet=rs0"
    assert "AFFIANCA_KAFKA_REPLICATION" not in environ
    assert environ["PATH"] == "/bin"


def test_every_variable_is_one_that_the_services_read(tmp_path: Path) -> None:
    chosen = configuration.variables(Ports(), Secrets(tmp_path / "secrets.json"), tmp_path, {})

    names = {name.removeprefix("AFFIANCA_").lower() for name in chosen}

    assert names <= set(Settings.model_fields)


def test_ports_move_together_by_a_base_and_one_by_one_by_variables() -> None:
    ports = Ports.choose(18_000, {"AFFIANCA_PORT_MAIL": "19000"})

    assert (ports.app, ports.mail, ports.oidc, ports.kafka) == (18_000, 19_000, 18_002, 18_006)


@pytest.mark.parametrize("value", ["0", "65536", "mail", "-1"])
def test_a_value_that_is_no_port_is_named(value: str) -> None:
    with pytest.raises(Problem, match=r"is no port number .*page of caught mails"):
        Ports.choose(None, {"AFFIANCA_PORT_MAIL": value})


def test_two_parts_on_one_port_are_refused() -> None:
    with pytest.raises(Problem, match="the same port"):
        Ports.choose(None, {"AFFIANCA_PORT_MAIL": "8000"})
