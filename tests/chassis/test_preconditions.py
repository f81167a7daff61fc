"""`If-Match` as RFC 9110 (13.1.1) has it: read in one way, on every route that takes it."""

from collections.abc import AsyncIterator
from typing import Annotated

import httpx
import pytest
from fastapi import Depends

from services.chassis.auth import Caller, public
from services.chassis.preconditions import IfMatch, seen_version, version_tag
from services.chassis.problems import Problem
from tests.chassis.toy import client, toy

NOW = '"3"'
COVERS: dict[str, list[str]] = {
    "*": ["*"],
    " * ": [" * "],
    "the tag": [NOW],
    "with blanks": [f"  {NOW}\t"],
    "one of a list": [f'"2", {NOW}'],
    "of a list without blanks": [f'"2",{NOW},"4"'],
    "behind a tag with a comma": [f'"a,b",{NOW}'],
    "behind a tag with comma and star": [f'"a,*",{NOW}'],
    "with empty members": [f", ,{NOW},,"],
    "behind a weak one": [f'W/"2", {NOW}'],
    "on a line of its own": ['"2"', NOW],
}
COVERS_NOTHING: dict[str, list[str]] = {
    "another": ['"2"'],
    "a weak one": [f"W/{NOW}"],
    "zeros before": ['"0003"'],
    "only zeros": ['"0000"'],
    "a sign": ['"+3"'],
    "Arabic digits": ['"٣"'],
    "full-width digits": ['"３"'],
    "blank tag": ['""'],
    "no member": [""],
    "commas alone": [",,"],
    "inside of another": ['"2,3"'],
    "star in quotes": ['"*"'],
    "very long": ['"' + "9" * 5_000 + '"'],
}
MALFORMED: dict[str, list[str]] = {
    "no quotes": ["3"],
    "one quote": ['"3'],
    "the other quote": ['3"'],
    "three quotes": ['"3""'],
    "no comma": [f'"2" {NOW}'],
    "star in a list": [f"*, {NOW}"],
    "two stars": ["*", "*"],
    "small weak": [f"w/{NOW}"],
    "weak without tag": ["W/"],
    "weak star": ["W/*"],
    "blank in a tag": ['"3 "'],
    "half a list": [f'{NOW}, "4'],
    "single quotes": ["'3'"],
}


@pytest.fixture
async def http(settings, clock, tmp_path) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a service with one route that changes what has the version 3."""
    service = toy(settings, clock, tmp_path)

    @service.app.patch("/api/thing")
    async def change(caller: Annotated[Caller, Depends(public)], seen: IfMatch) -> None:
        if not seen.covers(version_tag(3)):
            raise Problem(412, "It changed meanwhile")

    async with client(service) as made:
        yield made
    service.database.close()


async def told(http: httpx.AsyncClient, lines: list[str]) -> httpx.Response:
    return await http.patch("/api/thing", headers=[(b"If-Match", line.encode()) for line in lines])


async def test_without_it_whatever_is_there_is_changed(http) -> None:
    assert (await http.patch("/api/thing")).status_code == 200


@pytest.mark.parametrize("lines", COVERS.values(), ids=COVERS)
async def test_what_was_seen_is_changed(http, lines) -> None:
    assert (await told(http, lines)).status_code == 200


@pytest.mark.parametrize("lines", COVERS_NOTHING.values(), ids=COVERS_NOTHING)
async def test_what_was_not_seen_is_412(http, lines) -> None:
    answer = await told(http, lines)

    assert (answer.status_code, answer.headers["content-type"]) == (412, "application/problem+json")


@pytest.mark.parametrize("lines", MALFORMED.values(), ids=MALFORMED)
async def test_what_cannot_be_read_is_400_and_names_the_header(http, lines) -> None:
    answer = await told(http, lines)

    assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json")
    assert [error["pointer"] for error in answer.json()["errors"]] == ["/header/If-Match"]


async def test_a_field_of_many_members_is_read_at_once(http, clock) -> None:
    assert (await told(http, ['"2",' * 15_000 + NOW])).status_code == 200
    assert (await told(http, ['"2" ,' * 10_000 + "x"])).status_code == 400


@pytest.mark.parametrize(("version", "covered"), [("3", True), (3, True), ("03", False), ("", False), (None, False)])
def test_a_form_covers_the_version_that_it_names(version, covered) -> None:
    assert seen_version(version).covers(version_tag(3)) is covered
