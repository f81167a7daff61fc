"""What becomes of a delivery after an attempt, and after reports about it: pure decisions over a Work."""

from datetime import timedelta

from contracts.envelope import Event, derived_id, event_type
from contracts.mails import LOST
from contracts.notifications import FailedData, NotificationData, NotificationFailed, NotificationSent
from services.chassis.mongo import Document
from services.chassis.work import Work
from services.notify.channels.letter import Outcome
from services.notify.domain import delay_after
from services.notify.messages import OF_NO_REQUEST
from services.notify.store import ATTEMPTS, DELIVERIES

CLAIMABLE = ("due", "sending")


def claim(work: Work, ids: list[str], claimed_for: timedelta) -> list[Document]:
    """Takes what is still due, or whose claim has run out; somebody else's is left alone. Returns it as it is now."""
    taken: list[Document | None] = []
    for id in ids:
        delivery = work.get(DELIVERIES, id)
        if delivery is None or delivery["status"] not in CLAIMABLE or delivery["due_at"] > work.now:
            continue
        ours = {"attempts": delivery["attempts"] + 1, "status": "sending", "due_at": work.now + claimed_for}
        work.put(DELIVERIES, {**delivery, **ours})
        taken.append(work.get(DELIVERIES, id))
    return [delivery for delivery in taken if delivery]


def release(work: Work, id: str, attempt: int) -> None:
    """Gives a claim back of which nothing left: the attempt does not count."""
    delivery = _ours(work, id, attempt)
    if delivery:
        back = {"status": "due", "attempts": attempt - 1, "due_at": work.now}
        work.put(DELIVERIES, {**delivery, **back})


def record(work: Work, id: str, attempt: int, outcome: Outcome | None, chance: float) -> None:
    """Keeps what came of an attempt, and tells it when it is final; without an outcome the claim is given back."""
    if outcome is None:
        release(work, id, attempt)
        return
    key = attempt_id(id, attempt)
    if work.get(ATTEMPTS, key) is None:
        row = {"_id": key, "delivery": id, "number": attempt, "at": work.now}
        work.put(ATTEMPTS, {**row, "outcome": outcome.kind, "reason": outcome.reason})
    delivery = _ours(work, id, attempt)
    if delivery is None:
        return  # The claim ran out and somebody else has it: they will say what became of it.
    late = work.now >= delivery["give_up_at"]
    if outcome.kind == "sent":
        delivery |= {"status": "sent", "sent_at": work.now, "reason": None}
    elif outcome.kind == "refused" or late:
        delivery |= {"status": "failed", "reason": outcome.reason}
    else:
        delivery |= {"status": "due", "reason": outcome.reason, "due_at": work.now + delay_after(attempt, chance)}
    work.put(DELIVERIES, delivery)
    _tell(work, delivery)
    if came_back(delivery):
        fail(work, delivery)


def came_back(delivery: Document) -> bool:
    """Whether what was taken for sent has been reported not to arrive."""
    return delivery["status"] == "sent" and delivery.get("receipt") in LOST


def fail(work: Work, delivery: Document) -> None:
    """Ends a delivery that was sent and came back. Its report may have been quicker than our record of the sending."""
    code = next((row["code"] for row in reversed(delivery["receipts"]) if row["fate"] == delivery["receipt"]), None)
    ended = delivery | {"status": "failed", "reason": f"returned_{code or delivery['receipt']}"[:64]}
    work.put(DELIVERIES, ended)
    _tell(work, ended, late=True)


def attempt_id(delivery: str, attempt: int) -> str:
    """The id of the record of one attempt."""
    return derived_id(delivery, str(attempt))


def _ours(work: Work, id: str, attempt: int) -> Document | None:
    delivery = work.get(DELIVERIES, id)
    return delivery if delivery and (delivery["status"], delivery["attempts"]) == ("sending", attempt) else None


def _tell(work: Work, delivery: Document, late: bool = False) -> None:
    facts = {
        "delivery": delivery["_id"],
        "cause": delivery["cause"],
        "request": None if delivery["message"] in OF_NO_REQUEST else delivery["request"],
        "recipient": delivery["recipient"],
        "channel": delivery["channel"],
        "message": delivery["message"],
        "attempts": delivery["attempts"],
    }
    if delivery["status"] == "sent":
        _publish(work, NotificationSent, delivery, NotificationData(**facts), late)
    elif delivery["status"] == "failed":
        _publish(work, NotificationFailed, delivery, FailedData(**facts, reason=delivery["reason"]), late)


def _publish(work: Work, model: type[Event], delivery: Document, data: NotificationData, late: bool) -> None:
    """The id derives from delivery and attempt: deciding again tells the same fact. late: after it had been sent."""
    work.correlation = delivery["correlation"]
    event = work.publish(model, delivery["_id"], 2 * delivery["attempts"] - (0 if late else 1), data)
    id = derived_id(delivery["_id"], event_type(model), str(delivery["attempts"]))
    work.events[-1] = event.model_copy(update={"id": id})
