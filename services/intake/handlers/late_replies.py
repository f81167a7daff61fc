"""Answers to requests that are over. By mail they reopen it, or become a request that goes on from it; who writes on
the page, or by a program, chooses that themselves, and is told so when it is too late for a message.
"""

from datetime import datetime, timedelta

from services.chassis.auth import Caller
from services.chassis.i18n import N_
from services.chassis.mongo import Document
from services.chassis.problems import Problem
from services.intake.domain.late_replies import Course, course
from services.intake.domain.programme import Programme
from services.intake.domain.transitions import ENDED, allowed
from services.intake.handlers.aggregate import role_of
from services.intake.handlers.parts import Parts
from services.intake.store.visibility import parties


def course_of(programme: Programme, request: Document, author: Caller, said: str, now: datetime) -> Course:
    """What becomes of a mail; only the requester's can reopen."""
    if role_of(author, request) != "requester":
        return "message"
    return course(request["status"], ended_at(request), said, now, timedelta(days=programme.reopens_within_days))


def is_late(programme: Programme, request: Document, caller: Caller, now: datetime) -> bool:
    """Whether nobody reads any more what the requester would write here."""
    over = request["status"] in ENDED and role_of(caller, request) == "requester"
    return over and now - ended_at(request) > timedelta(days=programme.reopens_within_days)


def check_timely(parts: Parts, request: Document, caller: Caller) -> None:
    """Raises 409, saying what to do instead, for a message that nobody would read."""
    if not is_late(parts.programme, request, caller, parts.clock.now()):
        return
    detail = N_(
        "The request ended more than {days} days ago: nobody would read the message. Reopen it, if it is not solved, "
        "or send a new request that follows it."
    )
    next_steps = [action for action in allowed(request["status"], parties(caller, request)) if action != "message"]
    extra = {"request_status": request["status"], "allowed": next_steps, "follows": request["number"]}
    values = {"days": parts.programme.reopens_within_days}
    raise Problem(409, N_("Not possible now"), detail, kind="conversation-over", values=values, extra=extra)


def ended_at(request: Document) -> datetime:
    """When it ended; of requests that ended before this was kept, when they last changed."""
    moment: datetime = request.get("ended_at") or request["updated_at"]
    return moment
