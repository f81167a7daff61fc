"""Preconditions: a change is made only to what its sender has seen (RFC 9110, 13.1.1).

`If-Match` is read here for every route. It is compared strongly with the ETag of what is there: tags are opaque texts,
so "03" is not "3", and a weak one matches nothing.
"""

import re
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Header, Request

from services.chassis.i18n import N_
from services.chassis.problems import Problem

_TAG = r'(?:W/)?"[\x21\x23-\x7e\x80-\xff]*"'
_TAGS = re.compile(rf"[ \t,]*(?:{_TAG}[ \t]*(?:,[ \t,]*|\Z))*")
_TOLD = 'The ETag that was read, such as `"3"`; several after commas, or `*`. 412 when what is there has another.'


@dataclass(frozen=True)
class Seen:
    """The ETags of what the sender has seen; None for who changes whatever is there."""

    tags: frozenset[str] | None = None

    def covers(self, tag: str) -> bool:
        """Whether what has this ETag may be changed."""
        return self.tags is None or tag in self.tags


def seen_in(field: str) -> Seen:
    """What the value of an `If-Match` says. Raises 400 for one that is neither `*` nor a list of ETags."""
    value = field.strip(" \t")
    if value == "*":
        return Seen()
    if not _TAGS.fullmatch(value):
        detail = N_('Send * or ETags in quotes, such as "3", with commas between them.')
        raise Problem(
            400, N_("The request cannot be read"), detail, errors=[{"pointer": "/header/If-Match", "detail": detail}]
        )
    # A weak one stays with its W/, which no ETag of a document has.
    return Seen(frozenset(re.findall(_TAG, value)))


def version_tag(version: int | str) -> str:
    """The ETag of a document that changes as a whole."""
    return f'"{version}"'


def seen_version(version: object) -> Seen:
    """What a page's form says that its reader has seen."""
    return Seen(frozenset({version_tag(str(version))}))


async def seen(
    request: Request, told: Annotated[str | None, Header(alias="If-Match", description=_TOLD)] = None
) -> Seen:
    """A dependency: what the request's `If-Match` says; without one, whatever is there may be changed."""
    # A field on several lines is one list.
    return Seen() if told is None else seen_in(",".join(request.headers.getlist("if-match")))


IfMatch = Annotated[Seen, Depends(seen)]
"""A parameter of a route: what its `If-Match` says. 412 is the route's own, once it knows what is there."""
