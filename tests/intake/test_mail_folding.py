"""What somebody wrote now is told from what they quote, forward and sign with, in the styles of real programs."""

import pytest

from services.intake.mailbox.messages import read_mail
from services.intake.mailbox.replies import Reply, folded_reply, folded_signature
from tests.intake.letters import letter


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("gmail-reply", "Il documento è del 1998, lo allego domani.\n\nCordiali saluti\nAnna Bianchi"),
        ("outlook-reply", "Buongiorno,\nil piano è del 1998.\n\nAnna Bianchi\nUfficio Tecnico – Comune di Varese"),
        ("outlook-reply-html", "The plan dates from 1998."),
        ("thunderbird-reply", "Il piano è del 1998."),
        ("apple-mail-reply", "Il piano è del 1998."),
        ("zimbra-reply", "Il piano è del 1998."),
    ],
)
def test_an_answer_is_what_was_written_now(name: str, said: str) -> None:
    mail = read_mail(letter(name), "anna@comune.example")

    reply = folded_reply(mail.text, mail.subject)

    assert reply.said == said
    assert len(reply.folded.split()) >= len(mail.text.split()) - len(said.split()) > 0


def test_answers_between_the_lines_stay_with_the_questions() -> None:
    mail = read_mail(letter("answers-between"), "anna@comune.example")

    reply = folded_reply(mail.text, mail.subject)

    assert reply == Reply(mail.text, "")


def test_what_is_forwarded_is_what_is_said() -> None:
    mail = read_mail(letter("forwarded-message"), "anna@comune.example")

    assert "entro 30 giorni" in folded_reply(mail.text, mail.subject).said
    assert "entro 30 giorni" in folded_signature(mail.text).said


@pytest.mark.parametrize(
    "text",
    [
        "Il sindaco ha scritto:\nserve un parere.",
        "> solo una citazione\n> e nient'altro",
        "Elenco:\n- primo\n- secondo\n\nDa: definire\nOggetto del parere: bonifica",
        "-- \nsolo la firma",
        "",
        "Da: 3 anni chiediamo aiuto\nA: nessuno",
    ],
)
def test_in_doubt_nothing_is_folded(text: str) -> None:
    assert folded_reply(text, "R: parere") == Reply(text.strip(), "")


@pytest.mark.parametrize(
    "text",
    ["> " * 10_000, ">\n" * 10_000, "Da:\n" * 5_000, "Il 1\n" * 4_000, "--\n" * 6_000, "_" * 20_000, "On 1 " * 4_000],
    ids=["marks", "quotations", "labels", "headings", "signatures", "rule", "one line"],
)
@pytest.mark.timeout(5)
def test_hostile_text_costs_no_more_than_its_length(text: str) -> None:
    assert folded_reply(text, "").said is not None
