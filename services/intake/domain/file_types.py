"""What a file is, told by its content: the name decides only between what looks alike, and to refuse.

A kind has a code, a media type and a group. Groups are what the policy refuses (`files.settings`); a kind without a
group is harmless as far as can be told. To know a further type: one line in `_SIGNATURES`, `_IN_ZIP`, `_OFFICE` or
`_TEXTS`; to refuse a further ending: one word in `ENDINGS`.
"""

import codecs
import re
from dataclasses import dataclass
from typing import BinaryIO

from services.intake.domain.archive_bombs import is_bomb
from services.intake.domain.archives import entries_in_zip, has_macros
from services.intake.domain.file_endings import ENDINGS, IN_ARCHIVES
from services.intake.domain.files import ending_of, signed_document_type

_LOOKED_AT = 8192
UNKNOWN = "application/octet-stream"


@dataclass(frozen=True)
class FileType:
    """media_type: as which it is given out. group: why it may be refused; empty for nothing."""

    media_type: str
    group: str = ""


_SIGNATURES: tuple[tuple[int, bytes, FileType], ...] = (
    (0, b"\x89PNG\r\n\x1a\n", FileType("image/png")),
    (0, b"\xff\xd8\xff", FileType("image/jpeg")),
    (0, b"GIF87a", FileType("image/gif")),
    (0, b"GIF89a", FileType("image/gif")),
    (0, b"II*\x00", FileType("image/tiff")),
    (0, b"MM\x00*", FileType("image/tiff")),
    (8, b"WEBP", FileType("image/webp")),
    (4, b"ftypheic", FileType("image/heic")),
    (4, b"ftypmif1", FileType("image/heif")),
    (4, b"ftypavif", FileType("image/avif")),
    (4, b"ftyp", FileType("video/mp4")),
    (6, b"\x00\x00\x00\x00", FileType("image/bmp")),  # and "BM" in front, see `_by_signature`
    (0, b"{\\rtf", FileType("application/rtf")),
    (0, b"7z\xbc\xaf\x27\x1c", FileType("application/x-7z-compressed")),
    (0, b"Rar!\x1a\x07", FileType("application/vnd.rar")),
    (0, b"\x1f\x8b\x08", FileType("application/gzip")),
    (0, b"SQLite format 3\x00", FileType("application/vnd.sqlite3")),
    (0, b"\x00\x00\x27\x0a", FileType("application/vnd.shp")),
    (0, b"AutoCAD Binary DXF", FileType("image/vnd.dxf")),
    (0, b"\x7fELF", FileType("application/x-elf", "executable")),
    (0, b"\xca\xfe\xba\xbe", FileType("application/java-vm", "executable")),
    (0, b"\xcf\xfa\xed\xfe", FileType("application/x-mach-binary", "executable")),
    (0, b"\xce\xfa\xed\xfe", FileType("application/x-mach-binary", "executable")),
    (0, b"dex\n", FileType("application/x-dex", "executable")),
    (0, b"MSCF", FileType("application/vnd.ms-cab-compressed", "packed-program")),
    (0, b"!<arch>\n", FileType("application/x-archive", "packed-program")),
    (0, b"ITSF", FileType("application/vnd.ms-htmlhelp", "page")),
    (0, b"L\x00\x00\x00\x01\x14\x02\x00", FileType("application/x-ms-shortcut", "shortcut")),
    (0, b"#!", FileType("text/x-script", "script")),
)
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_OFFICE = {
    "doc": "application/msword", "dot": "application/msword", "xls": "application/vnd.ms-excel",
    "ppt": "application/vnd.ms-powerpoint", "msg": "application/vnd.ms-outlook",
}  # fmt: skip
_OPEN_XML = "application/vnd.openxmlformats-officedocument."
_IN_ZIP = {
    "word/": f"{_OPEN_XML}wordprocessingml.document",
    "xl/": f"{_OPEN_XML}spreadsheetml.sheet",
    "ppt/": f"{_OPEN_XML}presentationml.presentation",
}
_MIMETYPE = re.compile(rb"mimetype(application/(?:vnd\.oasis\.opendocument\.[a-z]+(?:-template)?|epub\+zip))")
_TEXTS = {
    "csv": "text/csv", "tsv": "text/tab-separated-values", "json": "application/json", "ics": "text/calendar",
    "eml": "message/rfc822", "dxf": "image/vnd.dxf", "geojson": "application/geo+json", "md": "text/markdown",
}  # fmt: skip
_PAGE = re.compile(r"<\s*(!doctype\s+html|html|head|body|script|iframe|object|embed|meta|svg|[a-z]+:svg)\b", re.I)
_MAIL = re.compile(r"(Received|Return-Path|Delivered-To|From|MIME-Version|Message-ID|X-[A-Za-z-]+): ", re.I)
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f]")


