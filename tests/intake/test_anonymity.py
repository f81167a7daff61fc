"""What names somebody in a text is found however it is written, and ordinary words are left alone."""

import pytest

from services.intake.domain.anonymity import Known, findings, neutral
from services.intake.domain.late_replies import only_thanks
from services.intake.domain.tax_numbers import company_number

KNOWN = Known(
    persons=("Anna Bianchi", "Niccolò D’Angelo"),
    bodies=("Varese",),
    exact=(("anna.b@varese.example", "email"), ("2026-000123", "number"), ("12345/2026", "protocol")),
)


@pytest.mark.parametrize(
    "text",
    [
        "Anna Bianchi", "BIANCHI ANNA", "anna  bianchi", "ANNA\nBIANCHI", "la sig.ra Bianchi", "d'angelo niccolo",
        "Niccolò", "Comune di Varese", "VARESE", "comune di Varese", "Anna.B@Varese.Example", "2026-000123",
        "prot. 12345/2026",
    ],
)  # fmt: skip
def test_what_is_known_is_found_however_it_is_written(text: str) -> None:
    found = findings(f"Prima di {text}, dopo.", KNOWN)

    assert any(finding.known for finding in found), found
    assert not any(finding.known for finding in findings(neutral(f"Prima di {text}, dopo.", KNOWN), KNOWN))


@pytest.mark.parametrize(
    "text",
    [
        "I fogli bianchi restano bianchi.", "TAR Lombardia, sez. Varese, n. 12/2021", "Tribunale di Varese",
        "La varesina", "art. 242 del d.lgs. 152/2006, entro 90 giorni", "L’annata 2026",
    ],
)  # fmt: skip
def test_ordinary_words_and_citations_are_no_known_names(text: str) -> None:
    assert [finding for finding in findings(text, KNOWN) if finding.known] == []


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("scrivere a tecnico@ditta.example", "email"),
        ("tel. 0332 255111", "phone"),
        ("cell. +39 347 1234567", "phone"),
        ("prot. n. 4471 del 3 marzo", "protocol"),
        ("P.IVA 00743110157", "tax_number"),
        ("RSSMRA80A01H501U", "tax_number"),
        ("in via Giuseppe Mazzini, 12", "street"),
        ("il geom. Rossi", "person"),
        ("il Comune di Busto Arsizio", "body"),
        ("l’area di Busto Arsizio", "body"),
        ("si trova a Saronno", "body"),
    ],
)
def test_what_only_looks_like_a_name_is_pointed_out(text: str, kind: str) -> None:
    found = findings(text, Known())

    assert [(finding.kind, finding.known) for finding in found] == [(kind, False)]


def test_digits_that_are_no_tax_number_are_left_alone() -> None:
    assert findings("il codice 12345678901", Known()) == []


def test_a_text_of_the_largest_size_is_read_in_no_time() -> None:
    text = "Il Comune di Milano e l'ing. Rossi di via Roma 1 prot. 0332 " * 330

    assert len(findings(text, KNOWN)) > 300


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("00743110157", None), ("IT 00743110157", None), ("00743110158", "check"), ("00000000000", "check"),
        ("123", "form"), ("RSSMRA80A01H501U", "person"), ("rssmra80a01h501u", "person"), ("", "form"),
    ],
)  # fmt: skip
def test_tax_numbers_of_companies_fit_and_those_of_persons_are_told_apart(text: str, fault: str | None) -> None:
    assert company_number(text)[1] == fault


@pytest.mark.parametrize(
    ("text", "thanks"),
    [
        ("Grazie mille!", True),
        ("Grazie, Anna Bianchi", True),
        ("Perfetto, grazie.\nCordiali saluti\nAnna Bianchi", True),
        ("Ok", True),
        ("Non va bene, grazie", False),
        ("Grazie ma manca un allegato", False),
        ("Grazie. Potete inviarmi il modello?", False),
        ("Il problema si ripresenta", False),
        ("Allegato B", False),
        ("", False),
    ],
)
def test_thanks_are_told_from_what_wants_an_answer(text: str, thanks: bool) -> None:
    assert only_thanks(text) is thanks
