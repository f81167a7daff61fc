"""One answer to many: the same message in the conversation of each of several requests, each body sees its own.

All in one unit of work, decided request by request: one whose state does not allow it is told, and stops no other.
Only who leads or coordinates a request answers it here; the body's own people do not.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from contracts.requests import Outcome
from services.chassis.auth import Caller
from services.chassis.i18n import N_
from services.chassis.mongo import Document
from services.chassis.problems import Problem
from services.chassis.work import Work
from services.intake.domain.transitions import Action, judge
from services.intake.handlers import conversation, requests
from services.intake.store.requests import REQUESTS
from services.intake.store.visibility import parties, sees

MOST = 100
UNKNOWN = N_("It does not exist, or you may not see it.")
NOT_YOURS = N_("You neither follow nor coordinate it.")
NOT_NOW = N_("Its state does not allow this any more.")


@dataclass(frozen=True)
class Answer:
    """What is said to all of them; outcome: each is declared resolved with it."""

    text: str
    outcome: Outcome | None = None

    @property
    def action(self) -> Action:
        """What is done to each request."""
        return "resolve" if self.outcome else "message"


def answer_all(work: Work, named: Sequence[tuple[str, str | None]], caller: Caller, said: Answer) -> list[Document]:
    """What became of each: `done` with the id of its message, or `refused` with the reason (msgid).

    named: number and id, None where there is no such request.
    """
    return [_answer(work, number, id, caller, said) for number, id in named]


def obstacle(request: Document | None, caller: Caller, action: Action) -> str | None:
    """Why the caller cannot do this to the request now (msgid), None if they can."""
    if request is None or not sees(caller, request):
        return UNKNOWN
    mine = parties(caller, request) - {"requester"}
    verdict = judge(action, request["status"], mine)
    return {"yes": None, "not_you": NOT_YOURS, "not_now": NOT_NOW}[verdict]


def _answer(work: Work, number: str, id: str | None, caller: Caller, said: Answer) -> dict[str, Any]:
    request = work.get(REQUESTS, id) if id else None
    told: dict[str, Any] = {"number": number, "outcome": "refused", "message": None}
    fault = obstacle(request, caller, said.action)
    if fault or id is None:
        return told | {"detail": fault or UNKNOWN}
    try:
        if said.outcome:
            resolved = requests.resolve(work, id, caller, said.outcome, said.text)
            message = resolved["resolution"]["message"]
        else:
            message = conversation.post_message(work, id, caller, said.text, channel="web")["_id"]
    except Problem as problem:
        # Raised before anything of this request was written.
        return told | {"detail": problem.detail or problem.title}
    return told | {"outcome": "done", "message": message, "detail": ""}
