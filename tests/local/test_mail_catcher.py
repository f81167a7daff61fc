"""The mail catcher takes mail over real SMTP and shows it; it never renders HTML and never grows without bound."""

from collections.abc import AsyncIterator
from email.message import EmailMessage

import aiosmtplib
import httpx
import pytest

from deploy.local.mail_catcher import MailCatcher
from deploy.local.mail_pages import MailPages
from deploy.local.mailbox import Mailbox


def message(subject: str = "Nuova richiesta", text: str = "Buongiorno", to: str = "anna@ente.example") -> EmailMessage:
    mail = EmailMessage()
    mail["From"] = "assistenza@affianca.example"
    mail["To"] = to
    mail["Subject"] = subject
    mail.set_content(text)
    return mail


def pages(mailbox: Mailbox) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(MailPages(mailbox).app), base_url="http://127.0.0.1", follow_redirects=False
    )


@pytest.fixture
async def catcher() -> AsyncIterator[tuple[MailCatcher, Mailbox]]:
    mailbox = Mailbox()
    catcher = MailCatcher(mailbox)
    await catcher.start()
    yield catcher, mailbox
    await catcher.stop()


async def test_a_mail_sent_over_smtp_is_shown_on_the_page(catcher: tuple[MailCatcher, Mailbox]) -> None:
    server, mailbox = catcher
    mail = message("Pratica n. 2026-000123: novità", "È arrivata una risposta.")

    await aiosmtplib.send(mail, hostname="127.0.0.1", port=server.port)

    async with pages(mailbox) as browser:
        listed = await browser.get("/")
        shown = await browser.get("/messages/1")
    assert "Pratica n. 2026-000123: novità" in listed.text
    assert "È arrivata una risposta." in shown.text
    assert "anna@ente.example" in shown.text


async def test_programs_read_mails_by_recipient_and_forget_them(catcher: tuple[MailCatcher, Mailbox]) -> None:
    server, mailbox = catcher
    for to in ("anna@ente.example", "marco@esperti.example", "anna@ente.example"):
        await aiosmtplib.send(message(f"Per {to}", to=to), hostname="127.0.0.1", port=server.port)

    async with pages(mailbox) as program:
        to_anna = (await program.get("/api/messages", params={"to": "ANNA@ente.example"})).json()["items"]
        deleted = await program.delete("/api/messages", params={"to": "anna@ente.example"})
        left = (await program.get("/api/messages")).json()["items"]

    assert [mail["id"] for mail in to_anna] == [3, 1]
    assert to_anna[0]["subject"] == "Per anna@ente.example"
    assert to_anna[0]["text"].strip() == "Buongiorno"
    assert deleted.status_code == 204
    assert [mail["to"] for mail in left] == [["marco@esperti.example"]]


async def test_every_page_forbids_scripts_and_foreign_content() -> None:
    mailbox = Mailbox()
    mailbox.add("a@b.example", ["c@d.example"], message().as_bytes())

    async with pages(mailbox) as browser:
        answers = [await browser.get(path) for path in ("/", "/messages/1", "/messages/9", "/api/messages")]

    assert [answer.status_code for answer in answers] == [200, 200, 404, 200]
    for answer in answers:
        assert answer.headers["content-security-policy"].startswith("default-src 'none'")
        assert "unsafe" not in answer.headers["content-security-policy"]


async def test_html_is_never_rendered() -> None:
    mailbox = Mailbox()
    both = message("<img src=x onerror=alert(1)>", "<script>alert(2)</script> solo testo")
    both.add_alternative("<p>parte html</p>", subtype="html")
    alone = EmailMessage()
    alone.set_content("<p>parte html</p>", subtype="html")
    for mail in (both, alone):
        mailbox.add("a@b.example", ["c@d.example"], mail.as_bytes())

    async with pages(mailbox) as browser:
        first, second = [(await browser.get(f"/messages/{number}")).text for number in (1, 2)]

    assert "parte html" not in first + second
    assert "<script" not in first
    assert "<img" not in first
    assert "&lt;script&gt;" in first
    assert "non ha una parte di solo testo" in second


async def test_a_page_asked_for_under_a_foreign_name_is_refused() -> None:
    async with pages(Mailbox()) as browser:
        answer = await browser.get("/api/messages", headers={"host": "attacker.example"})

    assert answer.status_code == 400


def test_the_oldest_mails_go_when_there_are_too_many() -> None:
    mailbox = Mailbox(limit=3)

    for number in range(5):
        mailbox.add("a@b.example", ["c@d.example"], message(f"Numero {number}").as_bytes())

    assert [mail.subject for mail in mailbox.find()] == ["Numero 4", "Numero 3", "Numero 2"]


def test_the_oldest_mails_go_when_they_are_too_large_together() -> None:
    mailbox = Mailbox(characters=25_000)

    for number in range(5):
        mailbox.add("a@b.example", ["c@d.example"], message(f"Numero {number}", "x" * 10_000).as_bytes())

    assert [mail.subject for mail in mailbox.find()] == ["Numero 4", "Numero 3"]


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"Subject: =?x-unknown?B?4pyT?=\r\n\r\ntesto",
        b"Content-Type: text/plain; charset=does-not-exist\r\n\r\n\xff\xfetesto",
        b"Content-Type: multipart/mixed; boundary=nowhere\r\n\r\ntesto",
        b"Content-Type: ;;;\r\nContent-Transfer-Encoding: base64\r\n\r\n!!!!",
        b"To: \xff\xff\r\nFrom: @@@\r\n\r\n",
    ],
)
async def test_a_malformed_mail_is_caught_and_shown_all_the_same(raw: bytes) -> None:
    mailbox = Mailbox()

    mailbox.add("", ["c@d.example"], raw)

    async with pages(mailbox) as browser:
        assert (await browser.get("/")).status_code == 200
        assert (await browser.get("/messages/1")).status_code == 200
