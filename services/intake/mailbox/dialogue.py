"""The SMTP and LMTP dialogue as aiosmtpd has it, bounded, with a DATA that reads in large pieces.

aiosmtpd reads a mail line by line, which costs more than everything else that is done with a mail of 100 kB.
"""

import asyncio
import contextlib
from dataclasses import dataclass

import structlog
from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import SMTP, syntax

LARGEST = 30_000_000
_PATIENCE = 4 * LARGEST
_LONGEST_LINE = 100_000
"""Longer than RFC 5322 allows, as real mail is."""
_END = b"\r\n.\r\n"
TOO_LARGE = "552 Error: Too much mail data"
TOO_LONG = "500 Line too long (see RFC5321 4.5.3.1.6)"
log = structlog.get_logger()


@dataclass(frozen=True)
class Refused:
    """Why a mail was not taken, as an SMTP answer."""

    answer: str


async def read_data(reader: asyncio.StreamReader, largest: int, longest_line: int) -> bytes | Refused:
    """What comes until a line with nothing but a dot; only CRLF ends a line. Reads to the end also what it refuses."""
    pieces, size, tail = [], 0, b"\r\n"  # As if a line had just ended.
    while True:
        try:
            # Few lines end with a dot: a mail is read in a few pieces.
            piece = await reader.readuntil(b".\r\n")
        except asyncio.LimitOverrunError as error:
            piece = await reader.readexactly(error.consumed)
        size += len(piece)
        if size <= largest + len(_END):
            pieces.append(piece)
        else:
            pieces.clear()
        tail = (tail + piece)[-len(_END) :]
        if tail == _END:
            break
    size -= len(b".\r\n")
    if size > largest:
        return Refused(TOO_LARGE)
    content = b"".join(pieces)[:size]
    if _has_line_over(content, longest_line):
        return Refused(TOO_LONG)
    # Dots at the beginnings of lines were doubled by the sender (RFC 5321 4.5.2).
    return (b"\r\n" + content).replace(b"\r\n.", b"\r\n")[2:]


def _has_line_over(content: bytes, longest: int) -> bool:
    at = 0
    while len(content) - at > longest:
        end = content.rfind(b"\r\n", at, at + longest)
        if end < 0:
            return True
        at = end + 2
    return False


class Bounded(SMTP):
    """What both protocols have in common: nobody sends for ever."""

    line_length_limit = _LONGEST_LINE
    taken = 0

    def data_received(self, data: bytes) -> None:
        """Hangs up on a mail that does not end: what is too large is read on only so far, to be told so."""
        self.taken += len(data)
        if self.taken > _PATIENCE and self.transport is not None:
            log.warning("mail_without_end", size=self.taken)
            self.transport.close()
            return
        super().data_received(data)

    @syntax("DATA")
    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802 (the names that aiosmtpd calls)
        """Reads a mail and answers as the handler says."""
        if await self.check_helo_needed() or await self.check_auth_needed("DATA"):
            return
        if not self.envelope or not self.envelope.rcpt_tos:
            await self.push("503 Error: need RCPT command")
            return
        if arg:
            await self.push("501 Syntax: DATA")
            return
        await self.push("354 End data with <CR><LF>.<CR><LF>")
        try:
            read = await read_data(self._reader, self.data_size_limit or LARGEST, self.line_length_limit)
        except asyncio.CancelledError:
            with contextlib.suppress(RuntimeError):
                self._writer.close()
            raise
        if isinstance(read, Refused):
            await self.push(read.answer)
            self._set_post_data_state()  # type: ignore[no-untyped-call]
            return
        self.envelope.content = self.envelope.original_content = read
        status = await self._call_handler_hook("DATA")
        self._set_post_data_state()  # type: ignore[no-untyped-call]
        await self.push(status)


class Lmtp(Bounded, LMTP):
    """Answers once for each recipient, also when the mail is too large."""

    async def push(self, status: str | bytes) -> None:
        told = status if isinstance(status, str) else status.decode("utf-8", "replace")
        recipients = len(self.envelope.rcpt_tos) if self.envelope else 1
        if told in (TOO_LARGE, TOO_LONG):
            told = "\r\n".join([told] * recipients)
        await super().push(told)
