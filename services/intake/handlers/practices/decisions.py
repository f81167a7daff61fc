"""The life of a practice; each function is one action of its table, and leaves a line in its history."""

from collections.abc import Callable
from typing import Any

from contracts import vocabulary
from contracts.envelope import derived_id
from contracts.practices import PracticePublished, PracticeReturned, PracticeSentForReview
from services.chassis.auth import Caller
from services.chassis.i18n import N_
from services.chassis.mongo import Document
from services.chassis.problems import Problem, forbidden, invalid, not_found
from services.chassis.work import Work
from services.intake.domain.anonymity import Known
from services.intake.domain.practices import Action, allowed, judge, slug, state_after
from services.intake.handlers.practices.access import parties_of, readable
from services.intake.handlers.practices.content import Content, checked, found_by
from services.intake.handlers.practices.names import check_anonymous
from services.intake.handlers.practices.telling import tell
from services.intake.store.practices import EDITIONS, PRACTICES, VOTES
from services.intake.store.visibility import parties

WRITERS = frozenset({"lead", "helper", "coordination"})
"""Who may make a practice of a request: who worked on it, and coordination."""
OVER = ("resolved", "closed")
_MOST_LINES = 500


def practice_id(request: str) -> str:
    """A request becomes one practice."""
    return derived_id("practice", request)


def check_source(request: Document, caller: Caller) -> None:
    """Raises 403 or 409 when the caller may not make a practice of this request, or not yet."""
    if WRITERS.isdisjoint(parties(caller, request)):
        raise forbidden(N_("Only who followed the request, or coordination, makes a good practice of it."))
    if request["status"] not in OVER:
        detail = N_("A good practice is made of a request that is resolved or closed.")
        extra = {"request_status": request["status"]}
        raise Problem(409, N_("Not possible now"), detail, kind="request-not-resolved", extra=extra)


def start(work: Work, request: Document, caller: Caller, content: Content) -> Document:
    """Begins a draft. Raises 409 when the request has become a practice before."""
    id = practice_id(request["_id"])
    if work.get(PRACTICES, id) is not None:
        detail = N_("This request has already become a good practice, or a draft of one.")
        raise Problem(409, N_("It exists already"), detail, kind="practice-exists", extra={"practice": id})
    practice: Document = {
        "_id": id,
        "schema_version": 1,
        "request": request["_id"],
        "request_number": request["number"],
        "author": caller.id,
        "state": "draft",
        "content": checked(content),
        "edition": 0,
        "published": None,
        "listed": False,
        "slug": None,
        "reason": None,
        "created_at": work.now,
        "history": [],
    }
    return _keep(work, practice, "started", caller)


def edit(
    work: Work,
    id: str,
    caller: Caller,
    changes: dict[str, Any],
    unchanged: Callable[[Document], bool] | None = None,
) -> Document:
    """Changes a draft; what is published becomes one again, and readers keep its last edition. Raises 412."""
    practice = _begin(work, id, "edit", caller)
    if unchanged and not unchanged(practice):
        detail = N_("Somebody changed the good practice meanwhile. Load it again, then repeat the change.")
        raise Problem(412, N_("It changed meanwhile"), detail)
    practice["content"] = checked({**practice["content"], **changes})
    practice["state"] = state_after("edit")
    return _keep(work, practice, "edited", caller)


def send_for_review(work: Work, id: str, caller: Caller, known: Known) -> Document:
    """Gives a draft to whoever reviews. Raises 422 while something is missing or somebody is named."""
    practice = _begin(work, id, "review", caller)
    content = practice["content"]
    missing = [name for name in ("title", "problem", "solution", "themes") if not content[name]]
    if missing:
        raise invalid([{"pointer": f"/{name}", "detail": N_("This field is required.")} for name in missing])
    check_anonymous(content, known)
    practice |= {"state": state_after("review"), "reason": None}
    tell(work, practice, PracticeSentForReview, caller)
    return _keep(work, practice, "sent_for_review", caller)


