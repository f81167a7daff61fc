"""The form of an expert's profile: what the API takes, as fields that a browser sends, and back."""

from typing import Any

from starlette.datastructures import FormData

from contracts.vocabulary import procedures, provinces, themes
from services.chassis.i18n import N_
from services.chassis.mongo import Document
from services.routing.domain import PROFESSIONS

PROFESSION: dict[str, str] = {
    "agronomist": N_("agronomist"), "architect": N_("architect"), "biologist": N_("biologist"),
    "chemist": N_("chemist"), "civil_engineer": N_("civil engineer"),
    "electrical_engineer": N_("electrical engineer"), "energy_engineer": N_("energy engineer"),
    "environmental_engineer": N_("environmental engineer"), "geologist": N_("geologist"),
    "hydraulic_engineer": N_("hydraulic engineer"), "jurist": N_("jurist"), "lawyer": N_("lawyer"),
    "project_manager": N_("project manager"), "surveyor": N_("surveyor"),
}  # fmt: skip
DAYS = (N_("Monday"), N_("Tuesday"), N_("Wednesday"), N_("Thursday"), N_("Friday"), N_("Saturday"), N_("Sunday"))
FIELDS: dict[str, str] = {
    "email": N_("E-mail"), "name": N_("Name and surname"), "task_forces": N_("Task forces"),
    "themes": N_("Themes"), "procedures": N_("Procedures"), "kinds": N_("Kind of help"),
    "profiles": N_("Professions"), "home": N_("Home province"), "provinces": N_("Provinces served"),
    "capacity": N_("Open requests at most"), "weekly_hours": N_("Hours a week"),
    "working_days": N_("Working days"), "languages": N_("Languages"), "contract_from": N_("Contract from"),
    "contract_to": N_("Contract to"), "conflict_bodies": N_("Bodies in conflict of interest"),
    "conflict_companies": N_("Companies in conflict of interest"),
}  # fmt: skip
"""Field -> its words (msgid), in the order of the page."""
_POINTED = {"contract/from": "contract_from", "contract/to": "contract_to", "conflicts/bodies": "conflict_bodies",
            "conflicts/companies": "conflict_companies", "contract": "contract_to"}  # fmt: skip
Values = dict[str, Any]


def choices(language: str) -> dict[str, Any]:
    """What can be chosen."""
    italian = language == "it"
    named = {theme.code: theme.name_it if italian else theme.name_en for theme in themes()}
    return {
        "themes": list(named.items()),
        "procedures": [
            (code, name, [(one.code, one.name_it if italian else one.name_en or one.name_it)
                          for one in procedures() if one.theme == code])
            for code, name in named.items()
        ],
        "provinces": [(one.sigla, one.name) for one in sorted(provinces(), key=lambda one: one.name)],
        "professions": [(code, PROFESSION[code]) for code in PROFESSIONS],
        "days": list(enumerate(DAYS, start=1)),
    }  # fmt: skip


def values_of(row: Document) -> Values:
    """A stored profile as the form shows it."""
    contract, conflicts = row.get("contract") or {}, row.get("conflicts") or {}
    return {
        "task_forces": row["task_forces"],
        "themes": {item["code"]: str(item["level"]) for item in row["themes"]},
        "procedures": {item["code"]: str(item["level"]) for item in row["procedures"]},
        "kinds": row["kinds"], "profiles": row.get("profiles", []), "provinces": row["provinces"],
        "home": row.get("home") or "", "capacity": str(row["capacity"]),
        "weekly_hours": _plain(row.get("weekly_hours")),
        "working_days": [str(day + 1) for day in row.get("working_days", range(7))],
        "languages": ", ".join(row.get("languages", [])),
        "contract_from": contract.get("from") or "", "contract_to": contract.get("to") or "",
        "conflict_bodies": " ".join(conflicts.get("bodies", [])),
        "conflict_companies": " ".join(conflicts.get("companies", [])),
        "active": "yes" if row["active"] else "", "version": str(row["version"]),
    }  # fmt: skip


NOTHING: Values = {
    "task_forces": [], "themes": {}, "procedures": {}, "kinds": [], "profiles": [], "provinces": [],
    "working_days": ["1", "2", "3", "4", "5"], "languages": "it", "active": "yes", "capacity": "5",
}  # fmt: skip


def sent(form: FormData) -> Values:
    """The fields as they were sent, to be shown again."""
    lists = ("task_forces", "kinds", "profiles", "provinces", "working_days")
    values: Values = {name: [text for text in form.getlist(name) if isinstance(text, str)] for name in lists}
    for kind in ("themes", "procedures"):
        prefix = f"{kind}-"
        levels = ((name.removeprefix(prefix), text) for name, text in form.items() if name.startswith(prefix))
        values[kind] = {code: text for code, text in levels if isinstance(text, str) and text}
    rest = ("email", "name", "home", "capacity", "weekly_hours", "languages", "contract_from", "contract_to",
            "conflict_bodies", "conflict_companies", "active", "version")  # fmt: skip
    return values | {name: str(form.get(name) or "").strip() for name in rest}


def profile_of(values: Values) -> dict[str, Any]:
    """What the API would be sent."""
    return {
        "task_forces": values["task_forces"],
        "themes": [{"code": code, "level": level} for code, level in values["themes"].items()],
        "procedures": [{"code": code, "level": level} for code, level in values["procedures"].items()],
        "kinds": values["kinds"], "profiles": values["profiles"], "provinces": values["provinces"],
        "home": values["home"] or None, "capacity": values["capacity"],
        "weekly_hours": values["weekly_hours"].replace(",", ".") or None,
        "working_days": values["working_days"], "languages": _words(values["languages"].lower()),
        "contract": {"from": values["contract_from"] or None, "to": values["contract_to"] or None},
        "conflicts": {"bodies": _words(values["conflict_bodies"]), "companies": _words(values["conflict_companies"])},
        "active": bool(values["active"]),
    }  # fmt: skip


def field_of(pointer: str) -> str:
    """The field of the page that a fault's JSON pointer is about."""
    path = pointer.lstrip("/")
    first = path.partition("/")[0]
    return next((name for start, name in _POINTED.items() if path.startswith(start)), first)


def _words(text: str) -> list[str]:
    return text.replace(",", " ").replace(";", " ").split()


def _plain(number: float | None) -> str:
    return "" if number is None else f"{number:g}".replace(".", ",")