def type_of(name: str, file: BinaryIO) -> FileType:
    """What the file is. Reads it from its beginning, and an archive or an old document also elsewhere."""
    file.seek(0)
    first = file.read(_LOOKED_AT)
    ending = ending_of(name)
    found = _by_content(first, ending, file)
    group = found.group or ENDINGS.get(ending, "")
    return FileType(found.media_type, group)


def _by_content(first: bytes, ending: str, file: BinaryIO) -> FileType:
    if signed := signed_document_type(first):
        return FileType(signed)
    if first.startswith(_OLE):
        return FileType(_OFFICE.get(ending, "application/x-ole-storage"), "macro" if has_macros(file) else "")
    if first.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _archive(first, file)
    if first.startswith(b"MZ") and b"\x00" in first[:64]:
        return FileType("application/vnd.microsoft.portable-executable", "executable")
    if re.match(rb"AC10[0-9]{2}\x00", first):
        return FileType("image/vnd.dwg")
    if b"%PDF-" in first[:1024]:
        return FileType("application/pdf")
    return _by_signature(first) or _text(first, ending) or FileType(UNKNOWN)


def _by_signature(first: bytes) -> FileType | None:
    for at, signature, known in _SIGNATURES:
        if first.startswith(signature, at) and (known.media_type != "image/bmp" or first.startswith(b"BM")):
            return known
    return None


def _archive(first: bytes, file: BinaryIO) -> FileType:
    entries = entries_in_zip(file)
    if entries is None:
        return FileType("application/zip", "unreadable-archive")
    if is_bomb(file, entries):
        return FileType("application/zip", "archive-bomb")
    names = [entry.name for entry in entries]
    endings = {ending_of(name) for name in names}
    programs = {ending for ending in endings if ENDINGS.get(ending) in IN_ARCHIVES}
    # Documents of Office keep embedded objects and settings of printers as such.
    packed = "packed-program" if programs - {"bin"} else ""
    declared = _MIMETYPE.search(first[30:200])
    if declared:
        macros = any(name.startswith(("Basic/", "Scripts/")) and not name.endswith("/") for name in names)
        return FileType(declared[1].decode(), "macro" if macros else packed)
    office = next((known for folder, known in _IN_ZIP.items() if any(n.startswith(folder) for n in names)), "")
    if office and "[Content_Types].xml" in names:
        macros = any(name.lower().endswith("vbaproject.bin") for name in names)
        return FileType(office, "macro" if macros else packed)
    if "META-INF/MANIFEST.MF" in names and "class" in endings:
        return FileType("application/java-archive", "executable")
    return FileType("application/zip", "packed-program" if programs else "")


def _text(first: bytes, ending: str) -> FileType | None:
    text = _decoded(first)
    if text is None:
        return None
    start = text.lstrip("\ufeff \t\r\n")[:2000]
    if start.startswith("<") and _PAGE.search(start):
        return FileType("image/svg+xml" if re.search(r"<([a-z]+:)?svg\b", start, re.I) else "text/html", "page")
    if start.startswith("<?xml"):
        return FileType("application/xml")
    if start.startswith("ISO-10303-21"):
        return FileType("application/x-step")
    if _MAIL.match(start) and re.search(r"^From: ", text, re.I | re.M):
        return FileType("message/rfc822")
    return FileType(_TEXTS.get(ending, "text/plain"))


def _decoded(first: bytes) -> str | None:
    """The text, None for what is none."""
    if first.startswith((b"\xff\xfe", b"\xfe\xff")):
        return first.decode("utf-16", "replace")
    try:
        # A sign may be cut off at the end of what was read.
        text = codecs.getincrementaldecoder("utf-8")().decode(first, final=False)
    except UnicodeDecodeError:
        text = first.decode("cp1252", "replace")
    return None if _CONTROL.search(text) else text
