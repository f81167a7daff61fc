"""A request in words, section by section: what the PDF shows, without any idea of pages or fonts."""

from dataclasses import dataclass, replace

from services.chassis.auth import Caller
from services.chassis.i18n import N_, Translator
from services.intake.handlers.parts import Parts, find
from services.intake.handlers.reading import WholeRequest, whole
from services.intake.pages import labels
from services.intake.pages.facts import facts_of
from services.intake.pages.story import Story
from services.intake.store.visibility import COORDINATION


@dataclass(frozen=True)
class Entry:
    """Something somebody wrote: who and when, what kind, the text, the files beside it."""

    heading: str
    kind: str
    text: str
    files: tuple[str, ...]


@dataclass(frozen=True)
class Told:
    """A case, ready to be set."""

    language: str
    title: str
    subtitle: str
    made: str
    facts: tuple[tuple[str, str], ...]
    description: str
    files: tuple[str, ...]
    conversation: tuple[Entry, ...]
    events: tuple[str, ...]
    words: Translator


async def read_case(parts: Parts, caller: Caller, number: str) -> WholeRequest:
    """The request with everything that may stand in a document for this caller. Raises 404."""
    read = await whole(parts, caller, await find(parts, caller, number))
    if caller.has(*COORDINATION):
        return read
    return replace(
        read,
        messages=[message for message in read.messages if message["visibility"] != "internal"],
        timeline=[line for line in read.timeline if line["details"].get("visibility") != "internal"],
        attachments=[row for row in read.attachments if row["visibility"] != "internal"],
    )


def tell(read: WholeRequest, caller: Caller, words: Translator, programme: str, made: str) -> Told:
    """The case in the reader's language."""
    story, request = Story(read, caller, words), read.request
    status = words(labels.STATUSES[request["status"]][0])
    number = words(N_("Request {number}"), number=request["number"])
    return Told(
        language=words.language,
        title=request["title"],
        subtitle=f"{number} – {status}",
        made=words(N_("{programme}. Document made on {at}."), programme=programme, at=made),
        facts=tuple(facts_of(read, caller, words)),
        description=request["description"],
        files=tuple(_file(file, words) for file in story.files()),
        conversation=tuple(_entry(message, words) for message in story.conversation()),
        events=tuple(f"{words.datetime(line['at'])}: {line['text']}" for line in story.timeline()),
        words=words,
    )


def _entry(message: dict[str, object], words: Translator) -> Entry:
    kinds = [str(message["kind"])] if message["kind"] else []
    if message["style"] == "internal":
        kinds.append(words(N_("internal note")))
    if message["automatic"]:
        kinds.append(words(N_("automatic message")))
    text = str(message["text"])
    if message["folded"]:
        text += f"\n\n[{words(N_('Quoted text and signature'))}]\n{message['folded']}"
    files = message["files"]
    assert isinstance(files, list)
    at = words.datetime(message["at"])  # type: ignore[arg-type]
    return Entry(
        f"{message['author']}, {at}", ", ".join(kinds), text, tuple(_file(file, words) for file in files)
    )  # fmt: skip


def _file(file: dict[str, str], words: Translator) -> str:
    return f"{file['name']} ({file['type']}, {file['size']}; {file['state']})"
