"""Addresses, query parameters and methods that cannot be used: a problem of the right status, never 500."""

import base64
import json
from typing import Any
from urllib.parse import quote, urlsplit

import httpx
import pytest

from tests.bad_input.installation import Installation
from tests.bad_input.judging import refused
from tests.bad_input.routes import reading

LIMITS = ["-1", "0", "1000000000", "9" * 5_000, "abc", "1e3", "0x10", "", "1;2", "NaN", '{"$gt":""}', "%00"]


def _cursor(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode()


CURSORS = [
    "x", "%%%", "é", "\x00", "AAAA", "====", "a" * 90, _cursor({"$gt": ""}), _cursor(["\ud800"]), _cursor(None),
    _cursor([{"$gt": ""}, {"$gt": ""}]), _cursor(["2026-01-01T00:00:00+00:00", {"$gt": ""}]),
    _cursor(["2026-01-01T00:00:00", "x"]), _cursor(["0001-01-01T00:00:00+14:00", "x"]),
    _cursor(["9999-12-31T23:59:59-14:00", "x"]), _cursor(["2026-01-01T00:00:00+00:00", "\ud800"]),
    base64.urlsafe_b64encode(b"[" * 60).decode(), base64.urlsafe_b64encode(b"\xff\xfe").decode(),
]  # fmt: skip
DATES = [
    "2026-02-30", "2026-13-01", "0000-00-00", "2026-03-28T18:00:00", "2026-03-28T25:00:00Z",
    "2026-03-28T18:00:00+25:00",
    "0001-01-01", "0001-01-01T00:00:00+14:00", "9999-12-31", "9999-12-31T23:59:59-14:00", "+10000-01-01", "-1",
    "99999999999999999999", "2026-03-28T18:00:00Europe/Atlantis", "domani", "\x00", '{"$gt":""}', "2026-W53-1",
]  # fmt: skip
ADDRESSES = [
    "/api/requests/%2e%2e%2fpersons", "/api/requests/..%2f..%2fmetrics", "/api/requests/%00", "/api/requests/%ff%fe",
    "/api/requests/%ED%A0%80", "/api/requests/" + "9" * 8_000, "/api/requests/..;/persons",
    "/api/requests/%7B%22$gt%22%3A%22%22%7D",
    "/assets/..%2f..%2fsecrets.json", "/assets/%2e%2e/%2e%2e/%2e%2e/etc/passwd", "/api/experts/%00", "/api/nothing",
    "/api/assignments/%2e%2e", "/api/bodies/..%2F..%2Fpersons", "/api/reports/backlog.exe", "/api/reports/..%2fbacklog",
    "/%2e%2e/%2e%2e/etc/passwd", "/api//requests", "/api/requests/2026-000001/%61sk/x", "/desk/%00", "/reports/%00/x",
]  # fmt: skip


async def _get(installation: Installation, path: str, **query: str) -> httpx.Response:
    who = "service" if "/texts" in path else "expert" if "/hours" in path else "secretariat"
    filled = path.format(number="2026-000001", id="x", code="016024")
    asked = "&".join(f"{name}={quote(value, safe='')}" for name, value in query.items())
    return await installation.call(who, "GET", f"{filled}?{asked}")


def never_a_fault(answer: httpx.Response, *fine: int, at: str | None = None, told: object = "") -> None:
    """Fails unless the answer is a good one or a problem that is the caller's."""
    if answer.status_code not in fine:
        refused(answer, 400, 403, 404, 405, 406, 414, 422, at=at, told=told)


async def test_limits_that_are_none_are_refused_and_named(installation, unchanged) -> None:
    for path in reading(installation, "limit"):
        for limit in LIMITS:
            refused(await _get(installation, path, limit=limit), 422, at="/query/limit", told=limit)


async def test_cursors_that_were_not_given_are_refused_and_named(installation, unchanged) -> None:
    for path in reading(installation, "cursor"):
        for cursor in CURSORS:
            if path == "/api/bodies":  # Its cursor is a code, and any text stands before or behind every code.
                never_a_fault(await _get(installation, path, cursor=cursor), 200, told=cursor)
            elif cursor != _cursor(["\ud800"]) or path.startswith("/api/deliveries"):
                never_a_fault(await _get(installation, path, cursor=cursor), 200, at="/query/cursor", told=cursor)
            else:
                refused(await _get(installation, path, cursor=cursor), 422, at="/query/cursor", told=cursor)


@pytest.mark.parametrize("name", ["from", "to", "at"])
async def test_dates_that_cannot_be_are_refused_and_named(installation, unchanged, name) -> None:
    paths = reading(installation, name)
    assert paths

    for path in paths:
        for date in DATES:
            never_a_fault(await _get(installation, path, **{name: date}), 200, at=f"/query/{name}", told=date)


async def test_odd_texts_in_any_query_parameter_harm_nothing(installation, unchanged) -> None:
    names = ("q", "theme", "procedure", "province", "body", "expert", "task_force", "ids", "status", "kind", "after",
             "group_by", "metrics", "request", "half_year", "requests", "sort", "assigned")  # fmt: skip
    texts = ["\x00", "\ud800".encode("utf-8", "surrogatepass").decode("latin-1"), '{"$gt":""}', "$where", "(((", "%",
             ".*", "\u202e", "x" * 3_000, "ß" * 60]  # fmt: skip

    for name in names:
        paths = reading(installation, name)
        assert paths, name
        for path in paths:
            for text in texts:
                never_a_fault(await _get(installation, path, **{name: text}), 200, told=(name, text))


async def test_repeated_and_unknown_parameters_harm_nothing(installation, unchanged) -> None:
    for path in reading(installation, "limit"):
        never_a_fault(await installation.call("secretariat", "GET", f"{path}?limit=1&limit=2&limit[$gt]=0&x=1"), 200)
        refused(await installation.call("secretariat", "GET", f"{path}?limit=1&limit=no"), 422, at="/query/limit")


@pytest.mark.parametrize("address", ADDRESSES)
async def test_addresses_that_lead_nowhere_are_told_so(installation, unchanged, address) -> None:
    for method in ("GET", "POST", "DELETE"):
        never_a_fault(await installation.call("coordinator", method, address), told=method)


async def test_a_coded_letter_in_an_address_opens_no_other_door(installation, unchanged) -> None:
    refused(await installation.call(None, "GET", "/api/%72equests"), 401)
    refused(await installation.call("monitor", "GET", "/api/%70ersons?ids=x"), 403)


async def test_methods_cannot_be_overridden(installation, unchanged) -> None:
    override = {"X-HTTP-Method-Override": "DELETE", "X-HTTP-Method": "DELETE", "X-Method-Override": "DELETE"}

    answer = await installation.call("secretariat", "GET", "/api/requests?_method=DELETE", headers=override)

    assert answer.status_code == 200


async def test_methods_that_a_route_does_not_know_are_refused_with_those_it_knows(installation, unchanged) -> None:
    for path in ("/api/requests", "/api/experts", "/api/notification-preferences", "/api/reports/backlog"):
        for method in ("OPTIONS", "TRACE", "DELETE", "PROPFIND", "CONNECT"):
            if method == "CONNECT":
                continue  # Takes another form of address.
            answer = await installation.call("secretariat", method, path)

            assert answer.status_code == 405, (method, path, answer.status_code)
            assert "GET" in answer.headers["allow"], (method, path)
            refused(answer, 405)


async def test_an_answer_never_sends_a_browser_to_another_host(installation, unchanged) -> None:
    for path in ("//evil.example/%2e%2e", "/api/requests/", "//evil.example/", "/login?next=//evil.example"):
        answer = await installation.call(None, "GET", path, headers={"Host": "evil.example", "Accept": "text/html"})

        place = urlsplit(answer.headers.get("location", "/"))
        own = [urlsplit(url).netloc for url in (installation.url, installation.settings.oidc_issuer)]
        assert place.netloc in ("", *own), path
