"""The IMAP poller: mail that lies in a mailbox comes in by the same `receive` as at the listeners.

Nothing is remembered here. A mail that was taken is moved to the folder `imap_taken`; who dies before that finds it
again, and taking it twice has no effect. What can never be taken is moved to `imap_unread`, with a note that says why.
What cannot be taken now stays where it is. One process at a time, by lease.
"""

import asyncio
import email
import re
from email.message import EmailMessage
from email.utils import getaddresses
from imaplib import IMAP4
from ssl import create_default_context

import structlog
from imapclient import IMAPClient

from services.chassis.jobs import Job
from services.chassis.mongo import Database
from services.intake.mailbox.dialogue import LARGEST
from services.intake.mailbox.listener import Receive
from services.intake.mailbox.settings import MailSettings

log = structlog.get_logger()
_TIMEOUT = 30.0
_IDLE_FOR, _LOOK_EVERY = 10.0, 0.25
_MOST_TRIES = 5
_ROUTING = ("delivered-to", "x-original-to", "envelope-to", "to", "cc")
_ADDRESS = re.compile(r"[\x21-\x7e]{3,300}")
_AWAY = (IMAP4.error, OSError, TimeoutError)


class Poller:
    """One mailbox; without a server in the settings it does nothing."""

    def __init__(
        self, database: Database, settings: MailSettings, own: str, receive: Receive, pause: float = 5.0
    ) -> None:
        self._settings = settings
        self._job = Job(database, "mail-poller", pause, self._poll)
        self._own = (settings.imap_recipient or own).lower()
        self._receive = receive
        self._client: IMAPClient | None = None
        self._failed: dict[int, tuple[int, int]] = {}
        """Of each mail that was not possible: how often, and how many had been taken when it first was not."""
        self._taken = 0
        self._stopping = False

    async def start(self) -> None:
        """Begins, as soon as no other process does it."""
        if self._settings.imap_host:
            await self._job.start()

    async def stop(self) -> None:
        """Lets the mail in hand be finished, and takes no further one."""
        self._stopping = True
        if self._settings.imap_host:
            await self._job.stop()

    async def _poll(self) -> bool:
        """Takes what is there, then waits a while for more; whether to go on at once."""
        try:
            client = self._client or await asyncio.to_thread(self._connect)
            self._client = client
            taken = await self._take_all(client)
            if not (taken or self._failed or self._stopping):
                await asyncio.to_thread(self._wait, client)
        except _AWAY as error:
            log.warning("mailbox_away", error=type(error).__name__)
            self._drop()
            return False
        if self._stopping:
            self._drop()
        # What could not be taken now is tried again after the job's pause, not at once.
        return not self._stopping and not self._failed

    def _connect(self) -> IMAPClient:
        settings = self._settings
        context = create_default_context() if settings.imap_tls else None
        client = IMAPClient(
            settings.imap_host, settings.imap_port, ssl=settings.imap_tls, ssl_context=context, timeout=_TIMEOUT
        )
        client.login(settings.imap_user, settings.imap_password.get_secret_value())
        for folder in (settings.imap_taken, settings.imap_unread):
            if not client.folder_exists(folder):
                client.create_folder(folder)
        client.select_folder(settings.imap_folder)
        log.info("mailbox_opened", folder=settings.imap_folder)
        return client

    def _drop(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            try:
                client.shutdown()
            except _AWAY:
                log.debug("mailbox_gone")

    async def _take_all(self, client: IMAPClient) -> int:
        """How many mails left the folder, oldest first; one that is not possible now holds up none behind it."""
        found: list[int] = sorted(await asyncio.to_thread(client.search, "ALL"))
        present = set(found)
        self._failed = {uid: failure for uid, failure in self._failed.items() if uid in present}
        before = self._taken
        for uid in found:
            if self._stopping:
                break
            await self._take(client, uid)
        return self._taken - before

    async def _take(self, client: IMAPClient, uid: int) -> None:
        size = await asyncio.to_thread(client.fetch, [uid], ["RFC822.SIZE"])
        if uid not in size:
            return  # Somebody else has taken it out of the folder.
        if size[uid][b"RFC822.SIZE"] > LARGEST:
            await asyncio.to_thread(self._set_aside, client, uid, b"", "552 larger than 30 MB")
        else:
            raw = bytes((await asyncio.to_thread(client.fetch, [uid], ["BODY.PEEK[]"]))[uid][b"BODY[]"])
            reply = await self._receive(raw, *self._envelope(raw))
            if 400 <= reply.code < 500 and self._may_succeed(uid):
                return
            if reply.code < 300:
                await asyncio.to_thread(self._move, client, uid, self._settings.imap_taken)
            else:
                await asyncio.to_thread(self._set_aside, client, uid, raw, str(reply))
        self._failed.pop(uid, None)
        self._taken += 1

    def _may_succeed(self, uid: int) -> bool:
        """Only when others were taken since is it this mail's fault that it is not."""
        tries, taken = self._failed.get(uid, (0, self._taken))
        self._failed[uid] = (tries + 1, taken)
        return tries + 1 < _MOST_TRIES or taken == self._taken

    def _envelope(self, raw: bytes) -> tuple[str, str]:
        """Return path and recipient as the server that delivered the mail noted them."""
        head = email.message_from_bytes(raw[:200_000].partition(b"\r\n\r\n")[0][:200_000])
        path = str(head.get("return-path", "<unknown@unknown>")).strip().strip("<>")
        domain = self._own.rpartition("@")[2]
        values = [str(value)[:2_000] for name, value in head.raw_items() if name.lower() in _ROUTING]
        addresses = [address.lower() for _, address in getaddresses(values[:50])]
        mine = [one for one in addresses if one.rpartition("@")[2] == domain and _ADDRESS.fullmatch(one)]
        # A signed tag in one of them is worth more than the plain address beside it.
        return path, next((one for one in mine if "+" in one), mine[0] if mine else self._own)

    def _move(self, client: IMAPClient, uid: int, folder: str) -> None:
        if client.has_capability("MOVE"):
            client.move([uid], folder)
            return
        client.copy([uid], folder)
        client.delete_messages([uid])
        client.expunge([uid] if client.has_capability("UIDPLUS") else None)

    def _set_aside(self, client: IMAPClient, uid: int, raw: bytes, reason: str) -> None:
        """The reason first, then the mail: a mail without a reason never lies there."""
        note = EmailMessage()
        note["From"] = note["To"] = self._own
        note["Subject"] = f"Affianca: {reason}"[:200]
        note["In-Reply-To"] = (email.message_from_bytes(raw[:20_000]).get("message-id") or "").strip()[:200] or None
        note.set_content(f"The mail beside this note could not be taken: {reason}")
        client.append(self._settings.imap_unread, note.as_bytes())
        self._move(client, uid, self._settings.imap_unread)
        log.warning("mail_set_aside", uid=uid, code=reason[:3])

    def _wait(self, client: IMAPClient) -> None:
        """Until there is news, for a while."""
        if not client.has_capability("IDLE"):
            client.noop()
            return
        client.idle()
        try:
            waited = 0.0
            while waited < _IDLE_FOR and not self._stopping and not client.idle_check(timeout=_LOOK_EVERY):
                waited += _LOOK_EVERY
        finally:
            client.idle_done()
