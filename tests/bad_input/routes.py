"""Every API route that changes something, each with what it takes when nothing is wrong with it.

A new route with a body gets a line in `TAKES`; `test_bodies.py` fails for one that has none.
"""

from collections.abc import Iterator
from typing import Any

from contracts.envelope import derived_id
from tests.bad_input.installation import BODY, SERVICES, THEME, Installation, person_of, request_form

NUMBER = "2026-000001"
SOMETHING = derived_id("bad-input", "something")
_EXPERT: dict[str, Any] = {
    "task_forces": [THEME], "themes": [{"code": THEME, "level": 3}], "procedures": [], "kinds": ["legal"],
    "provinces": ["BG"], "capacity": 3, "active": True, "profiles": ["lawyer"], "home": "BG", "weekly_hours": 20,
    "working_days": [1, 2, 3], "languages": ["it"], "contract": {"from": "2026-01-01", "to": "2026-12-31"},
    "conflicts": {"bodies": [BODY], "companies": ["01234567890"]},
}  # fmt: skip
_CALENDAR = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:test
BEGIN:VEVENT
UID:1
DTSTART;VALUE=DATE:20260801
DTEND;VALUE=DATE:20260816
END:VEVENT
END:VCALENDAR
"""
_PERSON: dict[str, Any] = {
    "name": "Anna Bianchi", "email": "anna@prova.example", "language": "it",
    "grants": [{"role": "official", "scope_kind": "body", "scope": BODY, "start": "2026-01-01T00:00:00Z",
                "end": "2031-01-01T00:00:00+01:00"}],
    "api_keys_sha256": ["0" * 64], "identities": [{"subject": "anna", "issuer": "https://login.example"}],
}  # fmt: skip
_DELEGATE = {name: _PERSON[name] for name in ("name", "email", "language", "identities")} | {
    "pec": "anna@pec.prova.example", "start": "2026-01-01T00:00:00Z", "end": "2031-01-01T00:00:00+01:00",
}  # fmt: skip
_FIGURES = {"procedure": "paur", "concluded_expressly": 3, "duration_days_sum": 90, "started": 4, "backlog": 1}

_SIMULATION: dict[str, Any] = {
    "name": "Prova", "seed": 7, "behaviour": {"accepts": 0.9, "answer_hours": 4, "work_days": 5},
    "source": {"kind": "synthetic", "from": "2026-03-02", "to": "2026-03-06",
               "arrivals": [{"theme": THEME, "province": "BG", "per_day": 2, "legal_share": 0.5}]},
    "variant": {"capacity_change": 1, "most_refusals": 3, "absent": [{"expert": person_of("expert")}],
                "added": [{"themes": [{"code": THEME, "level": 3}], "kinds": ["legal"], "capacity": 5}],
                "extra": [{"theme": THEME, "percent": 10}]},
}  # fmt: skip

Taken = tuple[str, dict[str, Any]]
TAKES: dict[str, Taken] = {
    "POST /api/requests": (
        "official",
        request_form(
            urgency="high", channel="web", procedure="paur", synthetic=False, further_themes=["waste-management"],
            companies=["00743110157"], follows="2026-000001", requester=person_of("official"),
        ),
    ),
    "POST /api/api-keys": (
        "secretariat",
        {"name": "Portale", "body": BODY, "per_day": 100, "per_minute": 10, "expires_at": "2031-01-01T00:00:00Z"},
    ),
    "POST /api/requests/{number}/messages": ("official", {"text": "Ecco.", "visibility": "shared"}),
    "POST /api/requests/{number}/ask": ("expert", {"text": "Quale ente?"}),
    "POST /api/requests/{number}/resolve": ("expert", {"outcome": "solved", "text": "Fatto."}),
    "POST /api/requests/{number}/reopen": ("official", {"reason": "Non basta."}),
    "POST /api/requests/{number}/close": ("official", {"rating": 5, "comment": "Grazie."}),
    "POST /api/requests/{number}/withdraw": ("official", {"reason": "Non serve."}),
    "POST /api/requests/{number}/reclassify": (
        "coordinator", {"theme": THEME, "procedure": "paur", "further_themes": [THEME], "companies": ["00743110157"]}
    ),
    "POST /api/requests/{number}/merge": ("coordinator", {"into": "2026-000002"}),
    "POST /api/requests/{number}/links": ("official", {"to": "2026-000002", "kind": "follows"}),
    "PATCH /api/requests/{number}": (
        "coordinator",
        {"title": "Altro", "tags": ["urgente"], "urgency": "high",
         "protocol": {"number": "1/2026", "date": "2026-03-02", "registry": "Ufficio"}},
    ),
    "POST /api/practices": ("coordinator", {"request": NUMBER}),
    "PATCH /api/practices/{id}": (
        "expert",
        {"title": "Titolo", "problem": "Testo.", "solution": "Testo.", "references": ["art. 242"], "themes": [THEME],
         "procedure": "paur"},
    ),
    "POST /api/practices/{id}/publication": ("coordinator", {"approved": False, "reason": "Manca la norma."}),
    "POST /api/practices/{id}/withdrawal": ("coordinator", {"reason": "Norma abrogata."}),
    "PUT /api/practices/{id}/feedback": ("official", {"helpful": True}),
    "PUT /api/drafts/{id}": ("official", {
        "body": BODY, "kind": "legal", "title": "Una bozza", "description": "Non finita.", "theme": THEME,
        "procedure": "paur", "urgency": "high", "protocol_number": "1", "protocol_date": "2026-01-01",
    }),
    "POST /api/views": ("official", {"name": "Urgenti", "query": "status=waiting"}),
    "POST /api/intake/mails/{id}/message": ("coordinator", {"number": NUMBER}),
    "POST /api/intake/mails/{id}/request": ("secretariat", {"body": BODY}),
    "POST /api/bodies/{code}/approval": ("secretariat", {"approved": False, "reason": "Manca la firma."}),
    "POST /api/bodies/{code}/delegates": ("representative", _DELEGATE),
    "PATCH /api/bodies/{code}/delegates/{person}": ("representative", {"end": "2031-01-01T00:00:00Z"}),
    "POST /api/persons": ("secretariat", {"id": SOMETHING, **_PERSON}),
    "PUT /api/persons/{id}": ("secretariat", _PERSON),
    "POST /api/persons/{id}/revocation": ("secretariat", {"role": "official", "scope": BODY}),
    "POST /api/intake/answers": ("expert", {"requests": [NUMBER], "text": "Ecco.", "resolve": "solved"}),
    "POST /api/intake/experts": (
        "secretariat", {"experts": [{"id": SOMETHING, "email": "a@prova.example", "name": "Anna"}], "dry_run": True}
    ),
    "POST /api/assignments/{id}/hand-over": ("expert", {"expert": SOMETHING, "note": "Manca un parere."}),
    "POST /api/assignments/{id}/decline": ("expert", {"reason": "other", "reason_text": "x"}),
    "POST /api/experts": ("coordinator", {"id": SOMETHING, **_EXPERT}),
    "PATCH /api/experts/{id}": ("coordinator", _EXPERT),
    "POST /api/experts/{id}/absences": ("expert", {"from": "2026-08-01", "to": "2026-08-15"}),
    "PATCH /api/experts/{id}/absences": ("expert", {"from": "2026-08-01", "to": "2026-08-15"}),
    "POST /api/experts/{id}/absences/import": ("expert", {"calendar": _CALENDAR}),
    "POST /api/experts/{id}/conflicts": ("expert", {"bodies": [BODY], "companies": ["01234567890"]}),
    "PATCH /api/experts/{id}/availability": ("expert", {
        "working_days": [1, 2], "available_hours": 10, "languages": ["it"], "paused": False,
        "conflicts": {"bodies": [BODY], "companies": ["01234567890"]},
    }),
    "POST /api/experts/{id}/slots": ("expert", {
        "day": "2027-03-22", "at": "10:00:00", "minutes": 30, "way": "remote", "place": "Stanza 1", "weeks": 2,
    }),
    "POST /api/routing/requests/{number}/talks": ("official", {"slot": SOMETHING}),
    "POST /api/routing/talks/{id}/move": ("expert", {"slot": SOMETHING}),
    "POST /api/assignments/{id}/actions": ("expert", {
        "day": "2026-11-24", "kind": "meeting", "minutes": 90, "note": "Con l’ufficio tecnico.",
    }),
    "PATCH /api/assignments/{id}/actions/{action}": ("expert", {
        "day": "2026-11-24", "kind": "call", "minutes": 30, "note": "", "withdrawn": False,
    }),
    "POST /api/routing/requests/{number}/assign": (
        "coordinator",
        {"expert": person_of("expert"), "co_experts": [SOMETHING], "reason": "Conosce il sito.", "pin": True},
    ),
    "PUT /api/routing/requests/{number}/pin": ("coordinator", {"expert": person_of("expert"), "reason": "Sito noto."}),
    "POST /api/routing/decisions": (
        "coordinator", {"requests": [NUMBER], "action": "pin", "expert": person_of("expert"), "reason": "Gruppo."}
    ),
    "POST /api/routing/reassignments": (
        "coordinator", {"expert": person_of("expert"), "requests": [NUMBER], "reason": "Malattia."}
    ),
    "POST /api/routing/reassignments/{id}/confirmation": (
        "coordinator", {"requests": [NUMBER], "release_rest": True}
    ),
    "POST /api/routing/simulations": ("coordinator", _SIMULATION),
    "PUT /api/notification-preferences": ("official", {"email": {"received": "at_once"}}),
    "POST /api/measurements": ("official", {"body": BODY, "half_year": "2026-H1", "rows": [_FIGURES]}),
}  # fmt: skip
"""Method and path -> who may call it, and the body."""

WITHOUT_BODY = {
    "POST /api/practices/{id}/review": "expert",
    "POST /api/intake/mails/{id}/refusal": "coordinator",
    "POST /api/assignments/{id}/accept": "expert",
    "POST /api/assignments/{id}/release": "coordinator",
    "POST /api/routing/talks/{id}/cancel": "expert",
    "POST /api/routing/simulations/{id}/cancel": "coordinator",
    "POST /api/notifications/{id}/read": "official",
    "POST /api/deliveries/{id}/retry": "coordinator",
    "POST /api/api-keys/{id}/revocation": "secretariat",
    "POST /api/notify/queue/retry": "coordinator",
}
SHEETS = {"POST /api/experts/import": "coordinator"}
"""Routes that take a sheet as text/csv."""
FILES = {"POST /api/bodies/{code}/registration": "secretariat"}
TABLES = {"POST /api/requests/import": "official"}
"""Take a CSV file: what is wrong within is told line by line, see tests/intake/test_importing.py."""
LARGE_FILES = {"POST /api/requests/{number}/attachments": "official"}
"""Their limit is beyond the usual one, and they look for the request first: tests/intake/test_attachments.py."""
EVERY = {
    **{route: who for route, (who, _) in TAKES.items()}, **WITHOUT_BODY, **FILES, **SHEETS, **TABLES, **LARGE_FILES
}  # fmt: skip


def address(route: str, **others: str) -> tuple[str, str]:
    """The method of a route and a path with values in its places."""
    method, path = route.split(" ")
    id = person_of("expert") if "/experts/" in path else SOMETHING
    own = {"number": NUMBER, "code": BODY, "id": id, "person": SOMETHING, "action": SOMETHING}
    return method, path.format(**{**own, **others})


def changing(installation: Installation) -> Iterator[str]:
    """The routes that the four documents name."""
    for name in SERVICES:
        for path, item in installation.services[name].app.openapi()["paths"].items():
            yield from (f"{method.upper()} {path}" for method in item.keys() & {"post", "put", "patch"})


def reading(installation: Installation, parameter: str) -> list[str]:
    """The paths below /api that take this query parameter."""
    return [
        path
        for name in SERVICES
        for path, item in installation.services[name].app.openapi()["paths"].items()
        if parameter in [known["name"] for known in item.get("get", {}).get("parameters", ())]
    ]


def places(value: Any, at: str = "") -> Iterator[str]:
    """The JSON pointers of every field and item within a document."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, item in inside:
        yield f"{at}/{name}"
        yield from places(item, f"{at}/{name}")


def objects(value: Any, at: str = "") -> Iterator[str]:
    """The JSON pointers of every object within a document, the document itself first."""
    if isinstance(value, dict):
        yield at
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, item in inside:
        yield from objects(item, f"{at}/{name}")


def with_value(value: Any, pointer: str, new: Any) -> Any:
    """The document with another value at this place."""
    first, _, rest = pointer[1:].partition("/")
    deeper = f"/{rest}" if rest else ""
    if not pointer:
        return new
    if isinstance(value, list):
        return [with_value(item, deeper, new) if str(n) == first else item for n, item in enumerate(value)]
    return {**value, first: with_value(value.get(first), deeper, new)}
