"""A POST that creates may be sent again."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest
from pydantic import SecretStr

from services.chassis.outbox import OUTBOX
from services.chassis.service import Service
from tests.chassis.toy import NOTES, client, toy

KEY = {"X-API-Key": "admin-key", "Idempotency-Key": "a-key"}


@pytest.fixture
async def service(settings, clock, tmp_path) -> AsyncIterator[Service]:
    service = toy(settings.model_copy(update={"admin_key": SecretStr("admin-key")}), clock, tmp_path)
    await service.commit.start()
    yield service
    await service.commit.stop()
    await service.database.drop()
    service.database.close()


@pytest.fixture
async def http(service) -> AsyncIterator[httpx.AsyncClient]:
    async with client(service) as made:
        yield made


async def test_the_same_key_and_body_have_one_effect_and_one_answer(service, http) -> None:
    first = await http.post("/api/notes", json={"title": "a"}, headers=KEY)
    again = await http.post("/api/notes", json={"title": "a"}, headers=KEY)

    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert await service.database[NOTES].count_documents({}) == 1
    assert await service.database[OUTBOX].count_documents({}) == 1


async def test_the_same_key_with_another_body_is_refused(service, http) -> None:
    await http.post("/api/notes", json={"title": "a"}, headers=KEY)

    other = await http.post("/api/notes", json={"title": "b"}, headers=KEY)

    assert other.status_code == 422
    assert other.json()["type"].endswith("idempotency-key-reused")
    assert await service.database[NOTES].count_documents({}) == 1


async def test_parallel_repeats_have_one_effect_and_harm_nobody_else(service, http) -> None:
    same = [http.post("/api/notes", json={"title": "a"}, headers=KEY) for _ in range(15)]
    others = [
        http.post("/api/notes", json={"title": "b"}, headers=KEY | {"Idempotency-Key": f"other-{number}"})
        for number in range(15)
    ]

    answers = await asyncio.gather(*same, *others)

    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["id"] for answer in answers[:15]}) == 1
    assert await service.database[NOTES].count_documents({}) == 16


async def test_two_callers_may_use_the_same_key(service, http) -> None:
    await http.post("/api/notes", json={"title": "a"}, headers=KEY)
    without = await http.post("/api/notes", json={"title": "b"}, headers={"X-API-Key": "admin-key"})

    assert without.status_code == 201
    assert await service.database[NOTES].count_documents({}) == 2
