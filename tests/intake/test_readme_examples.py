"""The examples of the README do what they say when they are run as they stand there."""

import asyncio
import os
import re
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import uvicorn

from deploy.local.processes import free_port
from services.intake import main
from tests.intake.conftest import VARESE, Town
from tests.intake.letters import TO
from tests.intake.post import Post

README = (Path(main.__file__).parent / "README.md").read_text()
BLOCKS = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
CLIENT = next(block for block in BLOCKS if "urllib.request" in block)
MAIL = next(block for block in BLOCKS if "smtplib" in block)


@asynccontextmanager
async def listening(town: Town) -> AsyncIterator[str]:
    """The service on a port of its own."""
    port = free_port()
    config = uvicorn.Config(town.service.app, "127.0.0.1", port, lifespan="off", log_config=None)
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server._serve())
    while not server.started:  # noqa: ASYNC110
        await asyncio.sleep(0.01)
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    await serving


async def run(block: str, **environment: str) -> tuple[int | None, str]:
    plain = {name: value for name, value in os.environ.items() if not name.startswith("AFFIANCA_")}
    pipe = asyncio.subprocess.PIPE
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-I", "-c", block, env=plain | environment, stdout=pipe, stderr=asyncio.subprocess.STDOUT
    )
    told, _ = await asyncio.wait_for(child.communicate(), 30)
    return child.returncode, told.decode()


async def test_the_client_sends_a_request_writes_and_reads(post: Post) -> None:
    made = await post.town.call("POST", "/api/api-keys", json={"name": "Esempio", "body": VARESE})

    async with listening(post.town) as url:
        code, told = await run(CLIENT, AFFIANCA_URL=url, AFFIANCA_API_KEY=made.json()["key"], AFFIANCA_BODY=VARESE)

    assert code == 0, told
    number = told.split()[1]
    read = (await post.town.call("GET", f"/api/requests/{number}")).json()
    assert [message["text"] for message in read["messages"]] == ["Si allega a parte la planimetria."]
    assert (read["channel"], read["protocol"]["number"]) == ("api", "12/2026")
    assert "theme: site-remediation" in told


async def test_the_client_says_what_is_wrong(post: Post) -> None:
    made = await post.town.call("POST", "/api/api-keys", json={"name": "Esempio"})

    async with listening(post.town) as url:
        code, told = await run(CLIENT, AFFIANCA_URL=url, AFFIANCA_API_KEY=made.json()["key"], AFFIANCA_BODY="999999")

    assert code == 1
    assert "/body" in told


async def test_the_mail_becomes_a_request(post: Post) -> None:
    address, key = await post.official()

    code, told = await run(
        MAIL, AFFIANCA_SENDER=address, AFFIANCA_ADDRESS=TO, AFFIANCA_SMTP_HOST="127.0.0.1",
        AFFIANCA_SMTP_PORT=str(post.port),
    )  # fmt: skip

    assert code == 0, told
    [request] = await post.mine(key, address)
    assert request["title"] == "Parere sulla bonifica di una ex discarica"
