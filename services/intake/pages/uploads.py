"""Files in forms of pages: taken in, or told in words why not, beside the field that they were chosen in.

A form with files comes back without them: browsers do not let a page fill such a field.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from starlette.datastructures import FormData, UploadFile
from starlette.responses import Response

from services.chassis.auth import Caller, person
from services.chassis.i18n import N_, Translator
from services.chassis.mongo import Document
from services.chassis.problems import Problem
from services.chassis.work import Work
from services.intake.domain.files import ending_of
from services.intake.files.settings import FileSettings
from services.intake.handlers.attachments import Held, attach, holding
from services.intake.handlers.attachments.giving import GIVEN, give
from services.intake.handlers.attachments.holder import REFUSALS, megabytes
from services.intake.handlers.parts import Parts, find

Person = Annotated[Caller, Depends(person)]
FIELD = "files"
PATHS = r"/requests/(new|[^/]+/reply)"
"""The forms that take files."""
STATES: dict[str, tuple[str, str]] = {
    "unscanned": (N_("not checked for viruses"), "neutral"),
    "pending": (N_("being checked for viruses"), "info"),
    "clean": (N_("checked"), "success"),
    "infected": (N_("in quarantine: the antivirus found something"), "danger"),
    "refused": (N_("not accepted"), "warning"),
    "erased": (N_("erased"), "neutral"),
}
"""What is told of a file, and its tone."""


def router(parts: Parts) -> APIRouter:
    """The route by which pages give files out: what goes wrong is told on a page."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/requests/{number}/attachments/{id}")
    async def download(request: Request, number: str, id: str, caller: Person) -> Response:
        return await give(parts, request, caller, await find(parts, caller, number), id)

    return routes


@asynccontextmanager
async def taking(parts: Parts, form: FormData) -> AsyncIterator[list[Held]]:
    """The files of a form, held for the decision within the block. Raises what `Holder.take` does."""
    sent = [file for file in form.getlist(FIELD) if isinstance(file, UploadFile) and file.filename]
    try:
        async with holding(parts) as holder:
            yield [await holder.take(file.filename or "", file.file, pointer=f"/{FIELD}") for file in sent]
    finally:
        await form.close()


def attach_to(work: Work, parts: Parts, caller: Caller, message: Any, held: list[Held]) -> None:
    """Attaches what came with a message."""
    attach(
        work, parts.files, message["request"], caller.id, held,
        channel="web", message=message["_id"], visibility=message["visibility"],
    )  # fmt: skip


_OF_PAGES = {"protocol/date": "protocol_date"}
"""Fields that have another name on pages."""


def faults_of(problem: Problem, words: Translator) -> dict[str, str]:
    """What the page says beside its fields: of a file that was not taken, which one and why."""
    if problem.kind == "file-not-accepted":
        reason = words(problem.detail, **problem.values)
        return {FIELD: words(N_("“{file}”: {reason}"), file=problem.extra["file"], reason=reason)}
    faults = {fault["pointer"].lstrip("/"): fault["detail"] for fault in problem.errors}
    return {_OF_PAGES.get(name, name): said for name, said in faults.items()}


def shown(row: Document, number: str, words: Translator, policy: FileSettings) -> dict[str, Any]:
    """A file as the templates show it."""
    text, tone = STATES[row["state"]]
    reason = row["found"] or ""
    if row["refused"]:
        reason = words(REFUSALS[row["refused"]]).format(most=megabytes(policy, row["refused"]))
    return {
        "name": row["name"],
        "href": f"/requests/{number}/attachments/{row['_id']}" if row["state"] in GIVEN else "",
        "size": size_text(row["size"], words),
        "type": type_text(row["name"], row["media_type"], words),
        "state": words(text),
        "tone": tone,
        "reason": reason,
        "inline": row["inline"],
        "internal": row["visibility"] == "internal",
    }


def size_text(size: int, words: Translator) -> str:
    """`1,4 MB`, as people say it."""
    for unit, bytes in (("MB", 1_000_000), ("kB", 1_000)):
        if size >= bytes:
            value = size / bytes
            return f"{words.number(round(value, 1) if value < 10 else round(value))} {unit}"
    return words.ngettext("{n} byte", "{n} bytes", size)


def type_text(name: str, media_type: str, words: Translator) -> str:
    """What kind of file it is, in a word: PDF, image, or the ending of its name."""
    if media_type == "application/pkcs7-mime":
        return words(N_("signed document"))
    if media_type.startswith("image/"):
        return words(N_("picture"))
    return ending_of(name).upper()[:5] or words(N_("file"))
