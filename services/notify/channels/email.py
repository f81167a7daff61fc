"""E-mail over SMTP: one connection a batch, and the same Message-ID whenever the same delivery is sent again."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr

import aiosmtplib

from contracts.mail_references import WIRE, MailReference, message_id, reply_address
from services.chassis.settings import Settings
from services.notify.channels.letter import SENT, Letter, Outcome, Send
from services.notify.texts import Texts

_TIMEOUT = 20.0


class Email:
    """The channel `email`."""

    def __init__(self, settings: Settings, texts: Texts) -> None:
        self._settings = settings
        self._texts = texts
        self._sender = parseaddr(settings.mail_from)[1]
        self._host = self._sender.rpartition("@")[2]
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
            content = self.compose(letter).as_bytes()
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

    def compose(self, letter: Letter) -> EmailMessage:
        """The mail. Raises ValueError for an address that cannot stand in a header."""
        person = letter.recipient
        text = self._texts.mail(letter.message, person.language, letter.values)
        mail = EmailMessage(policy=WIRE)
        mail["Subject"] = f"[{letter.number}] {text.title}"
        mail["From"] = Address(f"Affianca – {self._settings.programme}", addr_spec=self._sender)
        mail["To"] = Address(" ".join(person.name.split()), addr_spec=_checked(person.email))
        mail["Reply-To"] = reply_address(self._secret, letter.number, self._sender)
        mail["Date"] = format_datetime(letter.at)
        mail["Message-ID"] = self._message_id(letter, letter.id)
        if letter.thread:
            mail["In-Reply-To"] = mail["References"] = self._message_id(letter, letter.thread)
        mail["Auto-Submitted"] = "auto-generated"
        mail["X-Auto-Response-Suppress"] = "All"
        mail["Content-Language"] = person.language
        mail.set_content(text.plain, charset="utf-8", cte="quoted-printable")
        mail.add_alternative(text.html, subtype="html", charset="utf-8", cte="quoted-printable")
        return mail

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


def _checked(address: str) -> str:
    if not address or any(ord(sign) < 33 for sign in address):
        raise ValueError("no address")
    return address
