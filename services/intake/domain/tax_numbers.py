"""Italian tax numbers of companies: eleven digits, the last of which checks the others.

Partita IVA and the tax code of whatever is no person have the same form. A person's code (sixteen characters) is told
apart, because it names somebody by birth.
"""

import re
from typing import Literal

Fault = Literal["form", "check", "person"]
_PERSON = re.compile(r"[A-Z]{6}[0-9LMNPQRSTUV]{2}[A-EHLMPRST][0-9LMNPQRSTUV]{2}[A-Z][0-9LMNPQRSTUV]{3}[A-Z]")
_COMPANY = re.compile(r"[0-9]{11}")


def company_number(text: str) -> tuple[str, Fault | None]:
    """The number as it is compared, and what is wrong with it."""
    number = re.sub(r"[\s.\-]", "", text).upper().removeprefix("IT")
    if is_personal(number):
        return number, "person"
    if not _COMPANY.fullmatch(number):
        return number, "form"
    return number, None if is_company_number(number) else "check"


def is_personal(code: str) -> bool:
    """Whether it has the form of a person's tax code, however it is typed."""
    return _PERSON.fullmatch(code.upper()) is not None


def is_company_number(digits: str) -> bool:
    """Whether eleven digits fit together; eleven noughts do, and are nobody's."""
    if not _COMPANY.fullmatch(digits) or not int(digits):
        return False
    values = [int(digit) for digit in digits]
    doubled = [2 * value - 9 if value > 4 else 2 * value for value in values[1::2]]
    return (sum(values[0::2]) + sum(doubled)) % 10 == 0
