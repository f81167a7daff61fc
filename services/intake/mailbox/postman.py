"""Sends the few mails that intake writes itself. They have no return path, so that nothing can come back."""

from contextlib import suppress
from email.message import EmailMessage

import aiosmtplib

from contracts.mail_references import WIRE

_TIMEOUT = 20.0


class Postman:
    """One outgoing mail server."""

    def __init__(self, host: str, port: int) -> None:
        self._host, self._port = host, port

    async def send(self, letter: EmailMessage, to: str) -> bool | None:
        """True when the server took it, False when it never will, None when it may later."""
        client = aiosmtplib.SMTP(hostname=self._host, port=self._port, timeout=_TIMEOUT)
        try:
            content = letter.as_bytes(policy=WIRE)
        except (ValueError, LookupError):
            return False
        try:
            await client.connect()
            await client.sendmail("", [to], content)
        except aiosmtplib.SMTPRecipientsRefused as error:
            return False if error.recipients[0].code >= 500 else None
        except aiosmtplib.SMTPDataError as error:
            return False if error.code >= 500 else None
        except ValueError:
            return False
        except (aiosmtplib.SMTPException, OSError, TimeoutError):
            return None
        finally:
            with suppress(aiosmtplib.SMTPException, OSError, TimeoutError):
                if client.is_connected:
                    await client.quit()
            client.close()
        return True
