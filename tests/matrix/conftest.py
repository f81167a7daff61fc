"""One programme for all checks of who sees what: two bodies with their people, two experts, and one request of each."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from contracts.envelope import new_id
from services.chassis.settings import Settings
from tests.promises.people import SARONNO, THEME, VARESE
from tests.promises.programme import Programme, open_programme
from tests.resting import shared

MARK = "Segretissimo"
"""Stands in every text about the request of body B."""


@pytest.fixture(scope="package")
async def town(mongod: Any, broker: Any) -> AsyncIterator[Programme]:
    """`programme.request_a` and `.request_b`: in progress, the second full of words that only its own may read."""
    prefix = f"t{new_id().replace('-', '')[4:24]}"
    settings = Settings(prefix=prefix, mongo_url=mongod.url, source=f"urn:affianca:{prefix}", **broker.settings)
    async with open_programme(settings) as programme:
        await programme.person("representative", "representative", VARESE)
        await programme.person("front_end", "front_end", VARESE)
        await programme.person("official_b", "official", SARONNO, name=f"Ugo {MARK}")
        await programme.person("other_expert", "expert", "building-planning")
        await programme.settled()
        await _requests(programme)
        with shared("town", Path(__file__).parent, programme.services.values()):
            yield programme


async def _requests(programme: Programme) -> None:
    texts = {"title": f"Titolo {MARK}", "description": f"Descrizione {MARK}"}
    request_a = await programme.submit()
    request_b = await programme.submit("official_b", body=SARONNO, theme=THEME, **texts)
    programme.requests |= {"a": request_a, "b": request_b}
    path = f"/api/requests/{request_b['number']}/messages"
    await programme.accepted(request_b["number"])
    await programme.done("official_b", "POST", path, json={"text": f"Messaggio {MARK}"})
    note = await programme.done("expert", "POST", path, json={"text": f"Nota interna {MARK}", "visibility": "internal"})
    programme.requests["note"] = note
    await programme.done("expert", "POST", path, json={"text": f"Risposta {MARK}"})
