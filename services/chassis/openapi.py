"""What every API document says beyond its routes, in one place, so that it keeps the rules of ModI.

Who answers for the API, where it runs, how callers are recognised; that every error is problem+json, that every
answer tells what is left of the rate limit, and that 429 and 503 tell when to come again. The framework's document
is enriched, never rewritten: a route only has to describe what is its own.
"""

from collections.abc import Iterator
from typing import Any

from fastapi import FastAPI

from services.chassis.auth import permission_of
from services.chassis.settings import Settings

Json = dict[str, Any]
PROBLEM = "application/problem+json"
_METHODS = ("get", "put", "post", "delete", "patch")
_RATE_LIMIT = {
    "RateLimit-Limit": "Requests allowed in the present window.",
    "RateLimit-Remaining": "Requests still allowed in it.",
    "RateLimit-Reset": "Seconds until the next window.",
}
_TELLS_WHEN = ("429", "503")
_ERRORS = {
    "400": "The request cannot be read.",
    "401": "Nobody is recognised.",
    "403": "The caller's role does not allow this.",
    "404": "It does not exist, or the caller may not see it.",
    "406": "There is no such form of the answer.",
    "409": "The state does not allow this.",
    "410": "It was there, and is gone.",
    "412": "Somebody changed it meanwhile.",
    "413": "The body is too large.",
    "415": "This content type is not accepted.",
    "422": "Some fields are not valid; `errors` names them.",
    "429": "Too many requests.",
    "500": "The fault is ours.",
    "503": "Temporarily unavailable.",
}
_ALWAYS = ("400", "401", "422", "429", "500", "503")


def describe(app: FastAPI, name: str, settings: Settings) -> None:
    """Makes the application answer with the enriched document; it is built once, when first asked for."""
    plain = app.openapi

    def enriched() -> Json:
        if app.openapi_schema is None:
            app.openapi_schema = enrich(plain(), name, settings, public_paths(app))
        return app.openapi_schema

    app.openapi = enriched  # type: ignore[method-assign]


def public_paths(app: FastAPI) -> frozenset[str]:
    """The paths that everybody may call."""
    routes: list[Any] = list(app.routes)
    return frozenset(route.path for route in routes if permission_of(route) == ("public",))


def enrich(document: Json, name: str, settings: Settings, public: frozenset[str] = frozenset()) -> Json:
    """The document with everything that holds for all routes."""
    url = settings.public_url.rstrip("/")
    document["info"] |= {
        "summary": f"{settings.programme}: {name}",
        "x-summary": f"{settings.programme}: {name}",
        "description": f"The part `{name}` of the ticketing of {settings.programme}.",
        "contact": {"name": "Segreteria Tecnica", "url": f"{url}/", "email": settings.mail_from},
        "termsOfService": f"{url}/privacy",
    }
    document["servers"] = [_server(url, "This installation.")]
    document["security"] = [{"bearer": []}, {"key": []}]
    _probe(document, name, url)
    for path, method, operation in _operations(document):
        _complete(path, method, operation)
        if path in public:
            operation["security"] = [{}]
    document["components"] = _components(document.get("components", {}))
    _formats(document)
    return document


def _server(url: str, description: str) -> Json:
    # Plain HTTP is for one machine alone, and says so.
    return {"url": url, "description": description} | ({} if url.startswith("https://") else {"x-sandbox": True})


def _probe(document: Json, name: str, url: str) -> None:
    """The status stands at `/status` of the service itself, which is below `/api/<service>` behind the front."""
    probe = document["paths"].pop(f"/api/{name}/status")
    document["paths"] = {"/status": probe | {"servers": [_server(f"{url}/api/{name}", "This service.")]}} | document[
        "paths"
    ]
    probe["get"]["responses"]["200"] = {"description": "It works.", "content": {PROBLEM: _PROBLEM_CONTENT}}
    probe["get"]["security"] = [{}]


_PROBLEM_CONTENT = {"schema": {"$ref": "#/components/schemas/Problem"}}


def _operations(document: Json) -> Iterator[tuple[str, str, Json]]:
    for path, item in document["paths"].items():
        for method in _METHODS:
            if method in item:
                yield path, method, item[method]


def _complete(path: str, method: str, operation: Json) -> None:
    statuses = {*_ALWAYS, "403"}
    statuses |= {"404"} if "{" in path else set()
    statuses |= {"409", "413", "415", "404"} if method in ("post", "put", "patch") else set()
    statuses |= {"404", "409"} if method == "delete" else set()
    statuses |= {"412"} if method in ("put", "patch") else set()
    statuses |= {"406"} if path.startswith("/api/reports") else set()
    # A route only names an error that it has besides; how it looks is the same everywhere.
    statuses |= operation["responses"].keys() & _ERRORS.keys()
    answers = {code: known for code, known in operation["responses"].items() if code not in _ERRORS}
    for answer in answers.values():
        answer["headers"] = {**_headers(_RATE_LIMIT), **answer.get("headers", {})}
    operation["responses"] = answers | {code: {"$ref": f"#/components/responses/{code}"} for code in sorted(statuses)}
    if method == "patch":
        body = operation["requestBody"]["content"]
        body["application/merge-patch+json"] = body.pop("application/json")


def _headers(names: Any) -> Json:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}


def _components(known: Json) -> Json:
    schemas = {name: s for name, s in known.get("schemas", {}).items() if "ValidationError" not in name}
    whole = {"type": "integer", "format": "int32", "minimum": 0}
    headers = {name: {"description": text, "schema": whole} for name, text in _RATE_LIMIT.items()}
    headers["Retry-After"] = {"description": "Seconds to wait.", "schema": whole}
    told = {code: [*_RATE_LIMIT, *(["Retry-After"] if code in _TELLS_WHEN else [])] for code in _ERRORS}
    return {
        **known,
        "schemas": {**schemas, "Problem": _PROBLEM},
        "headers": headers,
        "responses": {
            code: {"description": text, "headers": _headers(told[code]), "content": {PROBLEM: _PROBLEM_CONTENT}}
            for code, text in _ERRORS.items()
        },
        "securitySchemes": {
            "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
            "key": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
        },
    }


_TEXT = {"type": "string"}
_PROBLEM: Json = {
    "type": "object",
    "description": "RFC 9457.",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string", "format": "uri"},
        "title": _TEXT,
        "status": {"type": "integer", "format": "int32", "minimum": 100, "maximum": 599},
        "detail": _TEXT,
        "instance": _TEXT,
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["pointer", "detail"],
                "properties": {"pointer": {"type": "string", "description": "RFC 6901."}, "detail": _TEXT},
            },
        },
    },
}


def _formats(value: Any) -> None:
    """Numbers say how large they may be."""
    if isinstance(value, dict):
        if value.get("type") == "integer":
            value.setdefault("format", "int32" if value.get("maximum", 2**40) < 2**31 else "int64")
        elif value.get("type") == "number":
            value.setdefault("format", "double")
        for item in value.values():
            _formats(item)
    elif isinstance(value, list):
        for item in value:
            _formats(item)
