"""What a file is, by its content: what it claims in its name or its form counts only against it."""

import io
import zipfile

import pytest

from services.intake.domain.archives import entries_in_zip
from services.intake.domain.file_types import type_of
from services.intake.domain.files import safe_name
from tests.intake.files import DOCX, MACROS, ODT, OLD_MACROS, PROGRAM, zipped

_OX = "application/vnd.openxmlformats-officedocument."
PDF = b"%PDF-1.7\n%\xe2\xe3\n"
SIGNED = bytes.fromhex("308006092a864886f70d010702a0800000")


def _name_of(value: object) -> str:
    """Contents hold moments, so they do not name a test."""
    return value if isinstance(value, str) else "content"


@pytest.mark.parametrize(
    ("name", "content", "media_type"),
    [
        ("relazione.pdf", PDF, "application/pdf"),
        ("nome sbagliato.txt", PDF, "application/pdf"),
        ("con prologo.pdf", b"\n\n" + PDF, "application/pdf"),
        ("parere.pdf.p7m", SIGNED, "application/pkcs7-mime"),
        ("foto.png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "image/png"),
        ("foto.jpg", b"\xff\xd8\xff\xe0\0\x10JFIF", "image/jpeg"),
        ("foto.webp", b"RIFF\x10\0\0\0WEBPVP8 ", "image/webp"),
        ("tavola.tif", b"II*\0\x08\0\0\0", "image/tiff"),
        ("tavola.dwg", b"AC1032\0\0\0\0", "image/vnd.dwg"),
        ("tavola.dxf", b"  0\nSECTION\n  2\nHEADER\n", "image/vnd.dxf"),
        ("lettera.docx", DOCX, f"{_OX}wordprocessingml.document"),
        ("lettera.odt", ODT, "application/vnd.oasis.opendocument.text"),
        ("vecchio.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "application/msword"),
        ("dati.csv", "comune;età\nVarese;3\n".encode("cp1252"), "text/csv"),
        ("note.txt", "perché".encode(), "text/plain"),
        ("note.txt", "perché".encode("utf-16"), "text/plain"),
        ("lungo.txt", ("à" * 8000).encode(), "text/plain"),
        ("bmw.txt", b"BMW offerta", "text/plain"),
        ("fattura.xml", b'<?xml version="1.0"?><p:FatturaElettronica/>', "application/xml"),
        ("mail.eml", b"Return-Path: <a@b.example>\r\nFrom: a@b.example\r\n\r\nTesto", "message/rfc822"),
        ("tavole.zip", zipped({"a.pdf": PDF, "b/tavola.dwg": b"AC1032\0"}), "application/zip"),
        (
            "oggetto.docx",
            zipped({"[Content_Types].xml": b"", "word/embeddings/oleObject1.bin": b"x"}),
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        ),
        ("piano.vsdx", zipped({"[Content_Types].xml": b"", "visio/document.xml": b"x"}), "application/zip"),
        ("tavole.7z", b"7z\xbc\xaf\x27\x1c\0", "application/x-7z-compressed"),
        ("modello.ifc", b"ISO-10303-21;\nHEADER;", "application/x-step"),
        ("mistero.dat", bytes(range(256)), "application/octet-stream"),
    ],
    ids=_name_of,
)
def test_ordinary_files_of_an_office_are_recognised_and_accepted(name: str, content: bytes, media_type: str) -> None:
    found = type_of(name, io.BytesIO(content))

    assert (found.media_type, found.group) == (media_type, "")


@pytest.mark.parametrize(
    ("name", "content", "group"),
    [
        ("fattura.pdf", PROGRAM, "executable"),
        ("fattura.pdf", b"\x7fELF\x02\x01", "executable"),
        ("fattura.pdf.exe", PDF, "executable"),
        ("fattura.exe. ", PDF, "executable"),
        ("programma.jar", zipped({"META-INF/MANIFEST.MF": b"", "A.class": b""}), "executable"),
        ("nome.zip", zipped({"META-INF/MANIFEST.MF": b"", "A.class": b""}), "executable"),
        ("avvia", b"#!/bin/sh\nrm -rf /\n", "script"),
        ("note.js", b"WScript.Echo(1)", "script"),
        ("foto.jpg", b"<html><script>alert(1)</script>", "page"),
        ("foto.png", b"\xef\xbb\xbf  <!DOCTYPE html><p>", "page"),
        ("dati.xml", b'<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"/>', "page"),
        ("logo.xml", b'<?xml version="1.0"?><!-- x --><svg xmlns="http://www.w3.org/2000/svg"/>', "page"),
        ("lettera.docx", MACROS, "macro"),
        ("lettera.doc", OLD_MACROS, "macro"),
        ("foglio.ods", zipped({"mimetype": b"application/vnd.oasis.opendocument.spreadsheet",
                               "Basic/Standard/M.xml": b"x"}, stored=True), "macro"),
        ("collegamento.pdf", b"L\0\0\0\x01\x14\x02\0" + bytes(40), "shortcut"),
        ("finto.docx", zipped({"[Content_Types].xml": b"<Types/>", "setup.exe": b"MZ"}), "packed-program"),
        ("finto.docx", zipped({"[Content_Types].xml": b"", "word/a.xml": b"", "setup.exe": b"MZ"}), "packed-program"),
        ("finto.odt", zipped({"mimetype": b"application/vnd.oasis.opendocument.text", "a.js": b"x"}, True),
         "packed-program"),
        ("tavole.zip", zipped({"a.pdf": PDF, "leggimi.pdf.scr": b"MZ"}), "packed-program"),
        ("rotto.zip", zipped({"a.pdf": PDF})[:40], "unreadable-archive"),
    ],
    ids=_name_of,
)  # fmt: skip
def test_what_could_harm_is_told_by_its_content_or_its_ending(name: str, content: bytes, group: str) -> None:
    assert type_of(name, io.BytesIO(content)).group == group


def test_macros_are_found_wherever_they_are_in_an_old_document() -> None:
    for at in (1_000, 256 * 1024 - 5, 700_000):
        content = OLD_MACROS[:8] + bytes(at) + OLD_MACROS[8:]

        assert type_of("x.doc", io.BytesIO(content)).group == "macro", at


def test_an_archive_that_is_nothing_but_directory_is_not_read() -> None:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("a", b"")
    whole = content.getvalue()
    at = whole.index(b"PK\x05\x06")
    huge = whole[: at + 12] + (5_000_000).to_bytes(4, "little") + whole[at + 16 :]

    assert entries_in_zip(io.BytesIO(bytes(6_000_000) + huge)) is None
    assert [entry.name for entry in entries_in_zip(io.BytesIO(b"in front" + whole)) or ()] == ["a"]


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Documenti\\Relazione è.pdf", "Relazione è.pdf"),
        ("fattura\u202efdp.exe", "fattura_fdp.exe"),
        ("a\r\nSet-Cookie: x.pdf", "a__Set-Cookie_ x.pdf"),
        ("con.pdf", "_con.pdf"),
        ("", "file"),
        ("...", "file"),
        ("\ud800.pdf", "_.pdf"),
        ("e\u0301.pdf", "é.pdf"),
        ("zero\u200bwidth\ufeff.pdf", "zero_width_.pdf"),
    ],
)
def test_a_name_harms_nobody(given: str, kept: str) -> None:
    assert safe_name(given) == kept


def test_a_long_name_keeps_its_ending_and_fits_into_a_file_system() -> None:
    for name in ("a" * 500 + ".pdf", "è" * 500 + ".pdf", "文" * 500 + ".pdf"):
        kept = safe_name(name)

        assert kept.endswith(".pdf")
        assert len(kept) <= 120
        assert len(kept.encode()) <= 200
