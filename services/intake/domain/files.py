"""Uploaded files: what they are by their first bytes, whatever they claim, and a name that harms nobody."""

import base64
import binascii
import re
import unicodedata
from collections.abc import Iterable

_SIGNED_DATA = bytes.fromhex("06092a864886f70d010702")
"""The object identifier that opens a CMS signature (.p7m)."""
_UNSAFE = re.compile(
    r'[\x00-\x1f\x7f-\x9f<>:"/\\|?*\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff]'
)
"""Control characters, those that turn the direction of writing or are not seen, and what means something in a path."""
_RESERVED = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\.|$)", re.IGNORECASE)
_LONGEST_NAME = 120
_LONGEST_BYTES = 200
"""Of the name in UTF-8: file systems take 255, and people add `(2)`."""
PDF = "application/pdf"
P7M = "application/pkcs7-mime"


def signed_document_type(first: bytes) -> str | None:
    """The media type of a PDF or of a CMS signature in DER, PEM or Base64; None for anything else."""
    if first.startswith(b"%PDF-"):
        return PDF
    if _is_signature(first) or _is_signature(_decoded(first)):
        return P7M
    return None


def _is_signature(content: bytes) -> bool:
    return content[:1] == b"\x30" and _SIGNED_DATA in content[:40]


def _decoded(first: bytes) -> bytes:
    text = re.sub(rb"-----BEGIN [A-Z0-9 ]+-----", b"", first[:400])
    text = b"".join(text.split())
    try:
        return base64.b64decode(text[: len(text) // 4 * 4], validate=True)
    except (binascii.Error, ValueError):
        return b""


def safe_name(name: str) -> str:
    """The last part of a file's name, without characters that mean something to a shell, a header or a folder."""
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", name))[-1]
    cleaned = _UNSAFE.sub("_", last).strip(" .")
    if _RESERVED.match(cleaned):
        cleaned = f"_{cleaned}"
    stem, dot, ending = cleaned.rpartition(".")
    if dot and len(ending) <= 10:
        stem = stem[: _LONGEST_NAME - len(ending) - 1] or "file"
        return f"{_within(stem, _LONGEST_BYTES - len(ending.encode()) - 1)}.{ending}"
    return _within(cleaned[:_LONGEST_NAME], _LONGEST_BYTES) or "file"


def _within(text: str, most: int) -> str:
    """As much of the text as fits into so many bytes."""
    return text.encode()[:most].decode("utf-8", "ignore")


def distinct_names(names: Iterable[str]) -> list[str]:
    """The same, no two alike however they are cased: `a.pdf`, `a (2).pdf`."""
    taken: set[str] = set()
    found = []
    for given in names:
        stem, dot, ending = given.rpartition(".")
        stem, ending = (stem, dot + ending) if dot else (given, "")
        name, count = given, 1
        while name.lower() in taken:
            count += 1
            name = f"{stem} ({count}){ending}"
        taken.add(name.lower())
        found.append(name)
    return found


def ending_of(name: str) -> str:
    """What follows the last full stop, in lower case; empty if there is none."""
    return name.rstrip(" .").rpartition(".")[2].lower() if "." in name.rstrip(" .") else ""
