"""A table of requests as CSV: which columns there are, by whatever name, and what stands in a line. Pure, and a line at
a time.

To accept another name of a column, or another word for a value: one entry in `NAMES` or `WORDS`. Cells are texts and
stay what they are, also where a spreadsheet would take them for a formula.
"""

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from services.intake.domain.texts import folded

NAMES: dict[str, tuple[str, ...]] = {
    "external_id": ("external_id", "id_esterno", "riferimento", "vostro_riferimento"),
    "body": ("body", "ente", "codice_ente", "codice_istat", "codice_ipa", "istat", "ipa"),
    "kind": ("kind", "tipo", "tipo_assistenza", "tipo_di_assistenza"),
    "title": ("title", "oggetto", "titolo"),
    "description": ("description", "descrizione", "testo", "richiesta"),
    "theme": ("theme", "tema"),
    "procedure": ("procedure", "procedimento", "procedura"),
    "urgency": ("urgency", "urgenza"),
    "tags": ("tags", "etichette"),
    "channel": ("channel", "canale"),
    "protocol_number": ("protocol_number", "protocollo", "numero_protocollo", "numero_di_protocollo"),
    "protocol_date": ("protocol_date", "data_protocollo", "data_di_protocollo"),
    "protocol_registry": ("protocol_registry", "registro", "registro_protocollo"),
    "synthetic": ("synthetic", "sintetica", "di_prova"),
}
"""Column -> the names that stand for it; capitals, accents, spaces and hyphens do not matter."""
REQUIRED = ("body", "kind", "title", "description")
WORDS: dict[str, dict[str, Any]] = {
    "kind": {"tecnica": "technical", "tecnico": "technical", "legale": "legal", "giuridica": "legal"},
    "urgency": {"normale": "normal", "alta": "high", "urgente": "high"},
    "channel": {"telefono": "phone", "posta": "email", "e_mail": "email", "sito": "web"},
    "synthetic": {"si": True, "yes": True, "true": True, "1": True, "no": False, "false": False, "0": False},
}
"""Column -> words that are written for its values."""
DELIMITERS = (";", ",", "\t")
_BY_NAME = {name: column for column, names in NAMES.items() for name in names}
_ITALIAN_DAY = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})")
_MOST_COLUMNS = 60


class Unusable(ValueError):
    """The file, or what is left of it, cannot be read. text: msgid with `values`. nearest: what may have been meant."""

    def __init__(self, text: str, line: int, column: str = "", nearest: tuple[str, ...] = (), **values: object) -> None:
        super().__init__(text)
        self.text, self.line, self.column, self.nearest, self.values = text, line, column, nearest, values


def N_(text: str) -> str:  # noqa: N802 (the name that gettext tools know)
    """Marks a text that is translated when it is shown."""
    return text


@dataclass(frozen=True)
class Header:
    """delimiter: what parts the cells. columns: what each of them is. names: as they stand in the file."""

    delimiter: str
    columns: tuple[str, ...]
    names: tuple[str, ...]

    def name_of(self, column: str) -> str:
        """What the file calls a column."""
        return self.names[self.columns.index(column)] if column in self.columns else column


@dataclass(frozen=True)
class Row:
    """A record: the line on which it begins, and its cells by column; empty ones are left out."""

    line: int
    cells: dict[str, str]


def key_of(name: str) -> str:
    """How names and words are compared."""
    return re.sub(r"[^a-z0-9]+", "_", folded(name)).strip("_")


def read_header(line: str) -> Header:
    """The columns named in the first line. Raises Unusable."""
    try:
        parsed = {delimiter: next(csv.reader([line], delimiter=delimiter), []) for delimiter in DELIMITERS}
    except csv.Error as error:
        raise Unusable(N_("The first line cannot be read: is this a CSV file?"), 1) from error
    delimiter = max(DELIMITERS, key=lambda each: sum(key_of(name) in _BY_NAME for name in parsed[each]))
    names = tuple(name.strip() for name in parsed[delimiter])
    while names and not names[-1]:
        names = names[:-1]
    if len(names) > _MOST_COLUMNS:
        raise Unusable(N_("The first line has too many columns."), 1)
    columns = []
    for name in names:
        column = _BY_NAME.get(key_of(name))
        if column is None:
            nearest = tuple(get_close_matches(key_of(name), list(_BY_NAME), 3, 0.6))
            text = N_("No column has this name. Rename it, or remove the column.")
            raise Unusable(text, 1, name[:80], nearest or tuple(NAMES))
        if column in columns:
            raise Unusable(N_("Two columns stand for the same thing. Remove one of them."), 1, name[:80])
        columns.append(column)
    missing = [column for column in REQUIRED if column not in columns]
    if missing:
        text = N_("A column is missing. The first line must name at least: {columns}.")
        raise Unusable(text, 1, missing[0], NAMES[missing[0]], columns=", ".join(REQUIRED))
    return Header(delimiter, tuple(columns), names)


def rows(lines: Iterator[str], header: Header) -> Iterator[Row | Unusable]:
    """The records below the first line; empty ones are skipped. One with other cells than the header is told as it is.

    After a quotation mark that makes no sense nothing can be told apart any more: raises Unusable.
    """
    reader = csv.reader(lines, delimiter=header.delimiter, strict=True)
    line = 2
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            text = N_("From here on the file cannot be read: a quotation mark is missing or stands in the wrong place.")
            raise Unusable(text, line) from error
        if any(cell.strip() for cell in cells):
            while len(cells) > len(header.columns) and not cells[-1].strip():
                cells.pop()
            if len(cells) == len(header.columns):
                found = zip(header.columns, cells, strict=True)
                yield Row(line, {column: cell for column, cell in found if cell.strip()})
            else:
                text = N_("The line has {found} cells, the first line has {wanted}. Put texts into quotation marks.")
                yield Unusable(text, line, found=len(cells), wanted=len(header.columns))
        line = reader.line_num + 2


def fields_of(row: Row) -> dict[str, Any]:
    """The fields of a request as the API has them; what cannot be understood stays as it is, to be refused there."""
    found: dict[str, Any] = {}
    protocol: dict[str, str] = {}
    for column, cell in row.cells.items():
        words = WORDS.get(column, {})
        value = words.get(key_of(cell), cell if column in ("title", "description") else cell.strip())
        if column == "tags":
            value = [tag.strip() for tag in re.split(r"[,|]", cell) if tag.strip()]
        if column.startswith("protocol_"):
            protocol[column.removeprefix("protocol_")] = _iso(value) if column == "protocol_date" else value
        elif column != "external_id":
            found[column] = value
    return found | ({"protocol": protocol} if protocol else {})


def column_of(pointer: str) -> str:
    """The column that a pointer into a request means."""
    first, _, second = pointer.lstrip("/").partition("/")
    return (
        f"protocol_{second}" if first == "protocol" and second else "protocol_number" if first == "protocol" else first
    )


def _iso(day: str) -> str:
    found = _ITALIAN_DAY.fullmatch(day.strip())
    return f"{found[3]}-{found[2]:0>2}-{found[1]:0>2}" if found else day.strip()
