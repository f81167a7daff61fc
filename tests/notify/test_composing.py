"""A mail says to readers what the standard library's composing would; nothing can break out of a header."""

import email.policy
import re
from base64 import b64decode
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Any

import pytest

from services.chassis.settings import Settings
from services.notify.channels.email import Email
from services.notify.channels.letter import Letter, Recipient
from services.notify.texts import Rendered
from tests.notify.material import id_of
from tests.notify.outside import parsed

AT = datetime(2026, 3, 1, 8, 5, 9, tzinfo=UTC)
LONG = "Perché la società è così: già più città, né virtù — «verità» "
PLAIN = {"title": "The request has been received", "name": "Giulia Bianchi", "address": "giulia@example.org"}

CASES: dict[str, dict[str, Any]] = {
    "plain": {},
    "accents": {"title": "La richiesta è stata ricevuta", "name": "Però D’Àmico"},
    "a long title with accents": {"title": LONG},
    "a long title without": {"title": "The request goes on as another one and " * 8},
    "a title without spaces": {"title": "x" * 300},
    "a title with the signs of headers": {"title": 'Re: <a@b.it>, "c"; (d) [e] \\f @ g'},
    "signs beyond the basic plane": {"title": "Fatto 🎉 𝔄𝔅" * 12, "name": "李 🎉" * 30},
    "a name with a comma": {"name": "Rossi, Mario"},
    "a name with quotes": {"name": 'Mario "il Grande" Rossi \\'},
    "a name with a dot": {"name": "Ing. M. Rossi"},
    "a name like an address": {"name": "altro@example.com"},
    "a long name": {"name": "Maria Addolorata " * 9},
    "a long name with accents": {"name": "Nicolò Èrcole " * 9},
    "no name": {"name": ""},
    "a name over two lines": {"name": "Giulia\r\n Bianchi\t"},
    "a long address": {"address": f"{'a' * 60}@{'b' * 60}.{'c' * 60}.it", "name": "Nicolò " * 4},
    "an address with signs": {"address": "o'neil+gare_1=x@sub-domain.example.org"},
    "a quoted address": {"address": '"a;b"@example.org'},
    "in a thread": {"thread": id_of("first")},
    "in English": {"language": "en"},
    "long lines": {"plain": "è" * 900 + "\n" + "x" * 2_000 + "\n", "html": "<p>" + "y" * 5_000 + "</p>\n"},
    "lines that begin with dots": {"plain": ".\n..\n.x\n\n.\n", "html": "<p>\n.\n</p>\n"},
    "spaces at the ends of lines": {"plain": "a \n\t\n  b\t\nc\n"},
    "signs of quoted-printable": {"plain": "a=b =3D =\n==\n--=_x\n", "html": "<a href='x?y=3&amp;z=C3'>=</a>\n"},
    "other line ends": {"plain": "a\r\nb\rc\n"},
    "form feeds and zeros": {"plain": "a\x0cb\x00c\x1fd\n"},
}


def a_letter(case: dict[str, Any]) -> Letter:
    facts = PLAIN | case
    person = Recipient(id_of("person"), facts["name"], facts["address"], facts.get("language", "it"))
    return Letter(id_of("delivery"), "received", "2026-000123", person, facts.get("thread"), AT, {})


def a_text(case: dict[str, Any]) -> Rendered:
    facts = PLAIN | case
    return Rendered(facts["title"], facts.get("plain", "Perché\n\nsì\n"), facts.get("html", "<p>Perché</p>\n"))


class Given:
    """Texts that are what the case says."""

    def __init__(self, text: Rendered) -> None:
        self._text = text

    def mail(self, *details: Any) -> Rendered:
        return self._text

    def about(self, message: str, number: str, *details: Any) -> str:
        return number


def composed(letter: Letter, text: Rendered) -> bytes:
    return Email(Settings(), Given(text)).compose(letter)  # type: ignore[arg-type]


def as_the_library_does(letter: Letter, text: Rendered) -> bytes:
    """The same mail made by the standard library alone."""
    person, mail = letter.recipient, EmailMessage(policy=email.policy.SMTP)
    mail["Subject"] = f"[{letter.number}] {text.title}"
    mail["From"] = Address("Affianca – 1000 Esperti", addr_spec="assistenza@affianca.example")
    mail["To"] = Address(" ".join(person.name.split()), addr_spec=person.email)
    mail["Reply-To"] = "assistenza@affianca.example"
    mail["Date"] = format_datetime(letter.at)
    mail["Message-ID"] = f"<{letter.id}@affianca.example>"
    if letter.thread:
        mail["In-Reply-To"] = mail["References"] = f"<{letter.thread}@affianca.example>"
    mail["Auto-Submitted"] = "auto-generated"
    mail["X-Auto-Response-Suppress"] = "All"
    mail.set_content(text.plain, charset="utf-8", cte="quoted-printable")
    mail.add_alternative(text.html, subtype="html", charset="utf-8", cte="quoted-printable")
    mail["Content-Language"] = person.language
    return mail.as_bytes()


