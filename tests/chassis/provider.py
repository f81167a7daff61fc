"""An identity provider that signs whatever a test wants: real HTTP, real keys, no opinion."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm


class Provider:
    """Publishes the keys it is given and counts how often they were asked for."""

    def __init__(self) -> None:
        self.issuer = ""
        self.keys: dict[str, rsa.RSAPrivateKey] = {}
        self.asked = 0
        self.add_key("first")

    def add_key(self, kid: str) -> None:
        self.keys[kid] = rsa.generate_private_key(public_exponent=65537, key_size=2048)

    def token(
        self, kid: str = "first", key: Any = None, algorithm: str = "RS256", headers: Any = None, **claims: Any
    ) -> str:
        now = int(time.time())
        own = {"iss": self.issuer, "sub": "anna", "aud": "affianca", "iat": now, "exp": now + 300}
        named = {"kid": kid} if headers is None else headers
        return jwt.encode({**own, **claims}, key or self.keys[kid], algorithm, headers=named)

    def document(self, path: str) -> dict[str, Any]:
        if path.endswith("openid-configuration"):
            return {"issuer": self.issuer, "jwks_uri": self.issuer + "/keys"}
        self.asked += 1
        keys = [(kid, json.loads(RSAAlgorithm.to_jwk(key.public_key()))) for kid, key in self.keys.items()]
        return {"keys": [{**jwk, "kid": kid, "use": "sig", "alg": "RS256"} for kid, jwk in keys]}


@contextmanager
def provider() -> Iterator[Provider]:
    """A provider on a port of its own."""
    made = Provider()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = json.dumps(made.document(self.path)).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.issuer = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
