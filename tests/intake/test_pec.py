"""PEC: envelopes are unwrapped and kept as evidence, receipts tell about mails of ours and never open a request."""

import base64
import email
import re
from datetime import datetime, timedelta

import pytest

from contracts.envelope import new_id
from contracts.mail_references import read_message_id
from services.chassis.i18n import ROME
from services.intake.mailbox.messages import read_mail
from services.intake.mailbox.pec import certificate_of
from services.intake.mailbox.settings import MailSettings
from services.intake.store import open_stores
from tests.intake.letters import SECRET, letter, ours
from tests.intake.post import Post, mail
from tests.intake.test_mail_reports import told, warnings


@pytest.mark.parametrize("name", ["pec-envelope", "pec-envelope-untidy"])
async def test_an_envelope_becomes_the_request_within_it(post: Post, name: str) -> None:
    address, key = await post.official()
    sent_at = (datetime.now(ROME) - timedelta(minutes=50)).replace(microsecond=0)

    code, _ = await post.letter(name, address, day=f"{sent_at:%d/%m/%Y}", hour=f"{sent_at:%H:%M:%S}")

    [request] = await post.mine(key, address)
    assert code == 250
    assert (request["title"], request["channel"]) == ("Parere su una bonifica", "pec")
    assert request["description"] == "Serve aiuto per il piano di caratterizzazione di un sito contaminato."
    if sent_at.utcoffset() == timedelta(hours=1):
        assert request["received_at"].startswith((sent_at - timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%S"))
    assert request["received_at"] < request["submitted_at"]


@pytest.mark.parametrize(("day", "zone"), [("01/01/0001", "+0200"), ("31/12/9999", "-0200"), ("31/12/9999", "+9999")])
async def test_a_time_that_cannot_be_true_certifies_no_time(post: Post, day: str, zone: str) -> None:
    address, key = await post.official()
    request = await post.town.submitted(key)

    for name in ("pec-envelope", "pec-avvenuta-consegna"):
        content = letter(
            name, address, day=day, hour="23:30:00", number=request["number"], ours=ours(request["number"])
        )
        code, told = await post.send(address, re.sub(rb"[+]0[12]00", zone.encode(), content))
        assert code == 250, told

    [made] = await post.mine(key, address)
    assert made["received_at"] == made["submitted_at"]


async def test_the_envelope_is_kept_byte_for_byte_with_what_it_certifies(post: Post) -> None:
    address, key = await post.official()
    content = letter("pec-envelope", address)

    await post.send("posta-certificata@pec.gestore.example", content)

    [request] = await post.mine(key, address)
    row = await post.town.service.database["mails"].find_one({"request": request["id"]})
    assert row is not None
    assert await open_stores(post.town.service.database).mails.original(row) == content
    assert row["certificate"]["sender"] == address
    assert row["certificate"]["identifier"].startswith("opec21011.")
    assert row["certificate"]["at"] is not None


async def test_the_pec_of_an_official_is_an_address_of_its_own(post: Post) -> None:
    address, pec = f"u{new_id()[-12:]}@comune.example", f"comune.{new_id()[-12:]}@pec.example"
    _, key = await post.town.official(email=address, pec=pec.upper())

    await post.letter("pec-envelope", pec)
    await post.send(address, mail(address, "Per posta ordinaria"))

    assert sorted(item["channel"] for item in await post.mine(key, address)) == ["email", "pec"]


async def test_an_answer_by_pec_joins_its_request(post: Post) -> None:
    address, key = await post.official()
    request = await post.town.submitted(key)
    content = letter("pec-envelope", address).replace(
        b"Subject: Parere su", f"In-Reply-To: {ours(request['number'])}\r\nSubject: Parere su".encode()
    )

    await post.send("posta-certificata@pec.gestore.example", content)

    [message] = (await post.read(request))["messages"]
    assert (message["channel"], message["text"]) == (
        "pec", "Serve aiuto per il piano di caratterizzazione di un sito contaminato.",
    )  # fmt: skip


@pytest.mark.parametrize("name", ["pec-anomaly", "pec-envelope-doctype", "pec-envelope-other-sender"])
async def test_what_nobody_certifies_opens_nothing(post: Post, name: str) -> None:
    address, key = await post.official()

    code, _ = await post.letter(name, address)

    assert (code, (await post.kept(address))["reason"]) == (250, "pec-anomaly")
    assert await post.mine(key, address) == []


def test_an_envelope_that_comes_to_an_ordinary_address_certifies_nothing() -> None:
    policy = MailSettings(pec_addresses="protocollo@pec.affianca.example, Altro@pec.affianca.example")

    assert policy.certifies("ALTRO@pec.affianca.example")
    assert not policy.certifies("assistenza@affianca.example")
    assert MailSettings().certifies("assistenza@affianca.example")


@pytest.mark.parametrize(
    ("name", "fate", "code"),
    [
        ("pec-accettazione", "accepted", "accettazione"),
        ("pec-non-accettazione", "failed", "non-accettazione:altro"),
        ("pec-presa-in-carico", "relayed", "presa-in-carico"),
        ("pec-avvenuta-consegna", "delivered", "avvenuta-consegna"),
        ("pec-errore-consegna", "failed", "errore-consegna:no-dest"),
        ("pec-preavviso-errore-consegna", "delayed", "preavviso-errore-consegna:altro"),
        ("pec-rilevazione-virus", "virus", "rilevazione-virus:virus"),
        ("pec-mancata-consegna-virus", "virus", "errore-consegna:virus"),
        ("pec-anomaly-bounce", "failed", "5.1.1"),
    ],
)
async def test_a_receipt_updates_the_mail_that_it_is_about(post: Post, name: str, fate: str, code: str) -> None:
    address, key = await post.official()
    request = await post.town.submitted(key)
    before = await post.town.service.database["requests"].count_documents({})

    row = await told(post, name, address, request)

    assert row is not None
    assert (row["fate"], [entry["code"] for entry in row["reports"]]) == (fate, [code])
    assert warnings(await post.read(request)) == ([code] if fate in ("failed", "virus") else [])
    assert await post.town.service.database["requests"].count_documents({}) == before


async def test_a_whole_delivery_in_whatever_order_ends_delivered(post: Post) -> None:
    address, key = await post.official()
    request = await post.town.submitted(key)
    id = ours(request["number"])

    for name in ("pec-avvenuta-consegna", "pec-accettazione", "pec-presa-in-carico"):
        row = await told(post, name, address, request, id)

    assert row is not None
    assert (row["fate"], len(row["reports"])) == ("delivered", 3)


@pytest.mark.parametrize("name", ["pec-unknown-receipt", "pec-accettazione"])
async def test_a_receipt_about_nothing_of_ours_is_kept_aside(post: Post, name: str) -> None:
    address, key = await post.official()

    code, _ = await post.letter(name, address, ours="<something@else.example>")

    assert code == 250
    assert await post.mine(key, address) == []
    assert await post.town.service.database["mails"].count_documents({"reason": "report", "state": "aside"}) > 0


def test_a_certificate_with_a_dtd_an_entity_or_no_xml_certifies_nothing() -> None:

    doctype = email.message_from_bytes(letter("pec-envelope-doctype"))
    broken = email.message_from_bytes(letter("pec-envelope").replace(b"</postacert>", b""))
    whole = email.message_from_bytes(letter("pec-envelope"))
    found = certificate_of(whole)

    assert certificate_of(doctype) is None
    assert certificate_of(broken) is None
    assert found is not None
    assert (found.provider, found.fault) == ("GESTORE PEC DI PROVA S.P.A.", "nessuno")


@pytest.mark.parametrize(
    "doctype",
    [
        '<!DOCTYPE postacert [<!ENTITY a "x">]>',
        "<!DOCTYPE postacert>",
        '<!DOCTYPE postacert SYSTEM "https://spia.example/postacert.dtd">',
        '<!DOCTYPE z [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;">]>',
    ],
)
def test_a_certificate_with_any_dtd_certifies_nothing(doctype: str) -> None:
    content = letter("pec-envelope").replace(b"<postacert ", f"{doctype}<postacert ".encode())

    assert certificate_of(email.message_from_bytes(content)) is None
    assert read_mail(content, "x").anomaly


def test_an_envelope_whose_mail_is_in_base64_is_read_too() -> None:

    content = letter("pec-envelope").replace(b"\r\n", b"\n")
    start = content.index(b"Content-Type: message/rfc822")
    head_end = content.index(b"\n\n", start) + 2
    end = content.index(b"--=_mixed--")
    head = content[start:head_end].replace(b"7bit", b"base64")
    packed = content[:start] + head + base64.encodebytes(content[head_end:end]) + content[end:]
    as_file = re.sub(rb"message/rfc822; name", b"application/octet-stream; name", packed)

    for raw in (packed, as_file):
        assert read_mail(raw, "x").certificate is not None
        assert read_mail(raw, "x").subject == "Parere su una bonifica"


def test_the_id_of_our_mail_survives_capitals_and_brackets() -> None:
    id = ours("2026-000123")

    assert read_message_id(SECRET, id.upper()) == read_message_id(SECRET, id.strip("<>")) is not None
