"""Letters: a delivery together with everything its text needs, gathered for a whole batch at once."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from contracts.vocabulary import body
from services.chassis.mongo import Document
from services.chassis.settings import Settings
from services.notify.channels.letter import Letter, Outcome, Recipient
from services.notify.directory import Directory, RequestText
from services.notify.domain import naming
from services.notify.messages import ABOUT_BODIES, ABOUT_PRACTICES, MESSAGES, OF_NO_REQUEST

UNKNOWN = Outcome("refused", "recipient_unknown")
"""Intake owns the persons: whom it does not know was erased."""
UNUSABLE = Outcome("refused", "address_unusable")
"""There is no address, or a mail came back because it does not exist; the person gets mail again when that changes."""
NO_TEXT = Outcome("delayed", "text_missing")
REFUSED, RETURNED = "registration-refused", "practice-returned"
"""The messages that give a reason, as text of intake."""
_NAMED = ("expert", "addressee")
"""Facts that are persons, whose names the texts give."""


def link_of(message: str, number: str, facts: Mapping[str, Any]) -> str:
    """Where a notification leads, below the public address: for a right that was yet to begin, where all may read."""
    if facts.get("planned"):
        return "/"
    ids = {name: facts.get(name) for name in ("assignment", "practice")}
    return MESSAGES[message].link.format(number=number, **ids)


def _of_body(code: str) -> RequestText:
    """A body itself, as what a message is about."""
    known = body(code)
    return RequestText("", code, known.name if known else code)


class Letters:
    """Writes letters."""

    def __init__(self, directory: Directory, settings: Settings) -> None:
        self._directory = directory
        self._settings = settings

    async def write(
        self, deliveries: Sequence[Document], now: datetime, doubtful: Iterable[str] = ()
    ) -> dict[str, Letter | Outcome]:
        """For each delivery its letter, or why there is none. Raises Away.

        doubtful: persons whose address was once found not to exist.
        """
        people = {delivery["recipient"] for delivery in deliveries}
        people |= {row["facts"][name] for row in deliveries for name in _NAMED if row["facts"].get(name)}
        said = {delivery["facts"]["message"] for delivery in deliveries if delivery["facts"].get("message")}
        persons = await self._directory.persons(people, doubtful)
        asked = [delivery["request"] for delivery in deliveries if delivery["message"] not in OF_NO_REQUEST]
        titles, words = await self._directory.texts(asked, said)
        refused = {delivery["number"] for delivery in deliveries if delivery["message"] == REFUSED}
        titles |= {row["request"]: _of_body(row["number"]) for row in deliveries if row["message"] in ABOUT_BODIES}
        refusals = await self._directory.refusals(refused)
        words |= {row["_id"]: refusals[row["number"]] for row in deliveries if row["number"] in refusals}
        about = {row["request"] for row in deliveries if row["message"] in ABOUT_PRACTICES}
        practices = await self._directory.practices(about)
        titles |= {id: RequestText(practice.title, "", "") for id, practice in practices.items()}
        returned = [row for row in deliveries if row["message"] == RETURNED and row["request"] in practices]
        words |= {row["_id"]: reason for row in returned if (reason := practices[row["request"]].reason)}
        return {delivery["_id"]: self._letter(delivery, persons, titles, words, now) for delivery in deliveries}

    def _letter(
        self,
        delivery: Document,
        persons: Mapping[str, Recipient],
        titles: Mapping[str, RequestText],
        words: Mapping[str, str],
        now: datetime,
    ) -> Letter | Outcome:
        facts = delivery["facts"]
        person, about = persons.get(delivery["recipient"]), titles.get(delivery["request"])
        if person is None:
            return UNKNOWN
        if not person.usable:
            return UNUSABLE
        said = delivery["_id"] if delivery["message"] in (REFUSED, RETURNED) else facts.get("message")
        if about is None or (said and said not in words):
            return NO_TEXT
        named_persons = {name: persons.get(facts.get(name) or "") for name in _NAMED}
        named = naming(about.body, about.body_name, person.language) if about.body else None
        values = {
            **facts,
            "name": person.name,
            "number": delivery["number"],
            "title": " ".join(about.title.split()),
            "the_body": named.the if named else None,
            "of_body": named.of if named else None,
            "programme": self._settings.programme,
            "link": self._settings.public_url + link_of(delivery["message"], delivery["number"], facts),
            "page": f"{self._settings.public_url}/notifications",
            "text": words.get(said or ""),
            **{name: person.name if person else None for name, person in named_persons.items()},
        }
        # What is not known is left out, so that a text that needs it fails instead of saying "None".
        known = {name: value for name, value in values.items() if value is not None}
        return Letter(delivery["_id"], delivery["message"], delivery["number"], person, None, now, known)
