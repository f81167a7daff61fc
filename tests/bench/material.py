"""Who and what the bench works with: bodies with one official each, experts on every theme, requests to send."""

from typing import Any

import orjson

from contracts import vocabulary
from contracts.envelope import derived_id

ADMIN_KEY = "admin-key-of-the-bench"
BODIES = tuple(body.code for body in vocabulary.bodies() if body.kind == "comune")[:10]
THEMES = tuple(theme.code for theme in vocabulary.themes())[:8]
EXPERTS_OF_A_THEME = 25
CAPACITY = 200
_DESCRIPTION = (
    "Il Comune chiede assistenza per la conferenza di servizi relativa all'autorizzazione unica ambientale di un "
    "impianto esistente. L'istruttoria è ferma dal mese di marzo perché i pareri degli enti coinvolti sono discordi e "
    "l'ufficio tecnico, che conta due persone, non ha mai trattato una procedura di questo genere. Si chiede di "
    "indicare i termini da rispettare, gli atti da acquisire e uno schema di determinazione conclusiva. Si allegano "
    "l'istanza, i pareri ricevuti e la corrispondenza con la Provincia. "
)


def official(number: int) -> str:
    """The person id of a body's official."""
    return derived_id("bench", "official", str(number))


def official_key(number: int) -> str:
    """Their API key."""
    return f"key-of-the-bench-{number}"


def expert(theme: int, number: int) -> str:
    """The person id of an expert."""
    return derived_id("bench", "expert", str(theme), str(number))


def request(number: int) -> dict[str, Any]:
    """The request with this running number, as a front-end sends it; about 900 bytes."""
    return {
        "body": BODIES[number % len(BODIES)],
        "kind": "technical" if number % 3 else "legal",
        "title": f"Conferenza di servizi per l'impianto numero {number}",
        "description": _DESCRIPTION,
        "theme": THEMES[number % len(THEMES)],
        "urgency": "normal",
    }


def request_body(number: int) -> bytes:
    """The same as JSON."""
    return orjson.dumps(request(number))
