"""Good practices: a resolved case as an article that everybody may read, written by one person, checked by another."""

from services.intake.handlers.practices.access import parties_of, readable, reviewable
from services.intake.handlers.practices.content import Content, PracticeChanges, checked, draft_of, last_return
from services.intake.handlers.practices.decisions import (
    WRITERS,
    check_source,
    decide,
    edit,
    practice_id,
    send_for_review,
    start,
    vote,
    vote_id,
    withdraw,
)
from services.intake.handlers.practices.names import (
    Named,
    check_anonymous,
    document_of,
    known_for,
    known_of,
    named_in,
    said_about,
)
from services.intake.handlers.practices.offered import MOST_OFFERED, offered

__all__ = [
    "MOST_OFFERED",
    "WRITERS",
    "Content",
    "Named",
    "PracticeChanges",
    "check_anonymous",
    "check_source",
    "checked",
    "decide",
    "document_of",
    "draft_of",
    "edit",
    "known_for",
    "known_of",
    "last_return",
    "named_in",
    "offered",
    "parties_of",
    "practice_id",
    "readable",
    "reviewable",
    "said_about",
    "send_for_review",
    "start",
    "vote",
    "vote_id",
    "withdraw",
]