def headers_of(mail: EmailMessage) -> dict[str, str]:
    """What a reader sees but for the people, see below; the boundary is nobody's business."""
    kept = {name.lower(): str(value).rstrip() for name, value in mail.items() if name not in ("Content-Type", "To")}
    return kept | {"content-type": mail.get_content_type()}


def people_of(mail: EmailMessage, header: str) -> list[tuple[str, str]]:
    """Names without spaces: this parser puts one between encoded words of a name, whoever wrote them."""
    return [("".join(one.display_name.split()), one.addr_spec) for one in mail[header].addresses]


@pytest.mark.parametrize("name", CASES)
def test_a_reader_finds_what_the_library_would_have_written(name) -> None:
    letter, text = a_letter(CASES[name]), a_text(CASES[name])

    new, old = parsed(composed(letter, text)), parsed(as_the_library_does(letter, text))

    assert headers_of(new) == headers_of(old)
    for header in ("to", "from", "reply-to"):
        assert people_of(new, header) == people_of(old, header)
    for kind in ("plain", "html"):
        ours, theirs = (mail.get_body((kind,)) for mail in (new, old))
        assert ours is not None and theirs is not None
        assert ours.get_content() == theirs.get_content()
        assert ours["content-type"] == theirs["content-type"]
    assert not [part.defects for part in new.walk() if part.defects]


@pytest.mark.parametrize("name", CASES)
def test_on_the_wire_it_is_ascii_in_short_lines_with_words_of_whole_characters(name) -> None:
    raw = composed(a_letter(CASES[name]), a_text(CASES[name]))

    assert raw.isascii() and b"\x00" not in raw and raw.endswith(b"\r\n")
    assert not re.search(rb"\r(?!\n)|(?<!\r)\n", raw)
    assert max(map(len, raw.split(b"\r\n"))) <= (78 if "address" not in CASES[name] else 250)
    for word in re.findall(rb"=\?utf-8\?b\?([^?]*)\?=", raw):
        assert len(word) <= 63 and b64decode(word, validate=True).decode()


@pytest.mark.parametrize("end", ["\r\n", "\n", "\r", "\x0b", "\x0c", "\x1c", "\x85", "\u2028", "\x00"])
def test_what_people_wrote_begins_no_header_of_its_own(end) -> None:
    evil = f"Mario{end}Bcc: other@example.com{end}{end}Body"
    letter, text = a_letter({"name": evil}), a_text({"title": evil})

    mail = parsed(composed(letter, text))

    assert mail["bcc"] is None
    assert [one.addr_spec for one in mail["to"].addresses] == ["giulia@example.org"]
    assert mail["to"].addresses[0].display_name == "Mario Bcc: other@example.com Body"
    assert mail["subject"] == "[2026-000123] Mario Bcc: other@example.com Body"
    assert set(headers_of(mail)) == set(headers_of(parsed(composed(a_letter({}), a_text({})))))


@pytest.mark.parametrize(
    "address",
    ["", "nobody", "a b@example.org", "a@example.org\r\nBcc: b@example.org", "a@example.org>, <b@example.org",
     "a@example.org,b@example.org", "è@example.org", "a@", "@example.org", "a@example.org\n", f"{'a' * 400}@b.it"],
)  # fmt: skip
def test_an_address_that_cannot_stand_in_a_header_is_refused(address) -> None:
    with pytest.raises(ValueError, match="address"):
        composed(a_letter({"address": address}), a_text({}))


def test_a_long_title_keeps_each_of_its_spaces() -> None:
    """The library loses some where its lines end."""
    mail = parsed(composed(a_letter({}), a_text({"title": LONG * 12})))

    assert mail["subject"] == f"[2026-000123] {LONG * 12}".rstrip()


def test_what_looks_like_an_encoded_word_is_shown_as_it_was_written() -> None:
    mail = parsed(composed(a_letter({"name": "=?utf-8?q?Bcc=3A?= Rossi"}), a_text({"title": "=?utf-8?q?x?= y"})))

    assert mail["to"].addresses[0].display_name == "=?utf-8?q?Bcc=3A?= Rossi"
    assert mail["subject"] == "[2026-000123] =?utf-8?q?x?= y"


def test_a_text_that_is_no_valid_unicode_is_sent_with_a_mark_in_its_place() -> None:
    mail = parsed(composed(a_letter({"name": "Ma\ud800rio"}), a_text({"title": "x\ud800", "plain": "a\udfffb\n"})))

    assert (mail["subject"], mail.get_body(("plain",)).get_content()) == ("[2026-000123] x", "a?b\r\n")
