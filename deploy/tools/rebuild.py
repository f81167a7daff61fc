"""Makes a service's derived collections again from all owners' histories: `python -m deploy.tools.rebuild reporting`.

What a service keeps beside its own facts is corrected where its owner was restored and has lost it.

Reads AFFIANCA_* like the services; the four services must be reachable, the one that is rebuilt may go on running.
"""

import argparse
import asyncio
import importlib
import sys
from collections.abc import AsyncIterator

import httpx

from contracts.catalogue import OWNERS
from services.chassis.clock import Clock
from services.chassis.correcting import Correction, Kept
from services.chassis.probes import EPOCH
from services.chassis.rebuild import Rebuild
from services.chassis.service import Service
from services.chassis.settings import Settings


async def rebuild(name: str, settings: Settings) -> int:
    """Rebuilds one service; returns the number of events applied."""
    service: Service = importlib.import_module(f"services.{name}.main").build(settings, Clock())
    headers = {"X-API-Key": settings.service_key.get_secret_value()}
    async with httpx.AsyncClient(headers=headers, timeout=60) as client:
        applied = await _derive(service, client)
        for kept in service.kept:
            await _correct(service, client, kept)
    service.database.close()
    return applied


async def _derive(service: Service, client: httpx.AsyncClient) -> int:
    work, applied = Rebuild(service.database, service.table, service.derived, service.clock), 0
    await work.clear()
    for owner in sorted(set(OWNERS.values())):
        events = await work.replay(_history(client, _address(service, owner)))
        print(f"  {owner}: {events} events", flush=True)
        applied += events
    return applied


async def _correct(service: Service, client: httpx.AsyncClient, kept: Kept) -> None:
    address = _address(service, OWNERS[kept.stream])
    answer = await client.get(address, params={"limit": 1, "unsettled": "true"})
    answer.raise_for_status()
    epoch = int(answer.headers[EPOCH])
    work = Correction(service.database, kept, service.clock, epoch, lambda: _history(client, address))
    restated, gone = await work.run()
    print(f"  {kept.collection}: {restated} restated, {gone} of them gone with a restore", flush=True)


def _address(service: Service, owner: str) -> str:
    return f"{service.settings.url_of(owner)}/api/{owner}/events"


async def _history(client: httpx.AsyncClient, address: str) -> AsyncIterator[bytes]:
    # To the very end: the running service takes in what is stored from now on, but not again what it has taken in.
    async with client.stream("GET", address, params={"unsettled": "true"}) as answer:
        answer.raise_for_status()
        async for line in answer.aiter_lines():
            if line:
                yield line.encode()


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description="Make a service's derived collections again from the event history.")
    parser.add_argument("service", choices=["intake", "routing", "notify", "reporting"])
    name = parser.parse_args().service
    try:
        applied = asyncio.run(rebuild(name, Settings()))
    except httpx.HTTPError as error:
        sys.exit(f"The history of an owner could not be read ({error}). Start all services, then run this again.")
    print(f"{name}: rebuilt from {applied} events")


if __name__ == "__main__":
    main()
