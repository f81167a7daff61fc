"""The sentences of a decision by API name people to the same readers as the page does."""

from collections.abc import Iterable

import pytest

from services.routing.names import Names
from tests.routing.material import OTHER, THEME, Routing, person

ADDRESS = "/api/routing/requests/2026-000001"


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Everybody has a name; whom each call asked for."""
    calls: list[list[str]] = []
    people = {person(name): name.title() for name in ("anna", "bruno", "full")}

    async def of(names: Names, ids: Iterable[str | None]) -> dict[str, str]:
        calls.append([id for id in ids if id])
        return {id: people[id] for id in calls[-1] if id in people}

    monkeypatch.setattr(Names, "of", of)
    return calls


async def test_who_directs_the_task_force_reads_names_asked_for_at_once(routing: Routing, asked) -> None:
    await routing.expert("anna", provinces=["VA"])
    await routing.expert("bruno")
    await routing.expert("full", capacity=0)
    await routing.grant("carla", "coordinator", "task_force", THEME)
    await routing.grant("otto", "coordinator", "task_force", OTHER)
    await routing.submit(1)
    await routing.match()

    async with routing.api("carla") as api:
        inside = (await api.get(ADDRESS)).json()["explanation"]
    assert len(asked) == 1
    async with routing.api("otto") as api:
        outside = (await api.get(ADDRESS)).json()["explanation"]

    assert "Anna" in inside[0]
    assert all(any(name in sentence for sentence in inside) for name in ("Bruno", "Full"))
    assert not any(person(name) in sentence for name in ("anna", "bruno", "full") for sentence in [*inside, *outside])
    assert not any(name in sentence for name in ("Anna", "Bruno", "Full") for sentence in outside)
    assert len(outside) > 1
