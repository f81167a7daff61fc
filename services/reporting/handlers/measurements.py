"""Measurements that bodies send: one document a row, corrected by new versions, earlier ones kept beside."""

from collections.abc import Mapping, Sequence
from typing import Any

from contracts.envelope import derived_id
from contracts.measurements import MeasurementCorrected, MeasurementData, MeasurementState, MeasurementSubmitted
from services.chassis.mongo import Document
from services.chassis.work import Work
from services.reporting.measures import FIGURES
from services.reporting.store import MEASUREMENTS


def row_id(body: str, procedure: str, half_year: str) -> str:
    """The id of a row: the same body, procedure and half-year is the same row for ever."""
    return derived_id("measurement", body, procedure, half_year)


def submit(
    work: Work, body: str, province: str, half_year: str, rows: Sequence[Mapping[str, Any]], by: str
) -> list[Document]:
    """Keeps the rows of a body's table. A row equal to what is known already is no correction."""
    return [_row(work, {"body": body, "province": province, "half_year": half_year, **row}, by) for row in rows]


def _row(work: Work, row: Document, by: str) -> Document:
    id = row_id(row["body"], row["procedure"], row["half_year"])
    known = work.get(MEASUREMENTS, id)
    figures = {name: row.get(name) for name in FIGURES}
    if known and figures == {name: known[name] for name in FIGURES}:
        return shown(known)
    number = known["number"] + 1 if known else 1
    document = {
        **(known or {"_id": id, "earlier": []}),
        **row,
        **figures,
        "number": number,
        "submitted_at": work.now,
        "submitted_by": by,
    }
    if known:
        document["earlier"].append({**shown(known), "submitted_by": known["submitted_by"]})
    work.put(MEASUREMENTS, document)
    state = MeasurementState.model_validate({**document, "id": id, "version": number})
    work.publish(MeasurementCorrected if known else MeasurementSubmitted, id, number, MeasurementData(state=state))
    return shown(document)


def shown(document: Document) -> Document:
    """A row as the API tells it; `version` is the body's, not the database's."""
    fields = ("body", "province", "procedure", "half_year", *FIGURES, "submitted_at")
    return {"id": document["_id"], "version": document["number"], **{name: document[name] for name in fields}}
