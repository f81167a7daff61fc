"""Bodies that cannot be used: refused on every route that changes something, told where, and nothing is stored."""

import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from tests.bad_input.installation import PDF, Installation
from tests.bad_input.judging import refused
from tests.bad_input.routes import EVERY, FILES, TAKES, address, changing, objects, places, with_value

JSON = {"content-type": "application/json"}
LARGEST = 1_000_000

NOT_JSON: dict[str, bytes] = {
    "nothing at all": b"",
    "no JSON": b"{body: 1}",
    "half a document": b'{"title": "x"',
    "two documents": b"{} {}",
    "invalid UTF-8": b'{"title": "caf\xe9"}',
    "UTF-16": '{"title": "x"}'.encode("utf-16"),
    "a name twice": b'{"title": "a", "title": "b"}',
    "NaN": b'{"title": NaN}',
    "infinity": b'{"title": -Infinity}',
    "10,000 levels of lists": b"[" * 10_000 + b"]" * 10_000,
    "10,000 levels of objects": b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
    "10,000 levels inside a field": b'{"title": ' + b"[" * 10_000 + b"]" * 10_000 + b"}",
    "half a character": b'{"title": "\\ud800"}',
    "half a character in a name": b'{"\\udfff": 1}',
    "a number of 10,000 digits": b'{"title": ' + b"9" * 10_000 + b"}",
}
NOT_OBJECTS = {"a list": b"[]", "null": b"null", "a text": b'"text"', "a number": b"7", "objects": b"[{}, {}]"}
POINTS_AT = {"a name twice": "/title", "NaN": "/title", "infinity": "/title", "half a character": "/title"}

NEVER_A_VALUE: dict[str, Any] = {
    "an operator": {"$gt": ""},
    "a list of operators": [{"$ne": None}],
    "NUL": "a\x00b",
    "a long text": "x" * 100_000,
    "a huge number": 10**400,
    "infinity in disguise": "1e999",
    "a negative number": -(2**70),
}
IMPOSSIBLE = [
    "2026-02-30", "2026-13-01", "0000-00-00", "2026-02-30T00:00:00Z", "2026-03-28T25:00:00Z", "+12026-01-01",
    "2026-03-28T18:00:00+25:00", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2026-03-28T18:00:00 Rome",
]  # fmt: skip
SEARCHED = ("POST /api/persons/{id}/revocation", "/scope")
"""Any text may be looked for; a grant with such a scope is then not there."""


async def send(installation: Installation, route: str, content: bytes | str, **headers: str) -> httpx.Response:
    method, path = address(route)
    return await installation.call(EVERY[route], method, path, content=content, headers={**JSON, **headers})


async def test_every_route_that_changes_something_is_tested_here(installation) -> None:
    assert set(changing(installation)) == set(EVERY)


@pytest.mark.parametrize("route", TAKES)
async def test_what_is_no_json_object_is_refused(installation, unchanged, route) -> None:
    for name, content in NOT_JSON.items():
        if content or not route.endswith(("/close", "/withdraw", "/confirmation")):  # Those may come without any word.
            refused(await send(installation, route, content), 400, at=POINTS_AT.get(name), told=name)
    for name, content in NOT_OBJECTS.items():
        if content != b"null" or not route.endswith(("/close", "/withdraw", "/confirmation")):
            refused(await send(installation, route, content), 400, 422, told=name)


@pytest.mark.parametrize("route", TAKES)
async def test_every_field_refuses_what_cannot_be_its_value_and_is_named(installation, unchanged, route) -> None:
    taken = TAKES[route][1]

    for place in places(taken):
        for name, value in NEVER_A_VALUE.items():
            content = json.dumps(with_value(taken, place, value))
            if value == "1e999":
                content = json.dumps(with_value(taken, place, "@")).replace('"@"', "1e999")
            answer = await send(installation, route, content)
            if (route, place) == SEARCHED and isinstance(value, str):
                refused(answer, 404, 422, told=(place, name))
            else:
                refused(answer, 422, at=place, told=(place, name))


@pytest.mark.parametrize("route", TAKES)
async def test_fields_that_do_not_exist_are_refused_and_named(installation, unchanged, route) -> None:
    taken = TAKES[route][1]

    for place in objects(taken):
        for name in ("$where", "a.b", "__proto__", "_id", "version"):
            content = json.dumps(with_value(taken, f"{place}/{name}", "x"))
            refused(await send(installation, route, content), 422, at=f"{place}/{name}", told=(place, name))


