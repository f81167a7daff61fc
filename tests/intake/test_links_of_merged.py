"""Links of a request that is joined to another one: they lead to the one that goes on, and nothing points at itself."""

from typing import Any

import pytest

from tests.intake.conftest import ADMIN_KEY, SARONNO, Town

Links = set[tuple[str, str]]


class Desk:
    """Coordination with its requests; `a`, `b`, ... are their numbers."""

    def __init__(self, town: Town) -> None:
        self.town = town

    async def ask(self, how_many: int, **fields: Any) -> list[str]:
        return [(await self.town.submitted(**fields))["number"] for _ in range(how_many)]

    async def does(self, method: str, path: str, status: int = 200, key: str = ADMIN_KEY, **more: Any) -> Any:
        answer = await self.town.call(method, f"/api/requests/{path}", key, **more)
        assert answer.status_code == status, answer.text
        return answer.json() if answer.content else None

    async def link(self, one: str, other: str, kind: str = "related") -> str:
        made = await self.does("POST", f"{one}/links", 201, json={"to": other, "kind": kind})
        return str(made["id"])

    async def merge(self, one: str, into: str) -> None:
        await self.does("POST", f"{one}/merge", json={"into": into})

    async def links(self, number: str) -> list[tuple[str, str]]:
        read = await self.does("GET", number)
        return sorted((link["kind"], link["number"]) for link in read["linked_requests"])

    async def stored(self, number: str) -> list[dict[str, Any]]:
        row = await self.town.service.database["requests"].find_one({"number": number})
        assert row is not None
        return list(row.get("links", ()))

    async def told(self, number: str, key: str = ADMIN_KEY) -> list[tuple[str, str]]:
        timeline = (await self.does("GET", number, key=key))["timeline"]
        lines = [line for line in timeline if line["action"] in ("relinked", "link_passed_on")]
        return [(line["action"], line["details"]["number"]) for line in lines]


@pytest.fixture
def desk(town: Town) -> Desk:
    return Desk(town)


async def test_the_links_of_a_merged_request_lead_to_the_one_that_goes_on(desk: Desk) -> None:
    merged, survivor, earlier, beside = await desk.ask(4)
    await desk.link(merged, earlier, "follows")
    await desk.link(beside, merged)
    made = {link["number"]: link["at"] for link in await desk.stored(merged)}

    await desk.merge(merged, survivor)

    assert await desk.stored(merged) == []
    assert await desk.links(survivor) == sorted([("follows", earlier), ("related", beside)])
    assert await desk.links(earlier) == [("followed_by", survivor)]
    assert await desk.links(beside) == [("related", survivor)]
    assert {link["number"]: link["at"] for link in await desk.stored(survivor)} == made
    for number in (earlier, beside):
        assert await desk.told(number) == [("relinked", survivor)]
    for number in (merged, survivor):
        assert sorted(await desk.told(number)) == sorted([("link_passed_on", earlier), ("link_passed_on", beside)])


async def test_a_link_that_both_had_is_there_once_and_says_the_more_telling_of_both(desk: Desk) -> None:
    merged, survivor, one, two = await desk.ask(4)
    for other, first, second in ((one, "related", "follows"), (two, "follows", "related")):
        await desk.link(survivor, other, first)
        await desk.link(merged, other, second)

    await desk.merge(merged, survivor)

    assert await desk.links(survivor) == sorted([("follows", one), ("follows", two)])
    assert await desk.links(one) == await desk.links(two) == [("followed_by", survivor)]


async def test_requests_that_are_joined_are_no_longer_linked_to_each_other(desk: Desk) -> None:
    merged, survivor = await desk.ask(2)
    await desk.link(merged, survivor, "follows")

    await desk.merge(merged, survivor)

    assert await desk.stored(merged) == await desk.stored(survivor) == []


async def test_two_that_were_linked_and_are_joined_to_a_third_leave_no_link_to_itself(desk: Desk) -> None:
    one, two, third, other = await desk.ask(4)
    await desk.link(one, two)
    await desk.link(one, other)
    await desk.link(two, other, "follows")

    await desk.merge(one, third)
    assert await desk.links(third) == sorted([("related", two), ("related", other)])
    await desk.merge(two, third)

    assert await desk.stored(one) == await desk.stored(two) == []
    assert await desk.links(third) == [("follows", other)]
    assert await desk.links(other) == [("followed_by", third)]


async def test_a_chain_of_joined_requests_hands_its_links_on(desk: Desk) -> None:
    first, second, third, other = await desk.ask(4)
    await desk.link(first, other)
    await desk.link(first, third)

    await desk.merge(first, second)
    await desk.merge(second, third)

    assert await desk.links(third) == [("related", other)]
    assert await desk.links(other) == [("related", third)]


