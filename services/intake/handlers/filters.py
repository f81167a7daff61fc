"""What a list of requests is narrowed to, as a person chooses it and as an address tells it."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Any, Literal
from urllib.parse import parse_qsl, urlencode

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from contracts import vocabulary
from contracts.requests import Kind, RequestStatus
from services.chassis.i18n import N_, ROME
from services.chassis.problems import invalid
from services.intake.handlers.fields import Text
from services.intake.store.requests import RequestQuery, Sort

LONGEST = 1_000
"""Characters of an address."""


def _known(kind: str) -> Any:
    look_up = {"theme": vocabulary.theme, "procedure": vocabulary.procedure, "province": vocabulary.province}[kind]

    def check(code: str | None) -> str | None:
        if code and look_up(code) is None:
            raise ValueError(N_("Nothing has this code."))
        return code or None

    return BeforeValidator(check)


class ListFilter(BaseModel):
    """The fields of the list page. What is empty does not narrow."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    q: Annotated[Text | None, Field(max_length=200)] = None
    status: RequestStatus | None = None
    theme: Annotated[str | None, _known("theme")] = None
    procedure: Annotated[str | None, _known("procedure")] = None
    province: Annotated[str | None, _known("province")] = None
    kind: Kind | None = None
    assigned: Literal["true", "false", "me"] | None = None
    since: Annotated[date | None, Field(alias="from")] = None
    until: Annotated[date | None, Field(alias="to")] = None
    sort: Sort | None = None

    def query(self, person: str | None) -> RequestQuery:
        """What the store is asked; `me` is who asks."""
        return RequestQuery(
            statuses=(self.status,) if self.status else (),
            theme=self.theme, procedure=self.procedure, province=self.province, kind=self.kind,
            assigned={"true": True, "false": False}.get(self.assigned or ""),
            lead=person if self.assigned == "me" else None,
            q=self.q, since=day_begins(self.since), until=day_begins(self.until, after=1),
            sort=self.sort or "newest",
        )  # fmt: skip

    def values(self) -> dict[str, str]:
        """Field -> text, of those that narrow."""
        return {name: str(value) for name, value in self.model_dump(by_alias=True).items() if value}

    def address(self) -> str:
        """The same as the query string of the list page; empty when nothing narrows."""
        return urlencode(self.values())


def day_begins(day: date | None, after: int = 0) -> datetime | None:
    """The moment at which a day begins in Rome, or so many days after it."""
    if day is None:
        return None
    try:
        return datetime.combine(day + timedelta(days=after), time(), ROME).astimezone(UTC)
    except OverflowError as error:
        fault = N_("A day such as 2026-03-28, or a moment such as 2026-03-28T18:00:00Z, is needed.")
        raise invalid([{"pointer": "/query/to" if after else "/query/from", "detail": fault}]) from error


def lenient(params: Any) -> ListFilter:
    """The filter of an address that somebody may have typed: what cannot be used does not narrow."""
    given = {name: value for name, value in params.items() if value and name in NAMES}
    for _ in range(len(NAMES)):
        try:
            return ListFilter.model_validate(given)
        except ValidationError as error:
            for fault in error.errors():
                given.pop(str(fault["loc"][0]), None)
    return ListFilter()


def left_out(params: Any, chosen: ListFilter) -> dict[str, str]:
    """What such an address says and the filter does not use: field -> text."""
    used = chosen.values()
    return {name: value for name, value in params.items() if name in NAMES and value.strip() and name not in used}


def strict(address: str) -> ListFilter:
    """The filter of an address that is to be kept. Raises 422 for anything that is not part of one."""
    fault = N_(
        "This is no address of the list: use status, theme, procedure, province, kind, assigned, q, from, to, sort."
    )
    pairs = [(name, value) for name, value in parse_qsl(address.lstrip("?"), max_num_fields=None) if name != "lang"]
    given = dict(pairs)
    if len(address) > LONGEST or len(given) < len(pairs):
        raise invalid([{"pointer": "/query", "detail": fault}])
    try:
        found = ListFilter.model_validate(given)
    except ValidationError as error:
        raise invalid([{"pointer": "/query", "detail": fault}]) from error
    day_begins(found.since), day_begins(found.until, after=1)
    return found


NAMES = frozenset(field.alias or name for name, field in ListFilter.model_fields.items())
"""The fields of the page, as its address names them."""
