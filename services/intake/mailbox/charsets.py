"""Bytes as text, whatever they claim to be: declared charset first, then UTF-8, then Windows-1252.

Two lies are so common that they are looked through: what is valid UTF-8 is UTF-8 although a western charset is
declared, and ISO 8859-1 is Windows-1252, as browsers have it.
"""

from email.header import decode_header

from services.intake.domain.texts import without_control_characters

_SLOW = frozenset({"idna", "punycode"})
"""Codecs that are no charsets of mail, and take quadratic time."""


_WESTERN = frozenset({"us-ascii", "ascii", "iso-8859-1", "iso8859-1", "latin-1", "latin1", "cp1252", "windows-1252"})
_WIDE = ("utf-16", "utf-32", "utf16", "utf32", "ucs")


def decoded_text(content: bytes, charset: str | None) -> str:
    """Text of bytes whose charset may be a lie or unknown."""
    # An `x-` stands before names that were not registered, or not yet: x-mac-roman, x-gbk.
    declared = (charset or "").strip().strip("\"'").lower().replace("_", "-").removeprefix("x-")
    # Text of two bytes a sign that holds no zero byte is Chinese, or no such text.
    false = declared in _WESTERN or declared in _SLOW or (declared.startswith(_WIDE) and b"\0" not in content)
    for candidate in ("" if false else declared, "utf-8"):
        if candidate:
            try:
                return content.decode(candidate)
            except (LookupError, ValueError):
                continue
    return content.decode("cp1252", "replace")


def shown(value: str) -> str:
    """A header as people read it."""
    pieces = []
    try:
        decoded = decode_header(value)
    except Exception:
        # Encoded words that are none: shown as they came.
        decoded = [(value, None)]
    for piece, charset in decoded:
        content = piece.encode("utf-8", "surrogateescape") if isinstance(piece, str) else piece
        pieces.append(decoded_text(content, charset))
    return without_control_characters("".join(pieces))


def one_line(value: str) -> str:
    """A header as people read it, without its folds."""
    return " ".join(shown(value).split())
