"""A signed document as it is uploaded: what it is by its content, how large it may be, and whether a signature shows.

The signature is looked for, never verified: who approves a registration verifies it with a tool made for that.
"""

from typing import Literal

from services.intake.domain.files import P7M, PDF, signed_document_type

LARGEST = 20_000_000
"""Bytes. A scanned protocol of some pages has a few millions."""
ENDINGS = ".pdf,.p7m,application/pdf,application/pkcs7-mime"
"""What a file dialogue offers."""
Signature = Literal["cades", "pades", "none"]
"""An envelope (.p7m), a signature inside the PDF, or none to be seen: perhaps the scan of one by hand."""
_SIGNED_RANGE = b"/ByteRange"
"""Stands in clear text in each PDF that bears a digital signature, because it names the bytes that were signed."""


class SignedDocument:
    """Reads a document piece by piece and tells what it is. `kind`: its media type, None if it is not accepted."""

    def __init__(self, first: bytes) -> None:
        self.kind = signed_document_type(first)
        self._seen = False
        self._tail = b""

    def read(self, piece: bytes) -> None:
        """Takes the next piece; a marker may lie across two."""
        around = self._tail + piece
        self._seen = self._seen or _SIGNED_RANGE in around
        self._tail = around[-len(_SIGNED_RANGE) :]

    @property
    def signature(self) -> Signature:
        """Which signature shows in what was read."""
        if self.kind == P7M:
            return "cades"
        return "pades" if self.kind == PDF and self._seen else "none"