async def test_more_links_than_one_may_make_are_all_kept(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.intake.handlers.links._MOST", 1)
    merged, survivor, one, two = await desk.ask(4)
    await desk.link(merged, one)
    await desk.link(survivor, two)

    await desk.merge(merged, survivor)

    assert await desk.links(survivor) == sorted([("related", one), ("related", two)])


async def test_a_link_made_while_the_requests_are_joined_is_handed_over_too(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    merged, survivor, other = await desk.ask(3)
    requests = desk.town.service.app.state.parts.stores.requests
    whole, raced = requests.by_ids, False

    async def by_ids(ids: Any) -> Any:
        nonlocal raced
        rows = await whole(ids)
        if not raced:
            raced = True
            await desk.link(merged, other)
        return rows

    monkeypatch.setattr(requests, "by_ids", by_ids)
    await desk.merge(merged, survivor)

    assert raced
    assert await desk.links(survivor) == [("related", other)]


async def test_a_moved_link_is_told_to_those_alone_who_may_see_its_other_end(desk: Desk) -> None:
    _, official = await desk.town.official()
    merged, survivor = await desk.ask(2)
    [foreign] = await desk.ask(1, body=SARONNO)
    await desk.link(merged, foreign)

    await desk.merge(merged, survivor)

    assert await desk.told(survivor) == [("link_passed_on", foreign)]
    assert await desk.told(survivor, official) == []
    assert foreign not in str(await desk.does("GET", survivor, key=official))


async def test_a_link_to_a_request_that_was_merged_long_ago_can_be_removed(desk: Desk) -> None:
    one, merged, survivor = await desk.ask(3)
    id = await desk.link(one, merged)
    rows = desk.town.service.database["requests"]
    before = {number: await desk.stored(number) for number in (one, merged)}
    await desk.merge(merged, survivor)
    for number, links in before.items():  # As it was stored before links were handed over.
        await rows.update_one({"number": number}, {"$set": {"links": links}, "$inc": {"version": 1}})

    await desk.does("DELETE", f"{one}/links/{id}", 204)

    assert await desk.stored(one) == await desk.stored(merged) == []
    await desk.does("DELETE", f"{one}/links/{id}", 404)


async def test_a_link_whose_other_end_one_may_not_see_is_as_one_that_is_not_there(desk: Desk) -> None:
    _, official = await desk.town.official()
    [one], [foreign] = await desk.ask(1), await desk.ask(1, body=SARONNO)
    id = await desk.link(one, foreign)

    await desk.does("DELETE", f"{one}/links/{id}", 404, key=official)

    assert len(await desk.stored(one)) == 1


async def test_a_new_request_that_follows_a_merged_one_follows_the_one_that_goes_on(desk: Desk) -> None:
    merged, survivor = await desk.ask(2)
    await desk.merge(merged, survivor)

    new = (await desk.town.submitted(follows=merged))["number"]

    assert await desk.links(new) == [("follows", survivor)]
    assert await desk.links(survivor) == [("followed_by", new)]


async def test_a_new_request_follows_the_one_that_goes_on_although_the_merge_came_between(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    merged, between, survivor = await desk.ask(3)
    numbers = desk.town.service.app.state.parts.stores.numbers
    take, raced = numbers.take, False

    async def take_and_merge(at: Any) -> Any:
        nonlocal raced
        if not raced:
            raced = True
            await desk.merge(merged, between)
            await desk.merge(between, survivor)
        return await take(at)

    monkeypatch.setattr(numbers, "take", take_and_merge)
    new = (await desk.town.submitted(follows=merged))["number"]

    assert raced
    assert await desk.links(new) == [("follows", survivor)]
    assert await desk.links(survivor) == [("followed_by", new)]
    assert await desk.stored(merged) == await desk.stored(between) == []


async def test_a_request_with_all_its_links_is_still_gone_on_from_but_nobody_links_it_by_choice(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.intake.handlers.links._MOST", 1)
    merged, survivor, one, two = await desk.ask(4)
    await desk.link(merged, one)
    await desk.link(survivor, two)
    await desk.merge(merged, survivor)

    (later,) = await desk.ask(1, follows=survivor)

    assert await desk.links(later) == [("follows", survivor)]
    assert ("followed_by", later) in await desk.links(survivor)
    third = (await desk.ask(1))[0]
    for number, to in ((survivor, third), (third, survivor)):
        await desk.does("POST", f"{number}/links", 422, json={"to": to, "kind": "related"})


async def test_a_link_to_one_that_was_merged_long_ago_leads_to_the_one_that_goes_on(desk: Desk) -> None:
    one, merged, again, survivor = await desk.ask(4)
    await desk.link(one, survivor)
    id = await desk.link(one, merged, "follows")
    rows, before = desk.town.service.database["requests"], await desk.stored(one)
    await desk.merge(merged, again)
    await desk.merge(again, survivor)
    for number, links in ((one, before), (survivor, [link | {"number": merged} for link in before])):
        await rows.update_one({"number": number}, {"$set": {"links": links}, "$inc": {"version": 1}})

    assert await desk.links(one) == [("follows", survivor)]
    assert await desk.links(survivor) == []  # To itself.

    await desk.does("DELETE", f"{one}/links/{id}", 204)
    assert await desk.links(one) == [("related", survivor)]
