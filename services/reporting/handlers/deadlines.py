"""Deadlines that are told: at risk after three quarters of the target, breached after it, corrected if wrong.

What was told stays in `deadlines`, which no rebuild drops, one document a request: the same is never told twice,
by whatever process. A late event that proves a told deadline wrong leads to a correction; a pause or an urgency that
came after the telling does not, because it was right when it was told. Warnings wait for the office to open;
a breach is told when it happens.
"""

from datetime import datetime, timedelta

from contracts.envelope import derived_id
from contracts.service_levels import CorrectedData, DeadlineAtRisk, DeadlineBreached, DeadlineCorrected, DeadlineData
from contracts.working_time import BROKEN, Reading, calendar_of, next_opening, read_life, reading, verdict
from services.chassis.mongo import Document
from services.chassis.work import Work
from services.reporting.handlers.facts import lead_of, look_again, moments_of
from services.reporting.store import DEADLINES, FACTS

KINDS = {"at_risk": DeadlineAtRisk, "breached": DeadlineBreached}
_JUST_AFTER = timedelta(milliseconds=1)


def tell(work: Work, id: str) -> int:
    """Publishes what is to be told of one request now, and notes when to look again. How much was told."""
    fact = work.get(FACTS, id)
    if fact is None or "received_at" not in fact:
        return 0
    told = work.get(DEADLINES, id) or {"_id": id, "sequence": 0, "told": {}}
    before = told["sequence"]
    for name in told["told"]:
        _correct(work, fact, told, name)
    looks = [look for clock in fact["clocks"] if (look := _tell_clock(work, fact, told, Reading(**clock)))]
    if told["sequence"] != before:
        work.put(DEADLINES, told)
    look_again(fact, min(looks, default=None))
    work.put(FACTS, fact)
    return int(told["sequence"] - before)


def _tell_clock(work: Work, fact: Document, told: Document, clock: Reading) -> datetime | None:
    """Tells what is due of one clock. When to look next, None if nothing more can come."""
    match verdict(clock.state, clock.due_at, clock.warn_at, work.now):
        case "overdue":
            _publish(work, fact, told, clock, "breached")
            return None
        case "at_risk":
            opens = next_opening(calendar_of(fact["province"]), work.now)
            breach = clock.due_at + _JUST_AFTER if clock.due_at else None
            if opens > work.now and not _stands(told, clock.metric, "at_risk"):
                return min(opens, breach or opens)
            _publish(work, fact, told, clock, "at_risk")
            return breach
        case "in_time":
            future = [at for at in (clock.warn_at, clock.due_at and clock.due_at + _JUST_AFTER) if at and at > work.now]
            return min(future, default=None)
    return None


def _publish(work: Work, fact: Document, told: Document, clock: Reading, kind: str) -> None:
    if clock.due_at is None or _stands(told, clock.metric, kind):
        return
    name = f"{clock.metric}.{kind}"
    times = told["told"].get(name, {}).get("times", 0) + 1
    id = _send(work, told, KINDS[kind], _data(fact, clock.metric, clock.due_at, clock.target_minutes), name, times)
    told["told"][name] = {
        "id": id, "metric": clock.metric, "kind": kind, "due_at": clock.due_at, "target_minutes": clock.target_minutes,
        "at": work.now, "times": times, "stands": True, "corrections": 0,
    }  # fmt: skip


def _correct(work: Work, fact: Document, told: Document, name: str) -> None:
    """Looks at one told deadline with what is known now of the instant at which it was told."""
    entry = told["told"][name]
    life = read_life(fact["received_at"], moments_of(fact, until=entry["at"]))
    calendar = calendar_of(fact["province"])
    clock = reading(entry["metric"], life, entry["target_minutes"], calendar)
    then = verdict(clock.state, clock.due_at, clock.warn_at, entry["at"])
    stands = then in BROKEN or (entry["kind"] == "at_risk" and then == "at_risk")
    due_at = clock.due_at or _due_now(fact, entry["metric"])
    if due_at is None or (stands, due_at) == (entry["stands"], entry["due_at"]):
        return  # While the clock stands still nobody knows the right deadline: its next event brings us back.
    if not entry["stands"] and not stands:
        entry["due_at"] = due_at
        return  # It was called off before; another date of what did not happen helps nobody.
    entry["corrections"] += 1
    data = CorrectedData(
        **_data(fact, entry["metric"], due_at, entry["target_minutes"]).model_dump(),
        breached=then in BROKEN,
        previous_due_at=entry["due_at"],
    )
    _send(work, told, DeadlineCorrected, data, name, entry["times"], entry["corrections"])
    entry.update(due_at=due_at, stands=stands)


def _send(work: Work, told: Document, model: type, data: DeadlineData, name: str, *counters: int) -> str:
    """Publishes under an id that the same telling always has. Each telling has a sequence of its own."""
    told["sequence"] += 1
    event = work.publish(model, told["_id"], told["sequence"], data)
    id = derived_id(told["_id"], model.__name__, name, *map(str, counters))
    work.events[-1] = event.model_copy(update={"id": id})
    return id


def _data(fact: Document, metric: str, due_at: datetime, target_minutes: int) -> DeadlineData:
    return DeadlineData.model_validate(
        {
            "request": fact["_id"], "number": fact["number"], "metric": metric, "due_at": due_at,
            "target_minutes": target_minutes, "lead": lead_of(fact), "request_order": tuple(fact["order"]),
        }
    )  # fmt: skip


def _due_now(fact: Document, metric: str) -> datetime | None:
    return next((clock["due_at"] for clock in fact["clocks"] if clock["metric"] == metric), None)


def _stands(told: Document, metric: str, kind: str) -> bool:
    return bool(told["told"].get(f"{metric}.{kind}", {}).get("stands"))
