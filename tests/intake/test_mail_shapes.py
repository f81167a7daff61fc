"""Mails in their real shapes: what they hold is read, what machines send starts nothing, who lies is kept out."""

import re

import pytest

from contracts.mail_references import reply_address
from services.intake.mailbox.messages import read_mail
from tests.intake.conftest import SARONNO, published
from tests.intake.letters import SECRET, TO, letter, ours
from tests.intake.post import Post, mail


@pytest.mark.parametrize("name", ["charset-missing", "charset-lies", "charset-unknown"])
async def test_a_charset_that_is_missing_false_or_unknown_gives_a_request_that_can_be_read(
    post: Post, name: str
) -> None:
    address, key = await post.official()

    assert (await post.letter(name, address))[0] == 250

    [request] = await post.mine(key, address)
    assert request["title"] in ("Perché serve aiuto", "Perche serve aiuto")
    assert request["description"] == "Non è chiaro perché la Città chieda il piano."


async def test_a_winmail_dat_is_opened(post: Post) -> None:
    address, key = await post.official()

    await post.letter("winmail", address)

    [request] = await post.mine(key, address)
    row = await post.town.service.database["mails"].find_one({"request": request["id"]})
    assert row is not None
    assert request["description"] == "Allego il piano: è del 1998."
    assert [(file["name"], file["size"]) for file in row["files"]] == [
        ("Piano di caratterizzazione (definitivo).pdf", 14)
    ]


def test_files_have_safe_names_of_which_no_two_are_alike() -> None:
    found = read_mail(letter("inline-images"), "anna@comune.example")

    assert found.text == "Ecco la planimetria.\n[cid:logo@comune]"
    assert {(file.name, file.inline) for file in found.files} == {
        ("Planimetria dell'area (città).pdf", False),
        ("passwd", False),
        ("Verità.pdf", False),
        ("Verità (2).pdf", False),
        ("image001.png", True),
    }


async def test_hostile_html_becomes_words_that_do_and_load_nothing(post: Post) -> None:
    address, key = await post.official()

    await post.letter("hostile-html", address)

    [request] = await post.mine(key, address)
    assert request["description"] == "Serve un parere.\nGrazie"


async def test_a_message_within_the_message_is_an_attachment(post: Post) -> None:
    address, key = await post.official()

    await post.letter("nested-message", address)

    [request] = await post.mine(key, address)
    assert request["description"] == "Vi giro la posta del geologo."
    assert read_mail(letter("nested-message"), "x").files[0].name == "Sondaggi [2026-999999].eml"


@pytest.mark.parametrize(
    "name", ["out-of-office-exchange", "out-of-office-bare", "vacation-sieve", "mailing-list", "read-receipt"]
)
async def test_what_machines_send_starts_nothing_and_is_answered_by_nobody(post: Post, name: str) -> None:
    address, key = await post.official()
    stranger = f"m{address}"
    request = await post.town.submitted(key)
    await post.town.call("POST", f"/api/requests/{request['number']}/ask", json={"text": "Che anno?"})

    codes = [(await post.letter(name, sender, request))[0] for sender in (address, stranger)]

    assert codes == [250, 250]
    assert await post.mine(key, address) == []
    assert (await post.read(request))["status"] == "waiting"
    assert await post.town.service.database["mail_answers"].count_documents({"to": stranger}) == 0


async def test_an_answer_by_the_id_of_our_mail_is_folded_and_its_original_kept(post: Post) -> None:
    address, key = await post.official()
    request = await post.town.submitted(key)

    await post.letter("gmail-reply", address, request, number="0000-000000")

    [message] = (await post.read(request))["messages"]
    assert message["text"].startswith("Il documento è del 1998")
    assert "ha scritto:" not in message["text"]
    assert "di che anno è il piano?" in message["folded"]
    assert message["channel"] == "email"


async def test_a_forged_reference_names_nothing(post: Post) -> None:
    address, key = await post.official()
    request = await post.town.submitted(key)
    forged = re.sub(r"\.[a-z2-7]{13}@", f".{'a' * 13}@", ours(request["number"]))

    await post.send(address, mail(address, "Senza numero", In_Reply_To=forged))

    assert (await post.read(request))["messages"] == []
    assert len(await post.mine(key, address)) == 1


async def test_a_signed_tag_in_the_address_names_the_request(post: Post) -> None:
    address, key = await post.official()
    request = await post.town.submitted(key)
    tagged = reply_address(SECRET, request["number"], TO)
    forged = re.sub(r"[a-z2-7]{13}@", f"{'a' * 13}@", tagged)

    await post.send(address, mail(address, "Rispondo", "Eccomi."), to=(tagged,))
    await post.send(address, mail(address, "Tiro a indovinare", "Eccomi."), to=(forged,))

    assert [message["text"] for message in (await post.read(request))["messages"]] == ["Eccomi."]


