"""The baseline: recognising the theme of a text by the vocabulary's words."""

import pytest

from contracts.vocabulary import themes
from services.intake.classifier.keywords import recognise


@pytest.mark.parametrize(
    ("text", "theme", "procedure"),
    [
        ("Serve il permesso di costruire, con oneri di urbanizzazione", "building-planning", "permesso-costruire"),
        ("Impianti fotovoltaici a terra: autorizzazione unica FER", "renewable-energy", "au-fer"),
        ("Piano di caratterizzazione di un sito contaminato", "site-remediation", "pdc-caratterizzazione"),
        ("Come si carica la rendicontazione PNRR su ReGiS?", "reporting-monitoring", None),
        ("Nuova antenna telefonia mobile in centro", "digital-infrastructure", None),
        ("Soccorso istruttorio in una procedura negoziata", "public-procurement", None),
        ("Centri di raccolta: isole ecologiche intercomunali", "waste-management", None),
        ("Verifica di assoggettabilità a VAS: rapporto preliminare", "environmental-assessment", "vas-screening"),
    ],
)
def test_a_text_with_words_of_a_theme_is_recognised(text: str, theme: str, procedure: str | None) -> None:
    found = recognise(text)

    assert found.theme == theme
    assert procedure in (None, found.procedure)
    assert found.words
    assert found.candidates[0][0] == theme


@pytest.mark.parametrize("text", ["", "Buongiorno, ci serve un aiuto.", "Il municipio è in via Roma 1", "x" * 50_000])
def test_a_text_without_such_words_is_left_to_a_person(text: str) -> None:
    assert recognise(text).theme is None


def test_a_text_about_two_themes_at_once_is_left_to_a_person() -> None:
    found = recognise(
        "Permesso di costruire per una discarica: sito contaminato e permesso di costruire, rifiuti inerti"
    )

    assert found.theme is None
    assert 0 < found.confidence < 0.45
    assert len(found.candidates) >= 2


def test_each_keyword_of_the_vocabulary_speaks_for_its_theme_first() -> None:
    for theme in themes():
        for keyword in theme.keywords_it:
            found = recognise(f"Richiesta su {keyword}")
            assert not found.candidates or theme.code in [code for code, _ in found.candidates], keyword
