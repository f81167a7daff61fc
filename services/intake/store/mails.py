"""Mails as they came in: one document for each (Message-ID, recipient), with the original bytes.

A document exists if and only if the mail was answered 250 and waits in the queue no longer; that is what makes a
second delivery a no-op.
"""

from collections.abc import Iterable
from datetime import datetime

from services.chassis.mongo import Database, Document, Index
from services.chassis.paging import page_of
from services.chassis.together import Together, Wave
from services.intake.store.files import FileStore
from services.intake.store.requests import behind

MAILS = "mails"
OUTGOING = "outgoing"
"""What was told of mails of ours, by delivery: bounces and receipts."""
ANSWERS = "mail_answers"
"""Answers to strangers: one a day and address."""
ORIGINAL = "original"
"""The kind of file that a mail names."""
WAITING = ("held", "quarantined", "aside")
"""States of a mail about which somebody may still decide."""
UNDECIDED = ("quarantined", "aside")
"""Of those, the ones that are removed in the end."""
EXPIRED = "expired"
INDEXES = (
    Index(MAILS, (("sender", 1), ("received_at", 1))),
    Index(MAILS, (("message_id", 1),)),
    Index(MAILS, (("state", 1), ("received_at", -1), ("_id", -1)), partial={"reason": {"$type": "string"}}),
    Index(MAILS, (("author.addresses", 1),), partial={"author.addresses": {"$type": "string"}}),
    Index(MAILS, (("file", 1),), partial={"file": {"$type": "string"}}),
    Index(OUTGOING, (("request", 1),)),
    Index(ANSWERS, (("day", 1),)),
    Index(ANSWERS, (("at", 1),), ttl_days=60),
    Index(ANSWERS, (("due_at", 1),), partial={"due_at": {"$type": "date"}}),
)
INLINE = 1_000_000
"""Originals up to this size are kept in the document, larger ones in GridFS."""


class MailStore:
    """Reads mails; they are written by handlers through their Work."""

    def __init__(self, database: Database, files: FileStore) -> None:
        self._database = database
        self._files = files
        self.wave = Wave()
        """Mails that are being taken now."""
        self._requests: Together[str, str] = Together(self._requests_of)
        self._known: Together[str, bool] = Together(self._those_known, 0.03, self.wave)

    async def known(self, id: str) -> bool:
        """Whether this mail was taken before; asked for many mails at once, which go on together."""
        return id in await self._known.of((id,))

    async def _those_known(self, ids: list[str]) -> dict[str, bool]:
        found = await self._database.find(MAILS, {"_id": {"$in": ids}}, {"_id": 1})
        return {row["_id"]: True for row in found}

    async def request_of(self, message_ids: Iterable[str]) -> str | None:
        """The request that one of these earlier mails made or joined, the first of them that did."""
        found = await self._requests.of(message_ids)
        return next(iter(found.values()), None)

    async def _requests_of(self, message_ids: list[str]) -> dict[str, str]:
        where = {"message_id": {"$in": message_ids}, "request": {"$ne": None}}
        rows = await self._database.find(MAILS, where, {"request": 1, "message_id": 1})
        return {row["message_id"]: row["request"] for row in rows}

    async def openings(self, sender: str, since: datetime, most: int) -> int:
        """How many requests this person opened by mail since then, counted up to `most`."""
        where = {"sender": sender, "received_at": {"$gte": since}, "opened": True}
        return await self._database[MAILS].count_documents(where, limit=most)

    async def outgoing(self, request: str) -> list[Document]:
        """What was told of our mails about a request."""
        found = self._database[OUTGOING].find({"request": request}, sort=[("_id", 1)], limit=500)
        return [row async for row in found]

    async def answers_of(self, day: str) -> int:
        """How many strangers were answered on this day."""
        return await self._database[ANSWERS].count_documents({"day": day})

    async def answers_due(self, now: datetime, most: int) -> list[Document]:
        """Answers to send, oldest first."""
        found = self._database[ANSWERS].find({"due_at": {"$lte": now}}, sort=[("due_at", 1)], limit=most)
        return [row async for row in found]

    async def waiting(self, id: str) -> Document | None:
        """A mail that waits, or waited, for a decision; those that took effect at once are not among them."""
        where = {"_id": id, "state": {"$in": [*WAITING, "decided"]}, "erased": {"$ne": True}}
        return await self._database[MAILS].find_one(where)

    async def page(self, state: str, limit: int, cursor: str | None) -> tuple[list[Document], str | None]:
        """Mails in a state, newest first, without their originals, and the cursor of the next page. Raises 422."""
        where: Document = {"state": state, "reason": {"$type": "string"}, "erased": {"$ne": True}}
        where |= behind(cursor, "received_at") if cursor else {}
        order = [("received_at", -1), ("_id", -1)]
        found = self._database[MAILS].find(where, {"raw": 0}, sort=order, limit=limit + 1)
        rows = [row async for row in found]
        return page_of(rows, limit, "received_at", "_id")

    async def count(self, state: str, most: int) -> int:
        """How many mails are in a state, counted up to `most`."""
        where: Document = {"state": state, "reason": {"$type": "string"}, "erased": {"$ne": True}}
        return await self._database[MAILS].count_documents(where, limit=most)

    async def original(self, row: Document) -> bytes:
        """The bytes as they came in."""
        if row["file"] is None:
            return bytes(row["raw"])
        return b"".join([piece async for piece in self._files.read(row["file"])])

    async def expire(self, before: datetime, most: int) -> int:
        """Removes what came before that moment and nobody has decided about, with the originals; returns how many.

        It is taken out of the decision's reach first: who decides about it at that moment is told that it is too late.
        """
        undecided = {"$in": [*UNDECIDED, EXPIRED]}
        where = {"state": undecided, "reason": {"$type": "string"}, "received_at": {"$lt": before}}
        rows = await self._database.find(MAILS, where, {"file": 1, "version": 1, "state": 1}, limit=most)
        for row in rows:
            taken = {"_id": row["_id"], "state": row["state"], "version": row["version"]}
            changed = {"$set": {"state": EXPIRED}, "$inc": {"version": 1}}
            if (await self._database[MAILS].update_one(taken, changed)).matched_count:
                if row["file"]:
                    await self._files.remove(row["file"])
                await self._database[MAILS].delete_one({"_id": row["_id"]})
        return len(rows)

    async def forget(self, person: str) -> int:
        """Removes the originals that an erased person sent; the ids stay, so that nothing is taken twice."""
        return await self._forget({"sender": person, "erased": {"$ne": True}})

    async def forget_waiting(self, addresses: list[str]) -> int:
        """The same for mails from these addresses that nobody had recognised, or decided about."""
        return await self._forget({"author.addresses": {"$in": addresses}}) if addresses else 0

    async def _forget(self, where: Document) -> int:
        rows = [row async for row in self._database[MAILS].find(where, {"file": 1})]
        for row in rows:
            if row["file"]:
                await self._files.remove(row["file"])
            emptied: Document = {"raw": b"", "file": None, "files": [], "erased": True}
            emptied |= dict.fromkeys(("sender", "author", "certificate"))
            await self._database[MAILS].update_one({"_id": row["_id"]}, {"$set": emptied})
        return len(rows)