@pytest.mark.parametrize(("name", "reason"), [("forged-sender", "forged"), ("forged-results", "forged")])
async def test_a_forged_sender_is_quarantined_and_nobody_is_answered(post: Post, name: str, reason: str) -> None:
    address, key = await post.official()

    code, _ = await post.letter(name, address)

    row = await post.kept(address)
    assert (code, row["state"], row["reason"]) == (250, "quarantined", reason)
    assert row["authentication"]["verdict"] == "forged"
    assert await post.mine(key, address) == []


@pytest.mark.parametrize(("name", "verdict"), [("proven-sender", "proven"), ("forwarded-sender", "unproven")])
async def test_what_the_receiving_server_found_is_recorded(post: Post, name: str, verdict: str) -> None:
    address, key = await post.official()

    await post.letter(name, address)

    [request] = await post.mine(key, address)
    row = await post.town.service.database["mails"].find_one({"request": request["id"]})
    assert row is not None
    assert row["authentication"]["verdict"] == verdict
    assert {finding["method"] for finding in row["authentication"]["findings"]} >= {"spf", "dkim", "dmarc"}


def test_only_the_named_servers_are_believed() -> None:
    claimed = b"Authentication-Results: mx.evil.example; dmarc=pass header.from=comune.example\r\n"

    trusting = read_mail(claimed + letter("new-request"), "a@b", frozenset({"mx.affianca.example"}))
    naive = read_mail(claimed + letter("new-request"), "a@b")
    covered = read_mail(letter("forged-sender").replace(b"\r\nTo:", b"\r\n" + claimed + b"To:", 1), "a@b")

    assert trusting.authentication.verdict == "unproven"
    assert naive.authentication.verdict == "proven"
    assert covered.authentication.verdict == "forged"


async def test_another_mail_under_the_same_id_is_not_lost(post: Post) -> None:
    address, key = await post.official()

    for text in ("Primo aiuto.", "Secondo aiuto.", "Primo aiuto."):
        await post.send(address, mail(address, "Sempre lo stesso id", text, Message_ID="<1@localhost>"))

    assert {item["description"] for item in await post.mine(key, address)} == {"Primo aiuto.", "Secondo aiuto."}


async def test_many_answers_in_a_row_are_a_machine_whatever_they_claim(post: Post) -> None:
    address, key = await post.official()
    request = await post.town.submitted(key)

    for number in range(7):
        await post.send(address, mail(address, f"R: [{request['number']}]", f"Ciclo {number}"))

    said = (await post.read(request))["messages"]
    assert [message["automatic"] for message in said] == [False] * 5 + [True] * 2


async def test_a_mail_of_letters_that_cannot_be_seen_is_taken_as_one_without_a_text(post: Post) -> None:
    address, key = await post.official()

    code, _ = await post.send(address, mail(address, "\u200b\u200b", "\u200b\n\u00ad\n"))

    [request] = await post.mine(key, address)
    assert (code, request["title"], request["description"]) == (250, "(senza oggetto)", "(senza oggetto)")


async def test_who_answers_many_requests_in_one_go_is_no_machine(post: Post) -> None:
    address, key = await post.official()
    requests = [await post.town.submitted(key) for _ in range(7)]

    for request in requests:
        await post.send(address, mail(address, f"R: [{request['number']}]", "Ecco la planimetria."))

    said = [(await post.read(request))["messages"] for request in requests]
    assert [[message["automatic"] for message in each] for each in said] == [[False]] * 7


async def test_many_requests_in_a_row_are_taken_and_not_acknowledged(post: Post) -> None:
    address, key = await post.official()

    for number in range(7):
        await post.send(address, mail(address, f"Abbiamo ricevuto il Suo messaggio {number}", "Grazie."))

    requests = sorted(await post.mine(key, address), key=lambda request: str(request["title"]))
    submitted = [(await published(post.town, request["id"]))[0]["data"] for request in requests]
    assert [data.get("automatic", False) for data in submitted] == [False] * 5 + [True] * 2


async def test_who_has_answered_many_requests_has_a_new_one_acknowledged(post: Post) -> None:
    address, key = await post.official()
    answered = [await post.town.submitted(key) for _ in range(6)]
    for request in answered:
        await post.send(address, mail(address, f"R: [{request['number']}]", "Ecco la planimetria."))

    await post.send(address, mail(address, "Una domanda nuova", "Quanto dura la conferenza?"))

    [new] = [each for each in await post.mine(key, address) if each["channel"] == "email"]
    assert "automatic" not in (await published(post.town, new["id"]))[0]["data"]


async def test_somebody_registered_who_answers_the_request_of_others_is_held(post: Post) -> None:
    _, key = await post.official()
    request = await post.town.submitted(key)
    other, other_key = await post.official(SARONNO)

    code, _ = await post.letter("gmail-reply", other, request)

    row = await post.kept(other)
    assert (code, row["state"], row["reason"]) == (250, "held", "third-party")
    assert row["quoted"]["number"] == request["number"]
    assert (await post.read(request))["messages"] == []
    assert await post.mine(other_key, other) == []
