"""The local login provider: one click for each invented person, real tokens, pages of our own."""

from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import httpx
import jwt
import pytest

from deploy.local.identities import PEOPLE
from deploy.local.login import LoginProvider

CALLBACK = "http://127.0.0.1:8000/callback"
ASKED = {"response_type": "code", "client_id": "affianca", "redirect_uri": CALLBACK, "state": "s", "nonce": "n"}
ASKED["scope"] = "openid profile email"

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:authlib", "ignore::DeprecationWarning:joserfc")


@pytest.fixture
def provider() -> Iterator[LoginProvider]:
    provider = LoginProvider()
    provider.start()
    yield provider
    provider.stop()


def test_one_click_logs_a_person_in(provider: LoginProvider) -> None:
    with httpx.Client(base_url=provider.issuer) as browser:
        known = browser.get("/.well-known/openid-configuration").json()
        sent_back = browser.post(known["authorization_endpoint"], params=ASKED, data={"sub": "anna.bianchi"})
        code = parse_qs(urlsplit(sent_back.headers["location"]).query)["code"][0]
        wanted = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK, "client_id": "affianca"}

        tokens = browser.post(known["token_endpoint"], data={**wanted, "client_secret": "x"}).json()

        key = jwt.PyJWKSet.from_dict(browser.get(known["jwks_uri"]).json()).keys[0]
    claims = jwt.decode(tokens["id_token"], key, algorithms=["RS256"], audience="affianca", issuer=provider.issuer)
    assert claims["sub"] == "anna.bianchi"
    assert claims["name"] == "Anna Bianchi"
    assert claims["nonce"] == "n"


def test_the_page_offers_everybody_and_fetches_nothing_from_elsewhere(provider: LoginProvider) -> None:
    page = httpx.get(f"{provider.issuer}/oauth2/authorize", params=ASKED)

    assert page.status_code == 200
    assert all(f'value="{person.subject}"' in page.text and person.name in page.text for person in PEOPLE)
    assert '<html lang="it">' in page.text
    assert "://" not in page.text
    assert page.headers["content-security-policy"].startswith("default-src 'none'")


def test_its_debugger_is_off(provider: LoginProvider) -> None:
    answer = httpx.get(f"{provider.issuer}/oauth2/authorize?__debugger__=yes&cmd=resource&f=debugger.js")

    assert answer.status_code == 400
    assert "debugger" not in answer.text.lower()


def test_it_stops(provider: LoginProvider) -> None:
    provider.stop()

    with pytest.raises(httpx.ConnectError):
        httpx.get(provider.issuer)
