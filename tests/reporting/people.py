"""People and programs that call the service."""

from datetime import UTC, datetime

from contracts.envelope import new_id
from services.chassis.access import ACCESS, digest
from services.chassis.service import Service


async def enrol(service: Service, *grants: tuple[str, str, str | None], id: str | None = None) -> dict[str, str]:
    """A person with these grants (role, kind of scope, scope): the headers that its calls carry."""
    id = id or new_id()
    key = f"key-{id}"
    rows = [
        {"role": role, "scope_kind": kind, "scope": scope, "start": datetime(2020, 1, 1, tzinfo=UTC), "end": None}
        for role, kind, scope in grants
    ]
    document = {
        "_id": id,
        "order": [1, 1],
        "grants": rows,
        "credentials": [digest(key)],
        "language": "it",
        "version": 1,
    }
    await service.database[ACCESS].insert_one(document)
    return {"X-API-Key": key, "id": id}
