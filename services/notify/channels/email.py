"""E-mail over SMTP: one connection a batch, and the same Message-ID whenever the same delivery is sent again."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from email.utils import format_datetime, parseaddr

import aiosmtplib

from contracts.mail_references import MailReference, message_id, reply_address
from services.chassis.appointments import Appointment, calendar_text, uid_of
from services.chassis.settings import Settings
from services.notify.channels import mail
from services.notify.channels.letter import SENT, Letter, Outcome, Send
from services.notify.messages import APPOINTMENTS
from services.notify.texts import Texts

_TIMEOUT = 20.0
_OF_EVERY_MAIL = "Auto-Submitted: auto-generated\r\nX-Auto-Response-Suppress: All\r\n"


class Email:
    """The channel `email`."""

    def __init__(self, settings: Settings, texts: Texts) -> None:
        self._settings = settings
        self._texts = texts
        self._sender = parseaddr(settings.mail_from)[1]
        self._host = self._sender.rpartition("@")[2]
        self._from = mail.address_header("From", f"Affianca – {settings.programme}", self._sender)
        self._secret = settings.secret_key.get_secret_value()

    @asynccontextmanager
    async def connected(self) -> AsyncIterator[Send]:
        """Sends over one connection; when it breaks, what follows in the batch is delayed without trying."""
        settings = self._settings
        client = aiosmtplib.SMTP(hostname=settings.smtp_host, port=settings.smtp_port, timeout=_TIMEOUT)
        broken = ""

        async def send(letter: Letter) -> Outcome:
            nonlocal broken
            if broken:
                return Outcome("delayed", broken)
            outcome = await self._send(client, letter)
            if outcome.reason in ("unreachable", "interrupted"):
                broken = outcome.reason
            return outcome

        try:
            yield send
        finally:
            if client.is_connected:
                with suppress(aiosmtplib.SMTPException, OSError, TimeoutError):
                    await client.quit()
            client.close()

    async def _send(self, client: aiosmtplib.SMTP, letter: Letter) -> Outcome:
        try:
            content = self.compose(letter)
        except ValueError:
            return Outcome("refused", "unusable_address")
        try:
            if not client.is_connected:
                await client.connect()
        except (aiosmtplib.SMTPException, OSError, TimeoutError):
            return Outcome("delayed", "unreachable")
        try:
            await client.sendmail(self._sender, [letter.recipient.email], content)
        except (aiosmtplib.SMTPException, OSError, TimeoutError, ValueError) as error:
            return outcome_of(error)
        return SENT

    def compose(self, letter: Letter) -> bytes:
        """The mail. Raises ValueError for an address that cannot stand in a header."""
        person = letter.recipient
        text = self._texts.mail(letter.message, person.language, letter.values)
        about = self._texts.about(letter.message, letter.number, person.language)
        headers = [
            mail.header("Subject", f"[{about}] {text.title}"),
            self._from,
            mail.address_header("To", person.name, person.email),
            f"Reply-To: {reply_address(self._secret, letter.number, self._sender)}\r\n",
            f"Date: {format_datetime(letter.at)}\r\nMessage-ID: {self._message_id(letter, letter.id)}\r\n",
        ]
        if letter.thread:
            first = self._message_id(letter, letter.thread)
            headers.append(f"In-Reply-To: {first}\r\nReferences: {first}\r\n")
        headers.append(_OF_EVERY_MAIL)
        headers.append(f"Content-Language: {person.language}\r\n")
        calendar = self._appointment(letter) if letter.message in APPOINTMENTS else None
        return mail.alternatives(headers, letter.id, text.plain, text.html, calendar)

    def _appointment(self, letter: Letter) -> mail.CalendarPart:
        """The talk as calendars take it. Where it takes place is free text, which stays on the page."""
        facts, person = letter.values, letter.recipient
        appointment = Appointment(
            uid=uid_of(facts["talk"], self._sender),
            sequence=facts["sequence"],
            stamp=letter.at,
            start=facts["starts_at"],
            end=facts["ends_at"],
            summary=self._texts.appointment(letter.number, person.language),
            url=facts["link"],
            description=facts["link"],
            organizer=(f"Affianca – {self._settings.programme}", self._sender),
            people=[(person.name, person.email)],
            cancelled=letter.message == "talk-cancelled",
        )
        return mail.CalendarPart(appointment.method, calendar_text(appointment))

    def _message_id(self, letter: Letter, delivery: str) -> str:
        return message_id(self._secret, MailReference(delivery, letter.number), self._host)


def outcome_of(error: Exception) -> Outcome:
    """What an error of the SMTP client means for the letter: only a 5xx about it, or its recipient, is final."""
    if isinstance(error, aiosmtplib.SMTPRecipientsRefused):
        code = error.recipients[0].code
        return Outcome("refused" if 500 <= code < 600 else "delayed", f"recipient_{code}")
    if isinstance(error, aiosmtplib.SMTPDataError):
        return Outcome("refused" if 500 <= error.code < 600 else "delayed", f"content_{error.code}")
    if isinstance(error, aiosmtplib.SMTPNotSupported | ValueError):
        return Outcome("refused", "unusable_address")
    if isinstance(error, aiosmtplib.SMTPResponseException) and not isinstance(error, aiosmtplib.SMTPServerDisconnected):
        # The sender or the greeting was refused: ours to mend, not the recipient's fault.
        return Outcome("delayed", f"server_{error.code}")
    return Outcome("delayed", "interrupted")
