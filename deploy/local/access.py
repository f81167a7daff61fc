"""Where the running stack is and how to get in: for people on the terminal, for programs in `.local/access.json`."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from deploy.local.identities import DEMO_BODY, KEY_HEADER, PEOPLE
from deploy.local.places import HOST, Ports


def describe(ports: Ports, keys: Mapping[str, str]) -> dict[str, Any]:
    """What `.local/access.json` holds."""
    return {
        "url": f"http://{HOST}:{ports.app}",
        "mail_url": f"http://{HOST}:{ports.mail}",
        "login_url": f"http://{HOST}:{ports.oidc}",
        "smtp": {"host": HOST, "port": ports.smtp_in},
        "kafka": f"{HOST}:{ports.kafka}",
        "mongodb": f"mongodb://{HOST}:{ports.mongodb}/?replicaSet=rs0",
        "keys": {name: {"header": KEY_HEADER, "value": key} for name, key in keys.items()},
    }


def write(access: Mapping[str, Any], path: Path) -> None:
    """Puts the file there in one step: whoever finds it finds it whole. It holds keys: for this user alone."""
    part = path.with_name(path.name + ".part")
    part.touch(0o600)
    part.write_text(json.dumps(access, indent=2) + "\n")
    part.replace(path)


def curl_example(access: Mapping[str, Any]) -> str:
    """A request that works as pasted."""
    key = access["keys"]["front_end"]
    body = {
        "body": DEMO_BODY,
        "kind": "technical",
        "title": "Permesso di costruire: pratiche in attesa",
        "description": "Abbiamo 40 permessi di costruire in attesa da mesi e chiediamo aiuto per smaltirli.",
    }
    return (
        f"curl -sS {access['url']}/api/requests \\\n"
        f"    -H '{key['header']}: {key['value']}' -H 'Content-Type: application/json' \\\n"
        f"    -d '{json.dumps(body, ensure_ascii=False)}'"
    )


def text(access: Mapping[str, Any]) -> str:
    """What `make up` prints when everything runs."""
    people = "\n".join(f"    {person.subject:<16}{person.role:<16}{person.duty}" for person in PEOPLE)
    return f"""
  Affianca runs at   {access["url"]}
  Mails it sent      {access["mail_url"]}
  Mails to it        SMTP {access["smtp"]["host"]}:{access["smtp"]["port"]}

  To log in choose one of these names on the login page (no password):
{people}

  To submit a request by the API:
  {curl_example(access)}

  Keys and addresses for programs are in .local/access.json, logs in .local/logs/. To stop: Ctrl-C or make down
"""