@pytest.mark.parametrize("route", EVERY)
async def test_other_content_types_are_refused(installation, unchanged, route) -> None:
    foreign = ["text/plain", "application/xml", "application/x-www-form-urlencoded", "a/b/c", "json", "\xff"]
    if route in TAKES:
        foreign += ["text/csv", "multipart/form-data; boundary=x", "multipart/form-data"]
    if route in FILES:
        foreign += ["text/csv", "application/json"]

    for media in foreign:
        headers = {"content-type": media.encode("latin-1")}
        method, path = address(route)
        answer = await installation.call(EVERY[route], method, path, content=b'{"a": 1}', headers=headers)
        refused(answer, 415, told=media)


@pytest.mark.parametrize("route", EVERY)
async def test_a_body_over_the_limit_is_refused(installation, unchanged, route) -> None:
    content = b'{"title": "' + b"x" * LARGEST + b'"}'

    refused(await send(installation, route, content), 413)


@pytest.mark.parametrize("route", [*TAKES, *FILES])
async def test_a_body_over_the_limit_is_refused_also_when_it_does_not_say_its_length(
    installation, unchanged, route
) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        head = b"--x\r\nContent-Disposition: form-data; name=a; filename=a\r\n\r\n"
        yield head if route in FILES else b'{"title": "'
        # Uploads have a limit of their own.
        for _ in range(450 if route in FILES else 11):
            yield b"x" * 100_000

    method, path = address(route)
    media = "multipart/form-data; boundary=x" if route in FILES else "application/json"
    answer = await installation.call(EVERY[route], method, path, content=pieces(), headers={"content-type": media})

    refused(answer, 413)


@pytest.mark.parametrize("route", FILES)
async def test_uploads_that_are_not_what_they_should_be_are_refused(installation, unchanged, route) -> None:
    method, path = address(route)
    wrong: list[dict[str, Any]] = [
        {"files": {"protocol": ("a.exe", b"MZ\x90\x00", "application/pdf")}},
        {"files": {"protocol": ("a.pdf", b"", "application/pdf")}},
        {"files": {"other": PDF["protocol"]}},
        {"files": {"protocol": (None, "only a text")}},
        {"content": b"--x\r\nno end", "headers": {"content-type": "multipart/form-data; boundary=x"}},
        {"content": b"no boundary", "headers": {"content-type": "multipart/form-data"}},
    ]

    for content in wrong:
        refused(await installation.call(EVERY[route], method, path, **content), 400, 415, 422, told=content)


@pytest.mark.parametrize("route", EVERY)
async def test_somebody_unknown_is_refused_whatever_they_send(installation, unchanged, route) -> None:
    method, path = address(route)
    content = {"json": TAKES[route][1]} if route in TAKES else {"files": PDF} if route in FILES else {}

    refused(await installation.call(None, method, path, **content), 401)


@pytest.mark.parametrize(
    ("route", "place"),
    [
        ("POST /api/requests", "/protocol/date"),
        ("POST /api/persons", "/grants/0/start"),
        ("POST /api/persons", "/grants/0/end"),
        ("PUT /api/persons/{id}", "/grants/0/end"),
        ("POST /api/experts/{id}/absences", "/from"),
        ("POST /api/experts/{id}/absences", "/to"),
        ("PATCH /api/experts/{id}/absences", "/from"),
        ("PATCH /api/experts/{id}/absences", "/to"),
    ],
)
async def test_dates_that_cannot_be_are_refused_and_named(installation, unchanged, route, place) -> None:
    for date in IMPOSSIBLE:
        content = json.dumps(with_value(TAKES[route][1], place, date))
        refused(await send(installation, route, content), 422, at=place, told=date)


@pytest.mark.parametrize("route", [route for route, (_, taken) in TAKES.items() if {"title", "text"} & taken.keys()])
async def test_characters_that_mislead_the_reader_are_refused(installation, unchanged, route) -> None:
    taken = TAKES[route][1]

    for place in ("/title", "/text"):
        for character in ("\u202e", "\u2066", "\u2028", "\ufeff", "\x7f", "\x00"):
            if place[1:] in taken:
                content = json.dumps(with_value(taken, place, f"fattura{character}fdp.exe"))
                refused(await send(installation, route, content), 422, at=place, told=character)
