"""Who is meant by an address and a name. Colleagues share the address of their office, so both must agree.

Every door at which people are let in asks here, so that one person is the same at all of them.
"""

from collections.abc import Sequence

from contracts.envelope import derived_id
from services.chassis.mongo import Document
from services.intake.domain.texts import folded
from services.intake.handlers.parts import Parts
from services.intake.store.persons import email_key


def same_name(one: str, other: str) -> bool:
    """Whether two names are the same but for order, case and accents."""
    return _words(one) == _words(other)


async def meant(parts: Parts, address: str, name: str) -> list[Document]:
    """The persons of this name who use this address; without a name, all of the address."""
    known = await parts.stores.persons.by_email(address)
    return [person for person in known if not name or same_name(person["name"], name)]


def new_person(address: str, name: str, credentials: Sequence[str] = (), number: int = 0) -> str:
    """The id of somebody not known yet: the same for all who ask at once, so that they make one person."""
    cause = credentials[:1] or [email_key(address), *_words(name)]
    return derived_id("person", *cause, str(number))


def _words(name: str) -> list[str]:
    return sorted(folded(name).split())
