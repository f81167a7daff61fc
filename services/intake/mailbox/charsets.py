"""Bytes as text, whatever they claim to be: declared charset first, then UTF-8, then Windows-1252."""

from email.header import decode_header

from services.intake.domain.texts import without_control_characters

_SLOW = frozenset({"idna", "punycode"})
"""Codecs that are no charsets of mail, and take quadratic time."""


def decoded_text(content: bytes, charset: str | None) -> str:
    """Text of bytes whose charset may be a lie or unknown."""
    for candidate in (charset, "utf-8"):
        if candidate and candidate.strip().lower() not in _SLOW:
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
