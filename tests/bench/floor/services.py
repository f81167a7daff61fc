"""The floor's four services: for each batch exactly the documents and messages that the real ones write for it.

Documents are copies of samples that the pipeline of the same run has left, so their sizes and indexes are the same;
a document that is changed gets the fields that the real service changes.
"""

import asyncio
import sys

import orjson

from contracts.envelope import new_id
from tests.bench.floor.postmen import Postman, open_postmen, send_all
from tests.bench.floor.wire import BATCH, Document, Wire, change, claims
from tests.bench.material import request_body

OFFERED = "affianca.assignment.offered.v1"


async def intake(wire: Wire) -> None:
    """Stores as many requests as its standard input says, and what is told of their assignments."""
    projecting = asyncio.create_task(_project(wire))
    first = 0
    while line := await asyncio.to_thread(sys.stdin.readline):
        numbers = range(first, first + int(line))
        for start in range(0, len(numbers), BATCH):
            await _accept(wire, numbers[start : start + BATCH])
        first = numbers.stop
    await projecting


async def _accept(wire: Wire, numbers: range) -> None:
    requests, lines, outbox = [], [], []
    for number in numbers:
        form = orjson.loads(request_body(number))
        id = new_id()
        requests.append({**wire.samples["requests_new"], **form, "_id": id, "number": f"2026-{number:06d}"})
        lines.append({**wire.samples["timeline_submitted"], "_id": new_id(), "request": id})
        outbox.append(wire.outbox_row("submitted", id))
    await wire.store({"requests": requests, "timeline": lines}, outbox=outbox)


async def _project(wire: Wire) -> None:
    sample = wire.samples["requests"]
    news = {name: sample[name] for name in ("assignment", "status", "lead")}
    async for events in wire.batches("assignments"):
        found = await wire.found("requests", [event["subject"] for event in events])
        changed = [change(row, **news) for row in found.values()]
        lines = [{**wire.samples["timeline"], "_id": new_id(), "request": event["subject"]} for event in events]
        await wire.store({"inbox": claims(events, wire.samples["inbox"]), "timeline": lines}, {"requests": changed})


async def routing(wire: Wire) -> None:
    """Keeps the case, then decides: assignment, reasons, the experts' loads, and the offer that is told."""
    loads = {row["_id"]: {**row, "held": [], "version": 1} for row in wire.samples["loads"]}
    await wire.store({"loads": list(loads.values())})
    experts, turn = list(loads), 0
    sample = wire.samples["cases"]
    offered = {name: sample[name] for name in ("lead", "round", "sequence", "queue", "stuck", "told")}
    async for events in wire.batches("requests"):
        new = [{**wire.samples["cases_new"], "_id": event["subject"], "number": event["id"]} for event in events]
        await wire.store({"inbox": claims(events, wire.samples["inbox"]), "cases": new})
        made, reasons, outbox, touched = [], [], [], set()
        for event in events:
            id, turn = new_id(), turn + 1
            expert = experts[turn % len(experts)]
            loads[expert]["held"].append(id)
            touched.add(expert)
            made.append({**wire.samples["assignments"], "_id": id, "request": event["subject"]})
            reasons.append({**wire.samples["decisions"], "_id": id, "request": event["subject"]})
            outbox.append(wire.outbox_row("offered", event["subject"]))
        taken = [change(loads[expert], held=loads[expert]["held"]) for expert in touched]
        changed = {"cases": [change(row, **offered) for row in new], "loads": taken}
        await wire.store({"assignments": made, "decisions": reasons}, changed, outbox)
        for expert in touched:
            loads[expert]["version"] += 1


async def notify(wire: Wire) -> None:
    """Keeps states and notices, plans notifications and deliveries, and with mail records that each went."""
    samples, mail = wire.samples, wire.facts["mail"]
    postmen = await open_postmen(wire.facts["letters"]) if mail else []
    async for events in wire.batches("requests", "assignments"):
        states = [{**samples["states"], "_id": event["subject"]} for event in events if event["type"] != OFFERED]
        notices = [
            {**samples["notices_new"], "_id": new_id(), "cause": event["id"], "request": event["subject"]}
            for event in events
        ]
        await wire.store({"inbox": claims(events, samples["inbox"]), "requests": states, "notices": notices})
        shown = [{**samples["notifications"], "_id": new_id(), "position": new_id()} for _ in events]
        kind = "deliveries_new" if mail else "deliveries"
        due = [{**samples[kind], "_id": new_id(), "position": new_id(), "version": 1} for _ in events]
        planned = [change(row, status="planned") for row in notices]
        await wire.store({"notifications": shown, "deliveries": due}, {"notices": planned})
        if mail:
            await _sent(wire, due, postmen)


async def _sent(wire: Wire, due: list[Document], postmen: list[Postman]) -> None:
    """Each delivery is claimed, leaves as a mail, then is recorded and told."""
    sample = wire.samples["deliveries"]
    claimed = {"status": "sending", "attempts": 1, "due_at": sample["due_at"]}
    await wire.store({}, {"deliveries": [change(row, **claimed) for row in due]})
    await send_all(postmen, len(due))
    went = {"status": "sent", "sent_at": sample["sent_at"]}
    sent = [change({**row, "version": 2}, **went) for row in due]
    tries = [{**wire.samples["attempts"], "_id": new_id(), "delivery": row["_id"]} for row in due]
    outbox = [wire.outbox_row("sent", row["_id"]) for row in due]
    await wire.store({"attempts": tries}, {"deliveries": sent}, outbox)


async def reporting(wire: Wire) -> None:
    """Keeps one fact a request, and what is told of its assignment."""
    sample = wire.samples["facts"]
    async for events in wire.batches("requests", "assignments"):
        found = await wire.found("facts", [event["subject"] for event in events])
        new: dict[str, Document] = {}
        changed = []
        for event in events:
            id = event["subject"]
            if id in found:
                changed.append(change(found[id], assignment=sample["assignment"]))
            else:
                new[id] = {**sample, "_id": id, "version": 1}
        written = {"inbox": claims(events, wire.samples["inbox"]), "facts": list(new.values())}
        await wire.store(written, {"facts": changed})
