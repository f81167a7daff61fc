"""Credentials that are foreign, forged, expired or no text at all: 401 as a problem, never 500, nothing stored."""

import base64
import time
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.bad_input.judging import refused
from tests.bad_input.routes import EVERY, TAKES, address

NOW = int(time.time())
FORGED: dict[str, Any] = {
    "expired": {"exp": NOW - 3600},
    "not valid yet": {"nbf": NOW + 3600},
    "for another audience": {"aud": "somebody-else"},
    "of another issuer": {"iss": "https://other.example"},
    "of an unknown person": {"sub": "nobody we know"},
    "of a person by an operator": {"sub": '{"$gt": ""}'},
}
NO_TOKENS = ["x", "a.b.c", "a.b", "....", "null", "e30.e30.", "\xe9.\xe9.\xe9", "x" * 20_000]
ODD_KEYS = [b"\xff\xfe\x80", b"x" * 20_000, b'{"$gt": ""}', b"null", "è".encode(), b"' or 1=1 --"]


def _bytes_of(text: str) -> bytes:
    return base64.urlsafe_b64encode(text.encode()).rstrip(b"=")


def _tokens(issuing: Any) -> dict[str, str]:
    public = issuing.keys["first"].public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )  # fmt: skip
    claims = _bytes_of(f'{{"iss": "{issuing.issuer}", "sub": "secretariat", "aud": "affianca", "exp": {NOW + 99}}}')
    unsigned = _bytes_of('{"alg": "none", "kid": "first"}') + b"." + claims + b"."
    stranger = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    valid = issuing.token(sub="official")
    head, _, signature = valid.split(".")
    made = {name: issuing.token(**{"sub": "official", **facts}) for name, facts in FORGED.items()}
    made["with an unknown key"] = issuing.token(sub="official", headers={"kid": "other"})
    made["with a path as its key"] = issuing.token(sub="official", headers={"kid": "../../etc/passwd"})
    return {
        **made,
        "signed by a stranger": issuing.token(sub="official", key=stranger),
        "unsigned": unsigned.decode(),
        "signed with the public key as a secret": jwt.api_jws.PyJWS().encode(
            b'{"sub": "official"}', public.replace(b"-----BEGIN PUBLIC KEY-----", b"").strip()[:64], "HS256",
            headers={"kid": "first"},
        ),
        "with other claims under its signature": f"{head}.{claims.decode()}.{signature}",
        "without its signature": valid.rsplit(".", 1)[0] + ".",
        "with a head of 10,000 levels": _bytes_of("[" * 10_000).decode() + ".e30.e30",
        "with claims of 10,000 levels": head + "." + _bytes_of("[" * 10_000).decode() + ".e30",
    }  # fmt: skip


async def test_tokens_that_are_not_for_us_or_not_for_now_are_refused(installation, unchanged, issuing) -> None:
    form = TAKES["POST /api/requests"][1]
    allowed = await installation.call(
        None, "GET", "/api/requests", headers={"Authorization": f"Bearer {issuing.token(sub='official')}"}
    )
    assert allowed.status_code == 200

    for name, token in [*_tokens(issuing).items(), *((text[:20], text) for text in NO_TOKENS)]:
        for scheme in ("Bearer", "bearer"):
            headers = {"Authorization": f"{scheme} {token}".encode("latin-1")}
            answer = await installation.call(None, "POST", "/api/requests", json=form, headers=headers)
            refused(answer, 401, told=name)


async def test_other_schemes_are_refused(installation, unchanged) -> None:
    for value in ("Basic YWRtaW46YWRtaW4=", "Digest x", "Negotiate", "Bearer ,", "Token abc"):
        answer = await installation.call(None, "GET", "/api/requests", headers={"Authorization": value})
        refused(answer, 401, told=value)


async def test_keys_of_any_bytes_are_refused(installation, unchanged) -> None:
    for key in ODD_KEYS:
        for method, path in (("GET", "/api/requests"), ("POST", "/api/requests"), ("GET", "/api/experts")):
            content = {"json": TAKES["POST /api/requests"][1]} if method == "POST" else {}
            answer = await installation.call(None, method, path, headers={b"X-API-Key": key}, **content)
            refused(answer, 401, told=key[:20])


@pytest.mark.parametrize("route", EVERY)
async def test_a_wrong_key_is_never_ignored(installation, unchanged, route) -> None:
    method, path = address(route)

    refused(await installation.call(None, method, path, headers={"X-API-Key": "wrong"}), 401)


@pytest.mark.parametrize("route", [route for route, who in EVERY.items() if who != "official"])
async def test_whoever_lacks_the_role_is_refused_or_told_nothing(installation, unchanged, route) -> None:
    method, path = address(route)
    content = {"json": TAKES[route][1]} if route in TAKES else {}

    refused(await installation.call("monitor", method, path, **content), 403, 404, 422)
