"""How long a request waits for its expert on the running local stack: `python -m tests.bench.submit_to_assignment`.

Reads `.local/access.json`. Submits one request at a time, so it measures latency when idle, not capacity.
"""

import asyncio
import json
import statistics
import sys
import time
from pathlib import Path
from typing import Any

import httpx

from deploy.local.identities import DEMO_BODY

FORM = {
    "body": DEMO_BODY,
    "kind": "technical",
    "title": "Quanto tempo passa",
    "description": "Misura della latenza.",
    "theme": "waste-management",
}


async def measure(access: dict[str, Any], requests: int) -> list[float]:
    """Milliseconds from the POST to the first answer that names an expert, for each request."""
    front_end, coordinator = access["keys"]["front_end"], access["keys"]["coordinator"]
    took = []
    async with httpx.AsyncClient(base_url=access["url"], timeout=20) as client:
        for _ in range(requests):
            began = time.monotonic()
            answer = await client.post("/api/requests", json=FORM, headers={front_end["header"]: front_end["value"]})
            number = answer.raise_for_status().json()["number"]
            while not await _offered(client, coordinator, number):
                pass
            took.append((time.monotonic() - began) * 1000)
    return took


async def _offered(client: httpx.AsyncClient, key: dict[str, str], number: str) -> bool:
    headers = {key["header"]: key["value"]}
    answer = await client.get(f"/api/routing/requests/{number}", headers=headers)
    return answer.status_code == 200 and bool(answer.json()["assignment"])


if __name__ == "__main__":
    path = Path(sys.argv[1] if len(sys.argv) > 1 else ".local/access.json")
    times = asyncio.run(measure(json.loads(path.read_text()), 60))
    ordered = sorted(times)
    sys.stdout.write(
        f"submit to assignment, idle, {len(times)} requests: median {statistics.median(times):.0f} ms, "
        f"p90 {ordered[int(len(times) * 0.9)]:.0f} ms, worst {ordered[-1]:.0f} ms\n"
    )
