"""What the API answers: stored documents as JSON."""

from datetime import datetime
from typing import Any

from services.chassis.mongo import Document
from services.chassis.paging import cursor_of

_ASSIGNMENT = (
    "request", "number", "province", "task_force", "round", "status", "expert", "co_experts", "offered_at",
    "expires_at", "accepted_at", "ended_at", "reason", "rules_version",
)  # fmt: skip
_EXPERT = ("task_forces", "themes", "procedures", "kinds", "provinces", "capacity", "active")
_DECISION = (
    "number", "round", "by", "rules_version", "chosen", "former", "reason", "runners_up", "vetoed", "vetoed_counts",
    "co_experts", "weights", "served", "wave",
)  # fmt: skip


def assignment(row: Document) -> dict[str, Any]:
    """An assignment."""
    said = {name: row.get(name, "") for name in ("note", "reason_text")}
    return {"id": row["_id"], **{name: plain(row[name]) for name in _ASSIGNMENT}, **said}


def expert(row: Document) -> dict[str, Any]:
    """A profile, with absences by their days."""
    own = {
        "profiles": row.get("profiles", []),
        "home": row.get("home"),
        "weekly_hours": row.get("weekly_hours"),
        "available_hours": row.get("available_hours"),
        "paused": row.get("paused", False),
        "working_days": [day + 1 for day in row.get("working_days", range(7))],
        "languages": row.get("languages", []),
        "contract": row.get("contract", {"from": None, "to": None}),
        "conflicts": row.get("conflicts", {"bodies": [], "companies": []}),
    }
    absences = [{"from": absence["from"], "to": absence["to"]} for absence in row["absences"]]
    return {"id": row["_id"], **{name: row[name] for name in _EXPERT}, **own, "absences": absences}


def decision(row: Document) -> dict[str, Any]:
    """A decision with its reasons, in codes."""
    told = {name: row[name] for name in _DECISION}
    return {"at": plain(row["at"]), "until": plain(row["until"]), **told, "note": row.get("note", "")}


def pinned(case: Document) -> dict[str, Any]:
    """For whom a request is kept, if for anybody."""
    pin = case.get("pinned")
    kept = {name: plain(pin[name]) for name in ("expert", "by", "at", "reason")} if pin else None
    return {"request": case["_id"], "number": case["number"], "pinned": kept}


def waiting(row: Document, why: str) -> dict[str, Any]:
    """A request without an expert; `why` in the reader's words."""
    stuck = row["stuck"] if row["queue"] != "ready" else None
    return {
        "request": row["_id"],
        "number": row["number"],
        "theme": row["theme"],
        "kind": row["kind"],
        "province": row["province"],
        "urgency": row["urgency"],
        "received_at": plain(row["received_at"]),
        "state": "waiting" if row["queue"] == "ready" else "unroutable",
        "reason": stuck["reason"] if stuck else None,
        "until": plain(stuck.get("until")) if stuck else None,
        "explanation": why,
    }


def page(items: list[dict[str, Any]], rows: list[Document], limit: int, *keys: str) -> dict[str, Any]:
    """A list with the cursor of what follows: the sort keys of its last row."""
    return {"items": items, "next_cursor": cursor_of(rows[-1], *keys) if rows and len(rows) == limit else None}


def plain(value: Any) -> Any:
    """Instants as RFC 3339 in UTC."""
    return value.isoformat().replace("+00:00", "Z") if isinstance(value, datetime) else value
