"""A load generator that costs little: raw sockets, prepared bytes, one process. `python -m tests.bench.load`.

Reads one job as JSON on standard input and answers with its figures. Each connection sends its next request when the
last one was answered; with a `rate`, not before its turn, and the time counts from the turn (no omission).
"""

import asyncio
import json
import math
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, cast

import uvloop

from tests.bench.material import BODIES, official_key, request_body


@dataclass
class Job:
    """method: POST sends requests of `material`, GET reads the paths in turn, with a key or as a page.

    keep: tell ids with their times.
    """

    port: int
    connections: int
    seconds: float
    method: str
    paths: list[str]
    key: str = ""
    cookie: str = ""
    rate: float = 0.0
    first: int = 0
    most: int = 10**9
    keep: bool = False
    statuses: Counter[int] = field(default_factory=Counter)
    took: list[float] = field(default_factory=list)
    sent: dict[str, float] = field(default_factory=dict)
    number: int = 0
    began: float = 0.0
    ends: float = 0.0

    def next(self) -> tuple[bytes, float] | None:
        """The bytes of the next request and its turn; None when time is over."""
        number = self.number
        turn = self.began + number / self.rate if self.rate else time.monotonic()
        if max(turn, time.monotonic()) >= self.ends or number >= self.most:
            return None
        self.number += 1
        path = self.paths[number % len(self.paths)]
        number += self.first
        if self.method == "GET":
            who = f"Cookie: {self.cookie}\r\nAccept: text/html" if self.cookie else f"X-API-Key: {self.key}"
            return f"GET {path} HTTP/1.1\r\nHost: b\r\n{who}\r\n\r\n".encode(), turn
        body = request_body(number)
        head = (
            f"POST {path} HTTP/1.1\r\nHost: b\r\nX-API-Key: {official_key(number % len(BODIES))}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        return head.encode() + body, turn


class Connection(asyncio.Protocol):
    """One connection; its future is done when it has sent its last request and heard the answer."""

    def __init__(self, job: Job) -> None:
        self.over: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._job = job
        self._heard = b""
        self._turn = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def connection_lost(self, error: Exception | None) -> None:
        if not self.over.done():
            self._job.statuses[0] += 1
            self.over.set_result(None)

    def go(self) -> None:
        following = self._job.next()
        if following is None:
            self.over.set_result(None)
            self._transport.close()
            return
        wanted, self._turn = following
        wait = self._turn - time.monotonic()
        if wait > 0.0005:
            asyncio.get_running_loop().call_later(wait, self._transport.write, wanted)
        else:
            self._transport.write(wanted)

    def data_received(self, data: bytes) -> None:
        self._heard += data
        head, found, rest = self._heard.partition(b"\r\n\r\n")
        if not found:
            return
        length = head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0]
        if len(rest) < int(length):
            return
        self._heard = b""
        job = self._job
        job.statuses[int(head[9:12])] += 1
        job.took.append(time.monotonic() - self._turn)
        if job.keep and head[9:12] == b"201":
            job.sent[json.loads(rest)["id"]] = self._turn
        self.go()


async def run(job: Job) -> dict[str, Any]:
    loop = asyncio.get_running_loop()
    made = [
        (await loop.create_connection(lambda: Connection(job), "127.0.0.1", job.port))[1]
        for _ in range(job.connections)
    ]
    job.began = time.monotonic()
    job.ends = job.began + job.seconds
    for connection in made:
        connection.go()
    await asyncio.gather(*(connection.over for connection in made))
    seconds = time.monotonic() - job.began
    return {
        "seconds": seconds,
        "statuses": {str(status): count for status, count in job.statuses.items()},
        "per_second": len(job.took) / seconds,
        "p50_ms": quantile(job.took, 0.5) * 1000,
        "p99_ms": quantile(job.took, 0.99) * 1000,
        "sent": job.sent,
    }


def quantile(values: list[float], share: float) -> float:
    """The smallest value that so large a share does not exceed."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)] if ordered else math.nan


if __name__ == "__main__":
    answer = uvloop.run(run(Job(**json.loads(sys.stdin.readline()))))
    sys.stdout.write(json.dumps(answer) + "\n")
