"""What requests are found by: words in any form, abbreviations, numbers with their marks."""

import pytest

from services.intake.domain.words import MOST_ASKED, MOST_TOKENS, asked, tokens


@pytest.mark.parametrize(
    ("written", "sought"),
    [
        ("Bonifica dell'impianto di Cascina Nuova", "impianti"),
        ("Bonifica dell’impianto", "impianto"),
        ("all'istruttoria, sull'area e nell'ordinanza", "istruttorie area ordinanze"),
        ("quest'anno l'ente un'urgenza dov'è", "anno enti urgenze"),
        ("Le gare e gli atti dei siti", "gara atto sito"),
        ("Criticità già note", "CRITICITA nota"),
        ("perché così", "PERCHE'"),
        ("procedura di V.I.A. e A.U.A.", "via aua"),
        ("procedura di VIA", "V.I.A."),
        ("ai sensi del D.P.R. 380/2001", "dpr 380/2001"),
        ("ai sensi del d.lgs. 152/06", "dlgs"),
        ("richiesta 2026-000123", "2026-000123"),
        ("richiesta 2026-000123", "2026-123"),
        ("richiesta 2026-000123", "123"),
        ("protocollo 0012345/2026", "12345/2026"),
        ("protocollo 0012345/2026", "0012345"),
        ("protocollo n. 98765", "98765"),
        ("conferenza di servizi ex art. 14-bis", "14-bis conferenze"),
        ("sportello SUAP/SUE", "suap sue"),
        ("e-mail non arrivata", "mail"),
        ("Boni\u00adfica della fal\u200bda", "bonifiche falda"),
        ("Bonifica della falda", "boni\u00adfica fal\u200bda"),
        ("richiesta 2026\u2011000123 e 12\u201314/2026", "2026-000123 12-14/2026"),
        ("richiesta 2026-000123", "2026\u2013000123"),
        ("prot.12345/2026", "12345/2026"),
        ("protocollo 12345/2026", "12345/2026"),
        ("prot. n. 12345/2026", "prot.n.12345/2026"),
        ("ai sensi dell’art.242", "art. 242"),
        ("ai sensi del D.P.R.380/2001", "dpr 380/2001"),
        ("richiesta 2026-000123", "n.2026-000123"),
        ("12345/2026", "prot. n. 12345/2026"),
    ],
)  # fmt: skip
def test_what_is_written_is_found_by_what_people_type(written, sought) -> None:
    assert asked(sought)
    assert set(asked(sought)) <= set(tokens(written))


@pytest.mark.parametrize(
    ("written", "sought"),
    [
        ("richiesta 2026-000123", "2026-000124"),
        ("richiesta 2026-000123", "2025-000123"),
        ("protocollo 12/2026", "2026"),
        ("legge 380 del 2001", "380/2001"),
        ("impianto", "impiantistica"),
    ],
)  # fmt: skip
def test_another_number_or_word_is_not_found(written, sought) -> None:
    assert not set(asked(sought)) <= set(tokens(written))


def test_small_words_marks_and_nothing_look_for_nothing() -> None:
    for text in ("", " ", "il della con", "!?!", "l' d'", "è"):
        assert asked(text) == []


def test_a_question_and_a_document_have_a_limited_number_of_words() -> None:
    long = " ".join(f"parola{n}x" for n in range(2 * MOST_TOKENS))

    assert len(tokens(long)) == MOST_TOKENS
    assert len(asked(long)) == MOST_ASKED
    assert asked("parola " * 5_000) == ["parol"]
    assert all(len(token) <= 40 for token in tokens("x" * 10_000))