def decide(work: Work, id: str, caller: Caller, approved: bool, reason: str | None, known: Known) -> Document:
    """A second person publishes the practice, or returns it with a reason."""
    practice = _begin(work, id, "publish" if approved else "return", caller)
    if not approved:
        if not reason:
            raise invalid([{"pointer": "/reason", "detail": N_("A refusal needs its reason.")}])
        practice |= {"state": state_after("return"), "reason": reason}
        tell(work, practice, PracticeReturned, caller)
        return _keep(work, practice, "returned", caller, reason=reason)
    check_anonymous(practice["content"], known)
    edition, content = practice["edition"] + 1, practice["content"]
    practice |= {
        "state": state_after("publish"),
        "edition": edition,
        "published": {**content, "edition": edition, "at": work.now},
        "published_at": work.now,
        "listed": True,
        "reason": None,
        "slug": practice["slug"] or slug(content["title"], id),
        "tokens": found_by(content, *_names(content)),
    }
    kept = {"_id": derived_id(EDITIONS, id, str(edition)), "practice": id, "edition": edition, "at": work.now}
    work.put(EDITIONS, {**kept, "author": practice["author"], "reviewer": caller.id, "content": content})
    tell(work, practice, PracticePublished, caller)
    return _keep(work, practice, "published", caller, edition=edition)


def withdraw(work: Work, id: str, caller: Caller, reason: str | None) -> Document:
    """Takes a practice from its readers; its editions stay. Its author may make a draft of it again."""
    practice = _begin(work, id, "withdraw", caller)
    practice |= {"state": state_after("withdraw"), "published": None, "listed": False, "tokens": []}
    return _keep(work, practice, "withdrawn", caller, reason=reason)


def vote(work: Work, id: str, caller: Caller, helpful: bool) -> None:
    """A reader says whether it helped; whoever says it again has changed their mind."""
    practice = work.get(PRACTICES, id)
    if practice is None or not practice["listed"]:
        raise not_found()
    key = vote_id(id, caller)
    known = work.get(VOTES, key) or {"_id": key, "practice": id}
    work.put(VOTES, {**known, "helpful": helpful, "at": work.now})


def vote_id(practice: str, caller: Caller) -> str:
    """The one vote of a reader; who it was does not stand in it."""
    return derived_id(VOTES, practice, caller.id or "")


def found_as_published(practice: Document) -> list[str]:
    """The stems by which its readers find a practice; none while it has no readers."""
    content = practice["published"]
    return found_by(content, *_names(content)) if practice["listed"] and content else []


def _begin(work: Work, id: str, action: Action, caller: Caller) -> Document:
    """The practice, if the caller may do this to it now. Raises 404, 403, or 409 with what is possible."""
    practice = work.get(PRACTICES, id)
    if practice is None or not readable(caller, practice):
        raise not_found()
    mine = parties_of(caller, practice)
    verdict = judge(action, practice["state"], mine)
    if verdict == "not_you":
        raise forbidden()
    if verdict == "not_now":
        extra = {"state": practice["state"], "allowed": list(allowed(practice["state"], mine))}
        detail = N_("The good practice is not in a state that allows this; `allowed` names what is possible now.")
        raise Problem(409, N_("Not possible now"), detail, kind="transition-not-allowed", extra=extra)
    return practice


def _keep(work: Work, practice: Document, action: str, caller: Caller, **facts: Any) -> Document:
    line = {"at": work.now, "action": action, "actor": caller.id, **{k: v for k, v in facts.items() if v}}
    practice["history"] = [*practice["history"], line][-_MOST_LINES:]
    practice["updated_at"] = work.now
    return work.put(PRACTICES, practice)


def _names(content: Content) -> list[str]:
    """What its themes and its procedure are called, so that it is found by that, too."""
    themes = [theme.name_it for code in content["themes"] if (theme := vocabulary.theme(code))]
    procedure = vocabulary.procedure(content["procedure"]) if content["procedure"] else None
    return [*themes, procedure.name_it] if procedure else themes
