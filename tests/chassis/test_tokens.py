"""Bearer tokens: the provider's signature and nothing else lets a person in."""

import base64
import hashlib
import hmac
import time
from collections.abc import Iterator

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from services.chassis import tokens
from services.chassis.access import identity
from services.chassis.problems import Problem
from services.chassis.settings import Settings
from services.chassis.tokens import TokenVerifier
from tests.chassis.provider import Provider, provider


@pytest.fixture(scope="module")
def issuing() -> Iterator[Provider]:
    with provider() as made:
        yield made


@pytest.fixture
def verifier(issuing: Provider) -> TokenVerifier:
    return TokenVerifier(Settings(oidc_issuer=issuing.issuer))


async def test_a_token_of_the_provider_names_its_person(issuing, verifier) -> None:
    assert await verifier.identity(issuing.token()) == identity(issuing.issuer, "anna")


@pytest.mark.parametrize(
    "claims",
    [
        {"exp": int(time.time()) - 3600},
        {"aud": "somebody-else"},
        {"iss": "https://other.example"},
        {"sub": None},
        {"nbf": int(time.time()) + 3600},
    ],
    ids=["expired", "for another audience", "of another issuer", "of nobody", "not valid yet"],
)
async def test_a_token_that_is_not_for_us_or_not_for_now_is_refused(issuing, verifier, claims) -> None:
    with pytest.raises(Problem) as refused:
        await verifier.identity(issuing.token(**claims))

    assert refused.value.status == 401


async def test_a_token_signed_by_somebody_else_is_refused(issuing, verifier) -> None:
    with pytest.raises(Problem) as refused:
        await verifier.identity(issuing.token(key=provider_key()))

    assert refused.value.status == 401


async def test_an_unsigned_token_and_one_signed_with_the_public_key_are_refused(issuing, verifier) -> None:
    claims = jwt.decode(issuing.token(), options={"verify_signature": False})
    unsigned = jwt.encode(claims, None, "none", headers={"kid": "first"})

    for forged in (unsigned, _hmac(issuing.token(), issuing), "x.y.z", "junk"):
        with pytest.raises(Problem) as refused:
            await verifier.identity(forged)
        assert refused.value.status == 401


def provider_key() -> rsa.RSAPrivateKey:
    """A key that no provider has published."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def _hmac(token: str, issuing: Provider) -> str:
    """The token again, signed as HS256 with the provider's public key as the secret: the classic confusion."""
    public = issuing.keys["first"].public_key()
    pem = public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    header = base64.urlsafe_b64encode(b'{"alg":"HS256","kid":"first","typ":"JWT"}').rstrip(b"=")
    content = header + b"." + token.split(".")[1].encode()
    signature = base64.urlsafe_b64encode(hmac.digest(pem, content, hashlib.sha256)).rstrip(b"=")
    return (content + b"." + signature).decode()


async def test_a_key_that_the_provider_adds_is_fetched_but_unknown_ones_do_not_flood_it(
    issuing, verifier, monkeypatch
) -> None:
    await verifier.identity(issuing.token())
    asked = issuing.asked
    issuing.add_key("second")

    for _ in range(20):
        with pytest.raises(Problem):
            await verifier.identity(issuing.token("second", sub="bruno"))
    assert issuing.asked == asked

    monkeypatch.setattr(tokens, "_RETRY", 0.0)
    assert await verifier.identity(issuing.token("second", sub="bruno"))


async def test_a_token_that_names_no_key_is_checked_with_the_only_one() -> None:
    with provider() as single:
        verifier = TokenVerifier(Settings(oidc_issuer=single.issuer))

        assert await verifier.identity(single.token(headers={})) == identity(single.issuer, "anna")
        with pytest.raises(Problem):
            await verifier.identity(single.token(headers={}, key=provider_key()))


async def test_without_the_provider_a_token_is_not_wrong_but_cannot_be_checked() -> None:
    verifier = TokenVerifier(Settings(oidc_issuer="http://127.0.0.1:9"))

    with provider() as away:
        token = away.token()
    with pytest.raises(Problem) as refused:
        await verifier.identity(token)

    assert refused.value.status == 503
