"""Who the local stack knows: people to log in as, and API keys for programs. Demo data give them their grants.

Keys derive from one random secret, kept in `.local/secrets.json` for this user alone, so that they survive restarts.
A new person is one line in `PEOPLE`, a new key one name in `KEYS`.
"""

import base64
import hashlib
import hmac
import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

KEYS = ("front_end", "official", "expert", "coordinator", "monitor")
"""The API keys that `make up` prints; each but the first belongs to the person of that role."""
KEY_HEADER = "X-API-Key"
DEMO_BODY = "016024"
"""ISTAT code of the body (Bergamo) to which the official and the representative belong."""


@dataclass(frozen=True)
class Person:
    """Somebody to log in as: `subject` is what the login provider calls them."""

    role: str
    subject: str
    name: str
    email: str
    duty: str
    """In Italian: it stands on the login page."""


PEOPLE = (
    Person("official", "anna.bianchi", "Anna Bianchi", "anna.bianchi@bergamo.example", "funzionaria del Comune"),
    Person("representative", "carlo.gatti", "Carlo Gatti", "carlo.gatti@bergamo.example", "referente del Comune"),
    Person("expert", "marco.ferri", "Marco Ferri", "marco.ferri@esperti.example", "esperto della task force"),
    Person("coordinator", "giulia.conti", "Giulia Conti", "giulia.conti@regione.example", "coordinatrice"),
    Person("secretariat", "paola.riva", "Paola Riva", "paola.riva@regione.example", "segreteria del programma"),
    Person("monitor", "luca.sala", "Luca Sala", "luca.sala@regione.example", "monitoraggio del programma"),
)


class Secrets:
    """The secrets of this installation, all derived from one."""

    def __init__(self, path: Path) -> None:
        self._root = _stored(path)

    def derive(self, purpose: str) -> str:
        """256 bits for one purpose, always the same."""
        digest = hmac.new(self._root, purpose.encode(), hashlib.sha256).digest()
        return base64.urlsafe_b64encode(digest).decode().rstrip("=")

    def keys(self) -> dict[str, str]:
        """Name -> API key."""
        return {name: self.derive(f"api-key {name}") for name in KEYS}


def _stored(path: Path) -> bytes:
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f"{path.name}.{os.getpid()}.part")
        file = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(file, "w") as out:
            json.dump({"secret": secrets.token_hex(32)}, out)
        part.replace(path)
    return bytes.fromhex(json.loads(path.read_text())["secret"])
