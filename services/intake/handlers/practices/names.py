"""Names in a practice: those of the people and the body of its request, which must not be published."""

from collections.abc import Iterator
from dataclasses import dataclass

from contracts import vocabulary
from services.chassis.i18n import N_
from services.chassis.mongo import Document
from services.chassis.problems import Problem
from services.intake.domain.anonymity import Finding, Kind, Known, findings
from services.intake.domain.places import plain_name
from services.intake.handlers.callers import officials_of
from services.intake.handlers.parts import Parts
from services.intake.handlers.practices.content import TEXTS, Content
from services.intake.store.conversation import story

DETAILS: dict[Kind, str] = {
    "person": N_("It names a person of the request."),
    "body": N_("It names the body of the request."),
    "email": N_("It holds an address of the request."),
    "phone": N_("It holds a telephone number of the request."),
    "protocol": N_("It holds the protocol number of the request."),
    "tax_number": N_("It holds the tax number of a company of the request."),
    "street": N_("It holds an address of the request."),
    "number": N_("It holds the number of the request."),
}


@dataclass(frozen=True)
class Named:
    """A finding, and the field where it stands."""

    field: str
    finding: Finding


async def known_for(parts: Parts, practice: Document) -> Known:
    """The same for the request that a practice was made of."""
    found = await parts.stores.requests.by_ids([practice["request"]])
    return await known_of(parts, found[0], await said_about(parts, found[0])) if found else Known()


async def said_about(parts: Parts, request: Document) -> list[Document]:
    """All messages of a request, also those of what was merged into it."""
    ids = [request["_id"], *request["merged_from"]]
    messages, _ = await parts.stores.database.at_once(lambda plain: story(plain, ids, internal=True))
    return messages


async def known_of(parts: Parts, request: Document, messages: list[Document]) -> Known:
    """What is known of a request's people and body, and of what was merged into it, as it is known now."""
    asked = [request, *(await parts.stores.requests.by_ids(request["merged_from"]))]
    ids = {row[name] for row in asked for name in ("requester", "sent_by", "lead", "last_lead")}
    ids |= {id for row in asked for name in ("co_experts", "last_helpers") for id in row.get(name, ())}
    ids |= {row["author"] for row in messages}
    people = await parts.stores.persons.by_ids(sorted(id for id in ids if id))
    people += await officials_of(parts, request["body"])
    exact: list[tuple[str, Kind]] = [(row["number"], "number") for row in asked]
    exact += [(row[name], "email") for row in people for name in ("email", "pec") if row.get(name)]
    exact += [(row["protocol"]["number"], "protocol") for row in asked if row["protocol"]]
    exact += [(company, "tax_number") for row in asked for company in row.get("companies", ())]
    body = vocabulary.body(request["body"])
    codes = (body.code, body.ipa_code) if body else (request["body"],)
    exact += [(code, "body") for code in codes if len(code) > _SHORT_CODE]
    names = tuple(dict.fromkeys(row["name"] for row in people if row["name"]))
    return Known(names, (plain_name(request["body_name"]),), tuple(dict.fromkeys(exact)))


_SHORT_CODE = 3
"""The code of a province has three digits, as many other numbers have."""


def named_in(content: Content, known: Known) -> list[Named]:
    """Everything in the content that names somebody, or looks as if it did."""
    return [Named(field, finding) for field, text in _texts(content) for finding in findings(text, known)]


def check_anonymous(content: Content, known: Known) -> None:
    """Raises 422, saying which, while a name or address of the request's people or body stands in the content."""
    remaining = [named for named in named_in(content, known) if named.finding.known]
    if not remaining:
        return
    names = ", ".join(dict.fromkeys(f"“{named.finding.text}”" for named in remaining))
    raise Problem(
        422,
        N_("Names remain in the text"),
        N_("Everybody will read this. Replace what names the people or the body of the request: {names}."),
        kind="names-remain",
        errors=[{"pointer": f"/{named.field}", "detail": DETAILS[named.finding.kind]} for named in remaining],
        values={"names": names},
        extra={"names": [document_of(named) for named in remaining]},
    )


def document_of(named: Named) -> dict[str, object]:
    """A finding as the API tells it."""
    finding = named.finding
    return {"field": named.field, "kind": finding.kind, "text": finding.text, "known": finding.known}


def _texts(content: Content) -> Iterator[tuple[str, str]]:
    yield from ((name, content[name]) for name in TEXTS)
    yield from ((f"references/{number}", text) for number, text in enumerate(content["references"]))
