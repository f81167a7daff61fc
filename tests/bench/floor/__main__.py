"""`python -m tests.bench.floor <service> <facts file>`: one process of the floor, until it is told to end."""

import sys

import uvloop

from tests.bench.floor import services
from tests.bench.floor.wire import Wire, read_facts


async def main(name: str, path: str) -> None:
    wire = Wire(read_facts(path), name)
    await wire.start()
    await getattr(services, name)(wire)


if __name__ == "__main__":
    uvloop.run(main(sys.argv[1], sys.argv[2]))
