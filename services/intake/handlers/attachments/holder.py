"""Files on their way in: looked at, then stored whole, before a decision says what they belong to.

A file is read in pieces from wherever it lies; the whole is never in our memory. What is held and then named by no
record is removed at the end of `holding`; what a killed process leaves behind, a job finds after a day.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from io import BytesIO
from typing import BinaryIO

import structlog

from contracts.envelope import derived_id, new_id
from services.chassis.errors import PermanentError, TransientError
from services.chassis.i18n import N_
from services.chassis.mongo import is_infrastructure
from services.chassis.problems import Problem
from services.intake.domain.file_types import UNKNOWN, FileType, type_of
from services.intake.domain.files import safe_name
from services.intake.files.settings import MB, FileSettings
from services.intake.handlers.parts import Parts
from services.intake.mailbox.contents import AttachedFile

_PIECE = 256 * 1024
log = structlog.get_logger()
REFUSALS: dict[str, str] = {
    "executable": N_("It is a program. Send the document that it would show, as a PDF for instance."),
    "script": N_("It contains commands for a computer. Send the document as a PDF."),
    "page": N_("Web pages and drawings with commands are not accepted. Print it to a PDF and send that."),
    "macro": N_("The document contains macros. Save it without macros, or as a PDF, and send it again."),
    "shortcut": N_("It only points to something else. Send the file itself."),
    "packed-program": N_("There are programs or commands in the archive. Send the documents alone."),
    "unreadable-archive": N_("The archive cannot be opened, or holds too many files. Make it anew or send the files."),
    "archive-bomb": N_("Opened, the archive would be too large, or holds archives in archives. Send the files alone."),
    "empty": N_("The file is empty. Choose it again."),
    "too-large": N_("The file is larger than {most} MB. Reduce it, or divide it into several files."),
    "no-room": N_("The files of a request may have {most} MB altogether. Remove or reduce some."),
    "too-many": N_("The request has as many files as it may have. Put several into one archive."),
    "not-stored": N_("The file could not be read. It is in the original of the mail."),
}
"""Why a file is not accepted, and what to do (msgids)."""


@dataclass(frozen=True)
class Held:
    """A file that no record names yet. refused: why it is not accepted; then nothing is stored and `file` is None."""

    id: str
    name: str
    media_type: str
    size: int
    sha256: str | None = None
    file: str | None = None
    inline: bool = False
    refused: str | None = None


class Holder:
    """Takes files in; see `holding`."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self.contents: list[str] = []

    async def take(self, name: str, content: BinaryIO, *, pointer: str = "/file") -> Held:
        """Stores a file that somebody sends. Raises 413, 415 or 422, which say what to do."""
        size = await asyncio.to_thread(content.seek, 0, 2)
        found = await asyncio.to_thread(type_of, name, content)
        reason = refusal(self._parts.files, found, size)
        if reason:
            raise refused_problem(self._parts.files, reason, safe_name(name), pointer)
        return await self._store(new_id(self._parts.clock.now()), name, found.media_type, content)

    async def take_from_mail(self, number: int, file: AttachedFile, cause: str) -> Held:
        """Stores a file of a mail, or says why not: no mail is lost for what it brings. cause: of the file's id."""
        id, size = derived_id(cause, "attachments", str(number)), len(file.content)
        try:
            found = await asyncio.to_thread(type_of, file.name, BytesIO(file.content))
            reason = refusal(self._parts.files, found, size)
            if reason is None:
                return await self._store(id, file.name, found.media_type, BytesIO(file.content), file.inline)
        except Exception as error:
            if isinstance(error, TransientError) or is_infrastructure(error):
                raise
            log.warning("mail_file_not_stored", error=type(error).__name__)
            found, reason = FileType(UNKNOWN), "not-stored"
        return Held(id, safe_name(file.name), found.media_type, size, inline=file.inline, refused=reason)

    async def take_all_from_mail(self, files: Iterable[AttachedFile], cause: str) -> list[Held]:
        """The same for all files of a mail."""
        return [await self.take_from_mail(number, file, cause) for number, file in enumerate(files)]

    async def _store(self, id: str, name: str, media_type: str, content: BinaryIO, inline: bool = False) -> Held:
        file, shown = new_id(self._parts.clock.now()), safe_name(name)
        self.contents.append(file)
        size, checksum = await self._parts.stores.attachments.files.keep(file, media_type, _pieces(content))
        return Held(id, shown, media_type, size, checksum, file, inline)

    async def release(self) -> None:
        """Removes what no record names."""
        store = self._parts.stores.attachments
        named = await store.named(self.contents) if self.contents else set()
        for file in self.contents:
            if file not in named:
                await store.files.remove(file)


@asynccontextmanager
async def holding(parts: Parts) -> AsyncIterator[Holder]:
    """Within the block take files, and run the decision that attaches them; what it did not attach is removed."""
    holder = Holder(parts)
    try:
        yield holder
    except PermanentError:
        await holder.release()
        raise
    # After any other failure the decision may still be on its way into the database: the job looks later.
    await holder.release()


async def _pieces(content: BinaryIO) -> AsyncIterator[bytes]:
    content.seek(0)
    while piece := content.read(_PIECE):
        yield piece


def refusal(policy: FileSettings, found: FileType, size: int) -> str | None:
    """Why a file is not accepted."""
    if size > policy.largest:
        return "too-large"
    if size == 0:
        return "empty"
    return found.group if found.group in policy.refused_groups else None


def megabytes(policy: FileSettings, reason: str = "") -> int:
    """How much there may be: of one file, or of all of a request for the reason that there is no room."""
    return (policy.most if reason == "no-room" else policy.largest) // MB


def refused_problem(policy: FileSettings, reason: str, name: str, pointer: str) -> Problem:
    """The answer for a file that is not accepted: it names the file and says what to do."""
    status = {"empty": 422, "too-large": 413, "no-room": 413, "too-many": 422}.get(reason, 415)
    title = N_("This file is not accepted")
    return Problem(
        status, title, REFUSALS[reason],
        kind="file-not-accepted", values={"most": megabytes(policy, reason)}, extra={"reason": reason, "file": name},
        errors=[{"pointer": pointer, "detail": title}],
    )  # fmt: skip
