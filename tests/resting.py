"""Installations that several tests share rest while the tests of others run: their consumers read nothing.

The embedded broker wakes nobody who waits for a message, so a consumer asks it some fifteen times a second, for every
partition; half a dozen idle services of a test run took more of two processors than the tests did. To extend: a fixture
that outlives a test and starts services has the scope "package", so that it ends with its folder, and yields within
`shared(name of the fixture, folder of its tests, services)`.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from services.chassis.service import Service


@dataclass
class _Shared:
    fixture: str
    folder: Path
    services: tuple[Service, ...]
    awake: bool = True

    def wanted_by(self, item: pytest.Item) -> bool:
        return self.fixture in getattr(item, "fixturenames", ()) and self.folder in item.path.parents

    def turn(self, awake: bool) -> None:
        if awake == self.awake:
            return
        self.awake = awake
        for service in self.services:
            if (reader := _reader_of(service)) is not None:
                (reader.resume if awake else reader.pause)(*reader.assignment())


_SHARED: list[_Shared] = []


@contextmanager
def shared(fixture: str, folder: Path, services: Iterable[Service]) -> Iterator[None]:
    """These services are awake for tests below `folder` that use the fixture, also by way of another one."""
    entry = _Shared(fixture, folder, tuple(services))
    _SHARED.append(entry)
    try:
        yield
    finally:
        entry.turn(awake=True)
        _SHARED.remove(entry)


def only_for(item: pytest.Item) -> None:
    """Wakes what this test uses, and lets everything else rest."""
    for entry in _SHARED:
        entry.turn(entry.wanted_by(item))


def _reader_of(service: Service) -> Any:
    return service.consumer._subscriber.consumer if service.consumer else None
