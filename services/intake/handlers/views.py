"""Saved views: a person names a filter of the list, finds it again, and deletes it."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from contracts.envelope import new_id
from services.chassis.i18n import N_
from services.chassis.mongo import Document
from services.chassis.problems import Problem, invalid, not_found
from services.chassis.work import Work
from services.intake.handlers.fields import Line
from services.intake.handlers.filters import LONGEST, strict
from services.intake.store.views import MOST_VIEWS, VIEWS


class ViewForm(BaseModel):
    """A name, and the query string of the list page that it stands for."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[Line, Field(min_length=1, max_length=60)]
    query: Annotated[str, Field(min_length=1, max_length=LONGEST)]


def save(work: Work, person: str, form: ViewForm) -> Document:
    """Adds a view, or replaces the one of this name. Raises 422 for what is no filter, 409 when there are too many."""
    address = strict(form.query).address()
    if not address:
        raise invalid([{"pointer": "/query", "detail": N_("Narrow the list first.")}])
    row = _row(work, person)
    others = [view for view in row["views"] if view["name"] != form.name]
    if len(others) >= MOST_VIEWS:
        detail = N_("You have {most} saved views. Delete one of them.")
        raise Problem(409, N_("Too many saved views"), detail, kind="too-many-views", values={"most": MOST_VIEWS})
    view = {"id": new_id(work.now), "name": form.name, "query": address, "at": work.now}
    work.put(VIEWS, row | {"views": [*others, view]})
    return view


def delete(work: Work, person: str, id: str) -> None:
    """Removes a view. Raises 404."""
    row = _row(work, person)
    left = [view for view in row["views"] if view["id"] != id]
    if len(left) == len(row["views"]):
        raise not_found()
    work.put(VIEWS, row | {"views": left})


def forget(work: Work, person: str) -> None:
    """Empties what an erased person had saved."""
    row = work.get(VIEWS, person)
    if row:
        work.put(VIEWS, row | {"views": []})


def _row(work: Work, person: str) -> Document:
    return work.get(VIEWS, person) or {"_id": person, "schema_version": 1, "views": []}
