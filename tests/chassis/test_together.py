"""Look-ups at the same time are one; a failure is everybody's; nobody waits for ever."""

import asyncio

import pytest

from services.chassis.together import Together, Wave


class Asked:
    """Counts what was looked up; `hold` keeps a look-up under way."""

    def __init__(self) -> None:
        self.calls: list[list[str]] = []
        self.free = asyncio.Event()
        self.free.set()

    async def look_up(self, keys: list[str]) -> dict[str, str]:
        self.calls.append(keys)
        await self.free.wait()
        if "bad" in keys:
            raise ConnectionError
        return {key: key.upper() for key in keys if key != "none"}


async def test_what_is_asked_while_a_look_up_is_under_way_is_asked_together() -> None:
    asked = Asked()
    together: Together[str, str] = Together(asked.look_up)
    asked.free.clear()
    first = asyncio.create_task(together.of(["a"]))
    while not asked.calls:  # noqa: ASYNC110
        await asyncio.sleep(0)
    others = [asyncio.create_task(together.of(keys)) for keys in (["b", "c"], ["c", "none"], ["a"])]
    await asyncio.sleep(0)
    asked.free.set()

    assert await first == {"a": "A"}
    assert await asyncio.gather(*others) == [{"b": "B", "c": "C"}, {"c": "C"}, {"a": "A"}]
    assert asked.calls == [["a"], ["b", "c", "none", "a"]]


async def test_a_failure_is_told_to_all_who_asked_and_the_next_look_up_works() -> None:
    together: Together[str, str] = Together(Asked().look_up)

    told = await asyncio.gather(together.of(["bad"]), together.of(["a"]), return_exceptions=True)

    assert all(isinstance(each, ConnectionError) for each in told)
    assert await together.of(["a"]) == {"a": "A"}


async def test_who_goes_away_holds_up_nobody() -> None:
    asked = Asked()
    together: Together[str, str] = Together(asked.look_up)
    asked.free.clear()
    gone, stays = asyncio.create_task(together.of(["a"])), asyncio.create_task(together.of(["b"]))
    await asyncio.sleep(0.01)
    gone.cancel()
    asked.free.set()

    assert await stays == {"b": "B"}


async def test_a_look_up_waits_for_half_of_the_wave_and_not_for_ever() -> None:
    asked, wave = Asked(), Wave()
    together: Together[str, str] = Together(asked.look_up, 0.2, wave)

    async def come(key: str, after: float) -> None:
        with wave:
            await asyncio.sleep(after)
            await together.of([key])

    await asyncio.gather(*(come(str(n), 0.01 * n) for n in range(4)))
    alone = Together(asked.look_up, 0.05, wave)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.02):
            await alone.of(["x"])

    assert len(asked.calls[0]) == 2
