"""Codes by which lists are narrowed. One that nobody knows is refused with those that there are: an empty list would
say that nothing has it. An empty one narrows nothing, as forms send it. Each is a dependency that takes the query
parameter of its name, and gives the code.
"""

from collections.abc import Iterable
from typing import Annotated, Any

from fastapi import Depends, Query
from pydantic import BeforeValidator

from contracts import vocabulary
from services.chassis.validation import not_allowed

_Given = Annotated[str | None, Query(max_length=64)]


def _theme(theme: _Given = None) -> str | None:
    return _known("theme", theme, (known.code for known in vocabulary.themes()))


def _procedure(procedure: _Given = None) -> str | None:
    return _known("procedure", procedure, (known.code for known in vocabulary.procedures()))


def _province(province: Annotated[str | None, Query(max_length=10, description="The sigla of a province.")] = None,
              ) -> str | None:  # fmt: skip
    return _known("province", province and province.upper(), (known.sigla for known in vocabulary.provinces()))


def _known(name: str, code: str | None, all_codes: Iterable[str]) -> str | None:
    codes = list(all_codes)
    if code and code not in codes:
        raise not_allowed({f"/query/{name}": codes})
    return code or None


def _without_empty(given: Any) -> Any:
    return [each for each in given if each != ""] if isinstance(given, list) else given or None


EmptyNarrowsNothing = BeforeValidator(_without_empty)
"""For parameters whose type says which values they take."""
ThemeFilter = Annotated[str | None, Depends(_theme)]
ProcedureFilter = Annotated[str | None, Depends(_procedure)]
ProvinceFilter = Annotated[str | None, Depends(_province)]
