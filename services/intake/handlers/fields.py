"""Fields that callers fill in, with what is refused in each; every form of the API and the pages is made of them."""

from datetime import date, datetime
from typing import Annotated
from unicodedata import normalize

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from contracts.envelope import Instant
from services.chassis.i18n import N_
from services.intake.domain.tax_numbers import Fault, company_number
from services.intake.domain.texts import has_control_characters, seen


def _clean(text: str) -> str:
    if has_control_characters(text):
        raise ValueError(N_("Remove the control characters."))
    return text


def _filled(text: str) -> str:
    if not seen(text):
        raise ValueError(N_("Write something."))
    return text


def _each_once(texts: list[str]) -> list[str]:
    # A Macintosh may write an accent as a sign of its own: to who reads them the two are one tag.
    return list(dict.fromkeys(normalize("NFC", text) for text in texts))


def _one_line(text: str) -> str:
    if "\n" in text or "\r" in text:
        raise ValueError(N_("Write it on one line."))
    return text


def _day(text: str) -> str:
    try:
        date.fromisoformat(text)
    except ValueError as error:
        raise ValueError(N_("A date such as 2026-03-28 is needed.")) from error
    return text


def _stored(at: datetime) -> datetime:
    return at.replace(microsecond=at.microsecond // 1000 * 1000)


Moment = Annotated[Instant, AfterValidator(_stored)]
"""A moment as it is stored, to the millisecond: so what is read again equals what was given, and was not changed."""
Text = Annotated[str, AfterValidator(_clean)]
"""As it was typed: also spaces and line breaks at its ends."""
_STRIPPED = StringConstraints(strip_whitespace=True)
Line = Annotated[str, _STRIPPED, AfterValidator(_clean), AfterValidator(_one_line)]
"""A text of one line."""
Prose = Annotated[
    str, StringConstraints(strip_whitespace=True, max_length=20_000), AfterValidator(_clean), AfterValidator(_filled)
]
"""A text of any number of lines, not empty."""
Code = Annotated[str, StringConstraints(min_length=1, max_length=64), AfterValidator(_clean)]


Day = Annotated[str, Field(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"), AfterValidator(_day)]
"""A day that exists, as it is written."""


class Protocol(BaseModel):
    """The sender's own registration of the document."""

    model_config = ConfigDict(extra="forbid")

    number: Annotated[Line, AfterValidator(_filled), Field(min_length=1, max_length=50)]
    date: Day
    registry: Annotated[Line, Field(max_length=100)] = ""


_WRONG_NUMBERS: dict[Fault, str] = {
    "form": N_("A tax number of a company has eleven digits."),
    "check": N_("This is no tax number: its last digit does not fit. Check it."),
    "person": N_("This is the tax code of a person. Name a sole trader by the partita IVA."),
}


def _company(text: str) -> str:
    number, fault = company_number(text)
    if fault:
        raise ValueError(_WRONG_NUMBERS[fault])
    return number


Company = Annotated[str, Field(max_length=30), AfterValidator(_company)]
"""The partita IVA or tax code of a company, which others store and publish: never that of a person."""
FurtherThemes = Annotated[list[Code], Field(max_length=5)]
Companies = Annotated[list[Company], Field(max_length=20)]
Tags = Annotated[
    list[Annotated[Line, AfterValidator(_filled), Field(min_length=1, max_length=40)]],
    Field(max_length=20),
    AfterValidator(_each_once),
]
Title = Annotated[Line, AfterValidator(_filled), Field(max_length=200)]
Number = Annotated[Line, Field(pattern=r"^[0-9]{4}-[0-9]{6,12}$")]
"""The number of a request."""
