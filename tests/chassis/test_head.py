"""HEAD: the status and the headers of GET, and nothing below them."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest
from starlette.responses import StreamingResponse

from tests.chassis.toy import client, toy


@pytest.fixture
async def http(settings, clock, tmp_path) -> AsyncIterator[httpx.AsyncClient]:
    service = toy(settings, clock, tmp_path)

    @service.app.get("/endless")
    async def endless() -> StreamingResponse:
        async def pieces() -> AsyncIterator[bytes]:
            while True:
                yield b"x"
                await asyncio.sleep(0)

        return StreamingResponse(pieces(), media_type="text/plain")

    async with client(service) as made:
        yield made
    await service.database.drop()
    service.database.close()


@pytest.mark.parametrize("address", ["/api/experts-only", "/api/toy/status", "/live", "/nowhere"])
async def test_head_says_what_get_says_without_the_content(http, address: str) -> None:
    got = await http.get(address)

    asked = await http.head(address)

    changing = {"x-request-id", "ratelimit-remaining", "ratelimit-reset", "date"}
    assert asked.status_code == got.status_code
    assert asked.content == b""
    assert [(name, value) for name, value in asked.headers.items() if name not in changing] == [
        (name, value) for name, value in got.headers.items() if name not in changing
    ]


async def test_head_of_a_stream_ends(http) -> None:
    asked = await asyncio.wait_for(http.head("/endless"), 10)

    assert (asked.status_code, asked.content) == (200, b"")


async def test_what_an_address_allows_names_head_beside_get(http) -> None:
    refused = await http.delete("/api/experts-only")
    posted = await http.head("/api/notes")

    assert refused.headers["allow"] == "GET, HEAD"
    assert (posted.status_code, posted.headers["allow"]) == (405, "POST")
