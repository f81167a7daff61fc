"""A mail server that delivers over several connections, each mail after the answer to the last one.

`python -m tests.bench.mail_sender PORT BODIES`; each line that it reads, `FIRST COUNT CONNECTIONS RUN`, is answered
with one line of JSON: seconds, answers by code, latencies in milliseconds.
"""

import asyncio
import json
import sys
import time
from collections import Counter
from collections.abc import Iterator

import uvloop

from tests.bench.mail_material import mail

_TO = "assistenza@affianca.example"


async def connection(port: int, mails: Iterator[tuple[str, bytes]], codes: Counter[str], took: list[float]) -> None:
    """One connection: the dialogue as SMTP has it, one command after the answer to the last."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)

    async def say(line: bytes) -> bytes:
        writer.write(line)
        while (answer := await reader.readline())[3:4] == b"-":
            pass
        return answer

    await reader.readline()
    await say(b"EHLO bench.example\r\n")
    for path, content in mails:
        began = time.perf_counter()
        await say(f"MAIL FROM:<{path}> SIZE={len(content)}\r\n".encode())
        await say(f"RCPT TO:<{_TO}>\r\n".encode())
        await say(b"DATA\r\n")
        answer = await say(content + b".\r\n")
        took.append(time.perf_counter() - began)
        codes[answer[:3].decode()] += 1
    await say(b"QUIT\r\n")
    writer.close()


async def deliver(port: int, bodies: int, first: int, count: int, connections: int, run: str) -> dict[str, object]:
    """Delivers so many mails and measures."""
    made = [mail(number, run, bodies) for number in range(first, first + count)]
    mails, codes, took = iter(made), Counter[str](), list[float]()
    began = time.perf_counter()
    await asyncio.gather(*(connection(port, mails, codes, took) for _ in range(connections)))
    seconds = time.perf_counter() - began
    size = sum(len(content) for _, content in made) / count
    return {"seconds": seconds, "codes": codes, "bytes": size, "milliseconds": [1000 * each for each in sorted(took)]}


async def main() -> None:
    port, bodies = int(sys.argv[1]), int(sys.argv[2])
    while line := await asyncio.to_thread(sys.stdin.readline):
        first, count, connections, run = line.split()
        answer = await deliver(port, bodies, int(first), int(count), int(connections), run)
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    uvloop.run(main())
