"""What a refusal must look like: problem+json of the right status, that points at the place, without internals."""

from collections.abc import Iterable

import httpx

_INTERNAL = ("Traceback", "pymongo", "pydantic", "bson", "services/", "Error:")


def refused(answer: httpx.Response, *statuses: int, at: str | None = None, told: object = "") -> None:
    """Fails unless the answer is a problem of one of these statuses, with a pointer at or below `at`."""
    shown = f"{answer.request.method} {answer.request.url.raw_path!r} {told!r:.200}: {answer.status_code} {answer.text}"
    assert answer.status_code in statuses, shown
    assert answer.headers["content-type"] == "application/problem+json", shown
    document = answer.json()
    assert document["status"] == answer.status_code, shown
    assert document["type"].startswith("urn:affianca:problem:"), shown
    assert document["title"], shown
    assert document["detail"], shown
    assert not any(word in answer.text for word in _INTERNAL), shown
    if not answer.request.url.path.startswith("/assets/"):  # Public files are not counted.
        assert int(answer.headers.get("ratelimit-limit", 0)) > 0, shown
    if at is not None:
        assert _pointed(at, [error["pointer"] for error in document.get("errors", ())]), shown


def _pointed(at: str, pointers: Iterable[str]) -> bool:
    return any(pointer == at or pointer.startswith(at + "/") for pointer in pointers)
