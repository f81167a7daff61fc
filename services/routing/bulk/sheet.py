"""A sheet of experts, one a line: columns with Italian names, lists within a cell separated by | or blanks.

To add a column: one entry in `COLUMNS`, which says the field of the profile and how its text is read.
"""

import csv
import math
import re
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import Any

from services.chassis.i18n import N_
from services.chassis.lines import Lines

Fault = dict[str, str]
"""column, detail (msgid or codes)."""

_DAYS = {"lun": 1, "mar": 2, "mer": 3, "gio": 4, "ven": 5, "sab": 6, "dom": 7}
_KINDS = {"tecnica": "technical", "tecnico": "technical", "legale": "legal"}
_YES, _NO = ("sì", "si", "s", "yes", "true", "1"), ("no", "n", "false", "0")
_ADDRESS = re.compile(r"[^@\s<>,;]+@[^@\s<>,;]+\.[^@\s<>,;]+")
_NUMBER = N_("A number is needed.")
_ANSWER = N_("Write sì or no.")
_LEVEL = N_("Write a code and a level from 1 to 5, such as site-remediation:4.")
_ADDRESS_WRONG = N_("This is no e-mail address.")
_UNREADABLE = N_("This cell cannot be read: it is too long, or a line ends within it.")
_NOBODY = N_("Name the person by e-mail, or by id.")


class NotASheet(ValueError):
    """The first line does not name the columns; the message is a msgid."""


def _list(text: str) -> list[str]:
    return [part for part in re.split(r"[|,\s]+", text) if part]


def _levels(text: str) -> list[dict[str, Any]]:
    found = []
    for part in _list(text):
        code, colon, level = part.rpartition(":")
        if not colon or level not in ("1", "2", "3", "4", "5"):
            raise ValueError(_LEVEL)
        found.append({"code": code, "level": int(level)})
    return found


def _procedures(text: str) -> list[Any]:
    return [_levels(part)[0] if ":" in part else part for part in _list(text)]


def _number(text: str) -> float:
    try:
        number = float(text.replace(",", "."))
    except ValueError as error:
        raise ValueError(_NUMBER) from error
    if not math.isfinite(number):
        raise ValueError(_NUMBER)
    return number


def _whole(text: str) -> int:
    number = _number(text)
    if number != int(number):
        raise ValueError(_NUMBER)
    return int(number)


def _days(text: str) -> list[int]:
    return [_DAYS[part[:3].lower()] if part[:3].lower() in _DAYS else _whole(part) for part in _list(text)]


def _truth(text: str) -> bool:
    if text.lower() not in (*_YES, *_NO):
        raise ValueError(_ANSWER)
    return text.lower() in _YES


def _kinds(text: str) -> list[str]:
    return [_KINDS.get(part.lower(), part.lower()) for part in _list(text)]


def _capitals(text: str) -> list[str]:
    return [part.upper() for part in _list(text)]


COLUMNS: Mapping[str, tuple[str, Callable[[str], Any]]] = {
    "email": ("email", str), "nome": ("name", str), "persona": ("id", str),
    "task_force": ("task_forces", _list), "temi": ("themes", _levels), "procedure": ("procedures", _procedures),
    "tipi": ("kinds", _kinds), "profili": ("profiles", _list), "provincia": ("home", str.upper),
    "province": ("provinces", _capitals), "posti": ("capacity", _whole), "ore_settimanali": ("weekly_hours", _number),
    "giorni": ("working_days", _days), "lingue": ("languages", _list), "contratto_dal": ("contract.from", str),
    "contratto_al": ("contract.to", str), "enti_in_conflitto": ("conflicts.bodies", _list),
    "imprese_in_conflitto": ("conflicts.companies", _list), "attivo": ("active", _truth),
}  # fmt: skip
"""Name of a column -> field of the profile, and how a cell is read."""

NEEDED_OF_NEW = ("task_forces", "themes", "kinds", "capacity")
"""Fields that every profile has: whoever is no expert yet needs them, of others a column that is missing stays."""
_OF_FIELD = {name: column for column, (name, _) in COLUMNS.items()}


def header_of(line: str) -> tuple[list[str], str]:
    """The columns that the first line names, and what separates them. Raises NotASheet."""
    separator = max(";,\t", key=line.count)
    cells, wrong = _cells(line, separator)
    columns = [name.strip().lower().replace(" ", "_") for name in cells]
    if wrong is not None:
        raise NotASheet(str(wrong + 1))
    unknown = [name for name in columns if name not in COLUMNS]
    if unknown or not {"email", "persona"} & set(columns) or len(set(columns)) < len(columns):
        raise NotASheet(", ".join(unknown or ["email"]))
    return columns, separator


def read_line(line: str, columns: Sequence[str], separator: str) -> tuple[dict[str, Any], dict[str, Any], list[Fault]]:
    """The person and the profile that a line tells, and the faults of its cells."""
    cells, wrong = _cells(line, separator)
    if wrong is not None:
        return {}, {}, [{"column": columns[min(wrong, len(columns) - 1)], "detail": _UNREADABLE}]
    person: dict[str, Any] = {}
    profile: dict[str, Any] = {}
    faults: list[Fault] = []
    if len(cells) > len(columns):
        faults.append({"column": columns[-1], "detail": N_("There are more cells than columns.")})
    for column, text in zip(columns, (cell.strip() for cell in cells), strict=False):
        if not text:
            continue
        name, read = COLUMNS[column]
        try:
            _put(person if name in ("email", "name", "id") else profile, name, read(text))
        except ValueError as error:
            faults.append({"column": column, "detail": str(error)})
    if "email" in person and not (_ADDRESS.fullmatch(person["email"]) and len(person["email"]) <= 254):
        faults.append({"column": "email", "detail": _ADDRESS_WRONG})
    if not {"email", "id"} & person.keys():
        faults.append({"column": "email" if "email" in columns else "persona", "detail": _NOBODY})
    return person, profile, faults


def _cells(line: str, separator: str) -> tuple[list[str], int | None]:
    """The cells of a line, or the position of the first that cannot be read."""
    try:
        return next(csv.reader([line], delimiter=separator), []), None
    except csv.Error:
        return [], next((at for at, text in enumerate(line.split(separator)) if not _is_readable(text)), 0)


def _is_readable(cell: str) -> bool:
    try:
        return bool(next(csv.reader([cell]), [""]))
    except csv.Error:
        return False


def column_of(pointer: str) -> str:
    """The column that a fault's JSON pointer is about."""
    first, _, rest = pointer.lstrip("/").partition("/")
    names = (f"{first}.{rest.partition('/')[0]}", first, f"{first}.to")
    return next((_OF_FIELD[name] for name in names if name in _OF_FIELD), first)


def _put(document: dict[str, Any], name: str, value: Any) -> None:
    outer, _, inner = name.partition(".")
    if inner:
        document.setdefault(outer, {})[inner] = value
    else:
        document[name] = value


async def lines_of(chunks: AsyncIterator[str]) -> AsyncIterator[str]:
    """The lines of a sheet that arrives in pieces, without their ends. A lone carriage return ends lines if it ends the
    first one; else it is a fault of the cell in which it stands.
    """
    lines, begun, alone = Lines(), "", None
    async for chunk in chunks:
        for line in lines.feed(chunk):
            alone = line.endswith("\r") if alone is None else alone
            begun += line
            if alone or line.endswith("\n"):
                yield begun.rstrip("\r\n")
                begun = ""
    rest = begun + "".join(lines.feed("", final=True))
    if rest.strip():
        yield rest.rstrip("\r\n")
