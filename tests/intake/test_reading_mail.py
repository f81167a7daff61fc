"""What a mail says, whatever its charset and headers claim."""

from contextlib import suppress

import pytest

from services.intake.mailbox.charsets import decoded_text
from services.intake.mailbox.messages import Unreadable, read_mail
from services.intake.mailbox.plain_text import plain_text


def a_mail(body: bytes, *headers: bytes) -> bytes:
    return b"\r\n".join([b"From: a@b.example", b"Message-ID: <1@b>", *headers, b"", body])


@pytest.mark.parametrize(
    ("charset", "body"),
    [
        ("us-ascii", "perché è così".encode()),
        ("utf-8", "perché è così".encode("cp1252")),
        ("iso-8859-1", "perché è così".encode("latin-1")),
        ("klingon-7", "perché è così".encode()),
        ("", "perché è così".encode()),
        ("utf-16-nonsense", "perché è così".encode("cp1252")),
        ("iso-8859-1", "perché è così".encode()),
        ("windows-1252", "perché è così".encode()),
        ("utf-16", "perché è così".encode()),
        ("punycode", "perché è così".encode()),
    ],
)
def test_a_charset_that_lies_still_gives_readable_text(charset: str, body: bytes) -> None:
    kind = f"Content-Type: text/plain; charset={charset}".encode() if charset else b"Content-Type: text/plain"

    mail = read_mail(a_mail(body, kind, b"Content-Transfer-Encoding: 8bit"), "a@b.example")

    assert mail.text == "perché è così"


@pytest.mark.parametrize(
    ("subject", "read"),
    [
        (b"=?utf-8?q?Perch=C3=A9?=", "Perché"),
        (b"=?us-ascii?q?Perch=C3=A9?=", "Perché"),
        (b"=?nowhere?b?UGVyY2jDqQ==?=", "Perché"),
        ("Perché".encode(), "Perché"),
        ("Perché".encode("cp1252"), "Perché"),
        (b"=?utf-8?b?%%%?= x", None),
        (b"a\x00b", "a b"),
    ],
)
def test_a_subject_in_whatever_encoding_is_read(subject: bytes, read: str | None) -> None:
    mail = read_mail(a_mail(b"x", b"Subject: " + subject), "a@b.example")

    assert read is None or mail.subject == read


def test_html_becomes_inert_text_and_plain_text_is_preferred() -> None:
    html = "<style>p{}</style><p>Buon<b>giorno</b><script>alert(1)</script></p><p onclick=x>Ciao&nbsp;&egrave;</p>"
    parts = (
        b"--x",
        b"Content-Type: text/html",
        b"",
        b"<p>html</p>",
        b"--x",
        b"Content-Type: text/plain",
        b"",
        b"piano",
    )
    both = b"\r\n".join([*parts, b"--x--", b""])

    assert plain_text(html) == "Buongiorno\nCiao è"
    assert read_mail(a_mail(html.encode(), b"Content-Type: text/html; charset=utf-8"), "a").text == "Buongiorno\nCiao è"
    assert read_mail(a_mail(both, b"Content-Type: multipart/alternative; boundary=x"), "a").text == "piano"


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\xff\xfe\x00",
        b"Content-Type: ;;;=\r\n\r\nx",
        b"Content-Type: multipart/mixed; boundary=never\r\n\r\nx",
        b"From: <<<>>>\r\nSubject\r\n\r\n",
        b"".join(b"X-%d: y\r\n" % number for number in range(10_000)) + b"\r\nx",
        b"".join(
            b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (depth, depth) for depth in range(200)
        ),
    ],
    ids=["empty", "binary", "no type", "no boundary", "no address", "10,000 headers", "200 nested parts"],
)
def test_broken_mail_is_read_as_far_as_possible_or_called_unreadable(raw: bytes) -> None:
    with suppress(Unreadable):
        assert read_mail(raw, "a@b.example").message_id


def test_a_mail_without_id_is_known_by_its_bytes() -> None:
    first, again, other = (read_mail(b"From: a@b.example\r\n\r\n" + text, "a") for text in (b"x", b"x", b"y"))

    assert first.message_id == again.message_id != other.message_id


def test_iso_8859_1_is_what_browsers_take_it_for() -> None:
    raw = a_mail("“Città” – 100 €".encode("cp1252"), b"Content-Type: text/plain; charset=iso-8859-1")

    assert read_mail(raw, "a").text == "“Città” – 100 €"


def test_texts_around_a_picture_are_one_text_and_a_long_one_keeps_its_charset() -> None:
    text, picture = b"Content-Type: text/plain; charset=utf-8\r\n\r\n", b"Content-Type: image/png\r\n\r\nx"
    parts = b"\r\n--b\r\n".join([b"", text + b"Prima.", picture, text + b"Dopo.", text + b"Dopo."]) + b"\r\n--b--"
    long = a_mail(("è così\n" * 200_000).encode(), b"Content-Type: text/plain; charset=utf-8")

    assert read_mail(a_mail(parts, b"Content-Type: multipart/mixed; boundary=b"), "a").text == "Prima.\n\nDopo."
    assert set(read_mail(long, "a").text.split("\n")) <= {"è così", "è", "è cos", "è co", "è c"}


def test_bytes_of_no_charset_at_all_become_something() -> None:
    assert decoded_text(b"\x81\x8d", None)
    assert decoded_text("Perché la Città".encode("mac-roman"), "x-mac-roman") == "Perché la Città"


@pytest.mark.parametrize(
    ("headers", "references"),
    [
        ([b"In-Reply-To: 7@affianca.example"], ["<7@affianca.example>"]),
        ([b"In-Reply-To:  7@affianca.example\t"], ["<7@affianca.example>"]),
        ([b"In-Reply-To: message of 3 March, see <7@a> and <8@a>"], ["<7@a>", "<8@a>"]),
        ([b"In-Reply-To: anna@comune.example, 3 March"], []),
    ],
)
def test_an_answer_names_its_mail_with_or_without_brackets(headers: list[bytes], references: list[str]) -> None:
    assert list(read_mail(a_mail(b"x", *headers), "a@b.example").references) == references


def test_of_a_long_chain_the_mails_near_the_answer_and_the_first_one_are_known() -> None:
    chain = b" ".join(b"<%d@a>" % number for number in range(200))

    found = read_mail(a_mail(b"x", b"References: " + chain), "a@b.example").references

    assert (len(found), found[0], found[-2], found[-1]) == (50, "<199@a>", "<151@a>", "<0@a>")


@pytest.mark.parametrize(
    ("header", "automatic"),
    [
        ("Auto-Submitted: no (written by hand)", False),
        ("Auto-Submitted: no; by=hand", False),
        ("Auto-Submitted: auto-replied (vacation)", True),
        ("Subject: Automatische Antwort: Gutachten", True),
        ("Subject: Réponse automatique : avis", True),
        ("Subject: Assente dal 3 al 5 marzo", True),
        ("Subject: R: Assente dal 3 al 5 marzo", False),
        ("Subject: Assenza dall’ufficio", True),
        ("Subject: Assenza dal catasto di un fabbricato", False),
    ],
)
def test_what_a_machine_wrote_is_told_from_what_a_person_did(header: str, automatic: bool) -> None:
    assert read_mail(a_mail(b"x", header.encode()), "a@b.example").automatic is automatic
