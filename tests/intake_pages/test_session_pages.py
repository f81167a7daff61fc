"""Logging in and out: only what this browser began is finished, and it leads nowhere else."""

import re
from typing import Any

import pytest

from contracts.envelope import new_id
from services.chassis.access import identity
from services.chassis.login import Login
from services.chassis.sessions import COOKIE, LOGIN_COOKIE
from tests.intake_pages.conftest import BERGAMO, enrol

ISSUER = "https://identity.example"


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The identity provider's own part: where it is, and which claims it answers."""
    person = {"iss": ISSUER, "sub": new_id()}

    async def discover(self: Login) -> dict[str, str]:
        return {"authorization_endpoint": f"{ISSUER}/authorize", "token_endpoint": f"{ISSUER}/token"}

    async def exchange(self: Login, code: str, verifier: str) -> str:
        return "token"

    async def claims(self: Any, token: str, audience: str | None = None, nonce: str | None = None) -> dict[str, str]:
        return person

    monkeypatch.setattr(Login, "_discover", discover)
    monkeypatch.setattr(Login, "_exchange", exchange)
    monkeypatch.setattr("services.chassis.tokens.TokenVerifier.claims", claims)
    return person


async def _state(browser: Any, wanted: str) -> str:
    begun = await browser.http.get("/login", params={"next": wanted})
    assert begun.status_code == 303
    found = re.search(r"[?&]state=([^&]+)", begun.headers["location"])
    assert found
    return found.group(1)


async def test_who_is_enabled_logs_in_and_arrives_where_they_wanted(service, visit, provider) -> None:
    await enrol(service, "official", BERGAMO, "Anna", credentials=[identity(ISSUER, provider["sub"])])
    browser = await visit()
    state = await _state(browser, "/requests?status=closed")

    answer = await browser.get(f"/callback?code=x&state={state}")

    assert (answer.status_code, answer.headers["location"]) == (303, "/requests?status=closed")
    assert COOKIE in browser.http.cookies
    assert LOGIN_COOKIE not in browser.http.cookies
    assert (await browser.get("/requests")).status_code == 200


async def test_who_is_recognised_but_not_enabled_is_told_what_to_do(visit, provider) -> None:
    browser = await visit()
    state = await _state(browser, "/requests")

    answer = await browser.get(f"/callback?code=x&state={state}")

    assert answer.status_code == 403
    assert "Il Suo nome non è ancora abilitato" in answer.text
    assert COOKIE not in browser.http.cookies


async def test_whose_role_has_ended_is_told_so_and_what_to_do(visit) -> None:
    browser = await visit("none")

    for path in ("/requests", "/requests/new", "/bodies"):
        answer = await browser.get(path)

        assert answer.status_code == 403
        assert "Chieda l’abilitazione al legale rappresentante del Suo ente" in answer.text
        assert "Il Suo ruolo non consente" not in answer.text


@pytest.mark.parametrize("query", ["code=x&state=guessed", "code=x", "error=access_denied"])
async def test_an_answer_that_this_browser_did_not_ask_for_is_refused(visit, provider, query) -> None:
    browser = await visit()
    await _state(browser, "/")

    answer = await browser.get(f"/callback?{query}")

    assert answer.status_code == 400
    assert COOKIE not in browser.http.cookies


async def test_a_callback_without_a_login_in_this_browser_is_refused(visit, provider) -> None:
    browser = await visit()

    assert (await browser.get("/callback?code=x&state=x")).status_code == 400


@pytest.mark.parametrize("wanted", ["https://evil.example/", "//evil.example", "/\\evil.example", "/\t/evil.example"])
async def test_a_login_leads_to_no_other_site(service, visit, provider, wanted) -> None:
    await enrol(service, "official", BERGAMO, "Anna", credentials=[identity(ISSUER, provider["sub"])])
    browser = await visit()
    state = await _state(browser, wanted)

    answer = await browser.get(f"/callback?code=x&state={state}")

    assert answer.status_code == 303
    assert re.fullmatch(r"/(?:%09/evil\.example)?", answer.headers["location"])


async def test_the_page_before_the_login_is_come_back_to(visit) -> None:
    browser = await visit()

    answer = await browser.get("/requests/new")

    assert (answer.status_code, answer.headers["location"]) == (303, "/login?next=/requests/new")


async def test_a_part_of_a_page_does_not_begin_a_login_behind_the_readers_back(visit, provider) -> None:
    browser = await visit()

    answer = await browser.get("/login?next=/requests/x/conversation", **{"HX-Request": "true"})

    assert answer.status_code == 401
    assert LOGIN_COOKIE not in browser.http.cookies
    assert "La sessione è terminata" in answer.text


async def test_logging_out_ends_the_session(visit) -> None:
    browser = await visit("official", BERGAMO)

    answer = await browser.send("/requests", "/logout")

    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert COOKIE not in browser.http.cookies


async def test_another_site_cannot_log_somebody_out(visit) -> None:
    browser = await visit("official", BERGAMO)

    answer = await browser.http.post("/logout", data={"csrf_token": "guessed"})

    assert answer.status_code == 403
    assert COOKIE in browser.http.cookies
