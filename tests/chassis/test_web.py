"""Every answer of a service: who may call, what is refused and how it is told, protective headers, limits."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from pydantic import SecretStr
from starlette.responses import Response

from contracts.access import Grant
from contracts.envelope import new_id
from services.chassis.access import ACCESS, digest
from services.chassis.clock import Clock
from services.chassis.service import Service
from services.chassis.sessions import COOKIE
from tests.chassis.toy import client, toy

ADMIN = {"X-API-Key": "admin-key"}


@pytest.fixture
async def service(settings, clock, tmp_path) -> AsyncIterator[Service]:
    """Not started: its routes need the database and nothing else."""
    known = {
        "admin_key": SecretStr("admin-key"), "rate_limit": "30/minute", "rate_limit_front_end": "500/minute",
        "largest_body": 2000, "secret_key": SecretStr("k" * 40), "public_url": "http://toy",
    }  # fmt: skip
    service = toy(settings.model_copy(update=known), clock, tmp_path)
    await service.commit.start()
    yield service
    await service.commit.stop()
    await service.database.drop()
    service.database.close()


@pytest.fixture
async def http(service) -> AsyncIterator[httpx.AsyncClient]:
    async with client(service) as made:
        yield made


async def grant(service: Service, role: str, key: str, **period: Any) -> str:
    """A principal with one role and one API key, as the stream `access` would have left it."""
    id, start = new_id(), Clock().now() - timedelta(hours=1)
    given = Grant(role=role, scope_kind="programme", **{"start": start, **period})
    row = {"_id": id, "version": 1, "order": [1, 1], "grants": [given.model_dump()], "credentials": [digest(key)]}
    await service.database[ACCESS].insert_one({**row, "language": "it"})
    return id


async def test_an_anonymous_caller_is_told_to_identify_in_a_problem(http) -> None:
    answer = await http.get("/api/experts-only", headers={"Accept-Language": "en"})

    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["www-authenticate"].startswith("Bearer")
    document = answer.json()
    assert document["type"] == "urn:affianca:problem:unauthorized"
    assert (document["status"], document["instance"]) == (401, "/api/experts-only")
    assert document["title"] and document["detail"]


async def test_a_wrong_role_is_forbidden_and_the_right_one_is_served(service, http) -> None:
    await grant(service, "monitor", "monitor-key")
    id = await grant(service, "expert", "expert-key")

    refused = await http.get("/api/experts-only", headers={"X-API-Key": "monitor-key"})
    served = await http.get("/api/experts-only", headers={"X-API-Key": "expert-key"})

    assert (refused.status_code, refused.json()["type"]) == (403, "urn:affianca:problem:forbidden")
    assert served.json() == {"id": id}


@pytest.mark.parametrize(
    "period", [{"end": Clock().now() - timedelta(minutes=1)}, {"start": Clock().now() + timedelta(days=1)}]
)
async def test_a_grant_outside_its_period_lets_nobody_in_and_they_are_told_what_to_do(service, http, period) -> None:
    await grant(service, "expert", "timed-key", **period)

    answer = await http.get("/api/experts-only", headers={"X-API-Key": "timed-key"})

    assert (answer.status_code, answer.json()["type"]) == (403, "urn:affianca:problem:no-role")
    assert "Chieda l’abilitazione" in answer.json()["detail"]


async def test_a_wrong_key_is_refused_even_where_everybody_may_call(http) -> None:
    answer = await http.get("/api/toy/status", headers={"X-API-Key": "guessed"})

    assert answer.status_code == 401


async def test_a_browser_without_session_is_sent_to_log_in_and_comes_back(http) -> None:
    answer = await http.get("/nowhere", headers={"Accept": "text/html"})
    assert answer.status_code == 404
    assert "<h1" in answer.text

    wanted = await http.post("/form", headers={"Accept": "text/html"}, data={"word": "x"})
    assert wanted.status_code == 401


async def test_errors_are_told_in_the_readers_language(http) -> None:
    italian = (await http.get("/api/none", headers={"Accept-Language": "it"})).json()
    english = (await http.get("/api/none", headers={"Accept-Language": "en"})).json()

    assert english["title"] == "Not found"
    assert italian["title"] != english["title"]


@pytest.mark.parametrize(
    ("content", "status", "pointer"),
    [
        (b'{"title": "ok"', 400, None),
        (b'{"title": "\xff"}', 400, None),
        (b"", 400, None),
        (b"{}", 422, "/title"),
        (b'{"title": ""}', 422, "/title"),
        (b'{"title": "' + b"x" * 30 + b'"}', 422, "/title"),
        (b'{"title": {"$gt": ""}}', 422, "/title"),
        (b'{"title": "ok", "more": 1}', 422, "/more"),
        (b'{"title": "' + b"x" * 3000 + b'"}', 413, None),
    ],
)
async def test_bad_input_gets_a_problem_that_names_the_field_and_stores_nothing(
    service, http, content, status, pointer
) -> None:
    answer = await http.post("/api/notes", content=content, headers={**ADMIN, "Content-Type": "application/json"})

    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    if pointer:
        assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]
    assert await service.database["notes"].count_documents({}) == 0


async def test_a_body_without_declared_length_is_limited_too(http) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(50):
            yield b"x" * 100

    answer = await http.post("/api/notes", content=endless(), headers={**ADMIN, "Content-Type": "application/json"})

    assert answer.status_code == 413


async def test_another_content_type_is_refused_with_those_accepted(http) -> None:
    answer = await http.post("/api/notes", content=b"<a/>", headers={**ADMIN, "Content-Type": "text/xml"})

    assert answer.status_code == 415
    assert "application/json" in answer.json()["detail"]


async def test_an_unexpected_failure_discloses_nothing(http) -> None:
    answer = await http.get("/api/failing")

    assert answer.status_code == 500
    assert "internal detail" not in answer.text
    assert answer.headers["ratelimit-limit"]
    assert answer.json()["status"] == 500


async def test_every_answer_carries_limits_and_protective_headers(http) -> None:
    answer = await http.get("/api/toy/status")

    assert answer.headers["ratelimit-limit"] == "30"
    assert int(answer.headers["ratelimit-remaining"]) == 29
    assert 0 <= int(answer.headers["ratelimit-reset"]) <= 60
    assert "default-src 'self'" in answer.headers["content-security-policy"]
    assert answer.headers["cache-control"] == "no-store"


async def test_too_many_requests_are_told_when_to_come_back(http) -> None:
    answers = [await http.get("/api/toy/status") for _ in range(31)]

    assert [answer.status_code for answer in answers[:30]].count(429) == 0
    assert answers[30].status_code == 429
    assert int(answers[30].headers["retry-after"]) >= 1
    assert answers[30].headers["content-type"] == "application/problem+json"


async def test_a_form_needs_the_token_of_its_own_session(service, http) -> None:
    id = await grant(service, "expert", "unused")

    opened = Response()
    service.web.sessions.open(opened, id)
    cookie = opened.headers["set-cookie"].split(";")[0].removeprefix(f"{COOKIE}=")
    http.cookies.set(COOKIE, cookie)

    without = await http.post("/form", data={"word": "x"})
    forged = await http.post("/form", data={"word": "x", "csrf_token": "0" * 64})
    content = service.web.sessions._signer.loads(cookie, salt=COOKIE)
    token = service.web.sessions._csrf(content["id"])
    right = await http.post("/form", data={"word": "x", "csrf_token": token})

    assert (without.status_code, forged.status_code) == (403, 403)
    assert right.json() == {"word": "x"}


async def test_a_session_cookie_alone_changes_nothing_through_an_api(service, http) -> None:
    id = await grant(service, "secretariat", "unused")

    opened = Response()
    service.web.sessions.open(opened, id)
    http.cookies.set(COOKIE, opened.headers["set-cookie"].split(";")[0].removeprefix(f"{COOKIE}="))

    answer = await http.post("/api/notes", json={"title": "x"})

    assert answer.status_code == 401


async def test_a_forged_session_is_nobodys(http) -> None:
    http.cookies.set(COOKIE, "eyJwcmluY2lwYWwiOiJ4In0.forged.signature")

    assert (await http.get("/api/experts-only")).status_code == 401
