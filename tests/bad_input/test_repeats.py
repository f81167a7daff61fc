"""Idempotency keys: sent again, sent with another body, odd ones, and fifty at once."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from tests.bad_input.installation import Installation, request_form
from tests.bad_input.judging import refused
from tests.bad_input.routes import NUMBER


@pytest.fixture(autouse=True)
async def at_rest(installation: Installation) -> AsyncIterator[None]:
    """What these tests store must have gone everywhere before others compare what is stored."""
    yield
    await installation.settled()


async def requests(installation: Installation) -> int:
    return int(await installation.services["intake"].database["requests"].count_documents({}))


async def send(installation: Installation, key: str | bytes, who: str = "official", **changes: str):
    return await installation.call(
        who, "POST", "/api/requests", json=request_form(**changes), headers={b"Idempotency-Key": key}
    )


async def test_fifty_at_once_with_one_key_are_one_request(installation) -> None:
    before = await requests(installation)

    answers = await asyncio.gather(*(send(installation, "fifty-equal") for _ in range(50)))

    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.text for answer in answers}) == 1
    assert len({answer.headers["location"] for answer in answers}) == 1
    assert await requests(installation) == before + 1


async def test_fifty_at_once_with_one_key_and_fifty_bodies_are_one_request(installation) -> None:
    before = await requests(installation)

    answers = await asyncio.gather(*(send(installation, "fifty-other", title=f"Titolo {n}") for n in range(50)))

    assert sorted(answer.status_code for answer in answers) == [201] + [422] * 49
    for answer in answers:
        if answer.status_code == 422:
            refused(answer, 422)
            assert answer.json()["type"].endswith("idempotency-key-reused")
    assert await requests(installation) == before + 1


async def test_conflicting_keys_of_one_client_disturb_no_other_client(installation) -> None:
    hostile = [send(installation, "conflict", title=f"Titolo {n}") for n in range(25)]
    others = [send(installation, f"own-{n}", who="front_end") for n in range(25)]

    answers = await asyncio.gather(*(call for pair in zip(hostile, others, strict=True) for call in pair))

    assert [answer.status_code for answer in answers[1::2]] == [201] * 25


async def test_a_key_is_its_callers_own(installation) -> None:
    first = await send(installation, "shared-key", who="official")
    second = await send(installation, "shared-key", who="front_end")

    assert first.status_code == second.status_code == 201
    assert first.json()["id"] != second.json()["id"]


async def test_a_key_holds_for_one_address(installation) -> None:
    path, headers = f"/api/requests/{NUMBER}/messages", {"Idempotency-Key": "one-address"}
    assert (await send(installation, "one-address")).status_code == 201

    answer = await installation.call("official", "POST", path, json={"text": "Ecco."}, headers=headers)

    assert answer.status_code == 201


async def test_odd_keys_are_refused_or_kept_but_never_a_fault(installation) -> None:
    refused(await send(installation, "x" * 256), 422, at="/header/Idempotency-Key")
    refused(await send(installation, ""), 422, at="/header/Idempotency-Key")
    for key in (b"\xff\xfe", '{"$gt": ""}', "a.b$c", "è".encode()):
        first, again = await send(installation, key), await send(installation, key)
        assert first.status_code == 201
        assert again.text == first.text
