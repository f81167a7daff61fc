"""The learnt recognition of themes: as good as promised, on the model that is stored."""

from functools import cache
from itertools import pairwise
from time import perf_counter

import pytest

from contracts.vocabulary import procedure, themes
from deploy.classifier.judgement import Judgement, judge
from deploy.classifier.material import HANDWRITTEN, handwritten
from services.intake.classifier import keywords, recognise
from services.intake.classifier.model import FILE, NOBODY
from services.intake.classifier.wording import words

CLASHES = {"PdC", "CER", "PAS", "VIA", "CdS", "bonifica"}


@cache
def learnt() -> Judgement:
    return judge(recognise, handwritten(HANDWRITTEN))


def test_the_hand_written_texts_cover_every_theme_and_every_clash() -> None:
    texts = handwritten(HANDWRITTEN)

    clashing = [text.clash for text in texts if text.clash]

    assert len(clashing) >= 120
    assert set(clashing) >= CLASHES
    assert {text.theme for text in texts} == {theme.code for theme in themes()} | {NOBODY}
    assert len({text.text for text in texts}) == len(texts)


def test_of_the_hand_written_texts_enough_are_recognised() -> None:
    assert learnt().accuracy >= 0.85
    assert learnt().theme_accuracy >= 0.85


def test_hardly_any_hand_written_text_is_confidently_wrong() -> None:
    assert learnt().confidently_wrong <= 0.02
    assert learnt().decided >= 0.3, "a recogniser that decides nothing is never wrong"


def test_the_learnt_model_beats_the_keywords() -> None:
    baseline = judge(keywords.recognise, handwritten(HANDWRITTEN))

    assert learnt().accuracy > baseline.accuracy + 0.1
    assert learnt().decided > baseline.decided


def test_confidence_is_about_as_often_right_as_it_says() -> None:
    assert learnt().calibration_error < 0.2
    sure = [verdict for verdict in learnt().verdicts if verdict.found.confidence >= 0.9]
    unsure = [verdict for verdict in learnt().verdicts if verdict.found.confidence < 0.5]
    assert sum(verdict.right for verdict in sure) / len(sure) > 0.9
    assert sum(verdict.best == verdict.labelled.theme for verdict in unsure) / len(unsure) < 0.7


def test_the_words_that_decided_stand_in_the_text() -> None:
    for verdict in learnt().verdicts:
        assert len(verdict.found.words) <= 6
        assert all(word in verdict.labelled.text for word in verdict.found.words), verdict.labelled.text
        assert verdict.found.theme is None or verdict.found.words


def test_candidates_come_best_first_and_procedures_belong_to_the_best_theme() -> None:
    for verdict in learnt().verdicts:
        found = verdict.found
        for ranked in (found.candidates, found.procedures):
            assert len(ranked) <= 3
            assert all(first[1] >= second[1] for first, second in pairwise(ranked))
        for code, share in found.procedures:
            known = procedure(code)
            assert known is not None
            assert known.theme == found.candidates[0][0]
            assert 0 <= share <= 1


@pytest.mark.parametrize(
    ("text", "theme", "code"),
    [
        ("PdC ex officina\nIl piano di caratterizzazione prevede sondaggi e piezometri", "site-remediation",
         "pdc-caratterizzazione"),
        ("PdC villa\nIl permesso di costruire è scaduto e il titolare chiede la proroga dei lavori edilizi",
         "building-planning", "permesso-costruire"),
        ("Verifica di assoggettabilità a VAS\nIl rapporto preliminare del piano attuativo è incompleto",
         "environmental-assessment", "vas-screening"),
        ("Validazione dati in ReGiS\nLa prevalidazione segnala un errore bloccante sul CUP del progetto PNRR",
         "reporting-monitoring", "regis-validazione"),
    ],
)  # fmt: skip
def test_a_clear_text_is_recognised_with_its_procedure(text: str, theme: str, code: str) -> None:
    found = recognise(text)

    assert found.theme == theme
    assert code in [candidate for candidate, _ in found.procedures]


@pytest.mark.parametrize(
    "text",
    ["", " ", "Ci serve un aiuto.", "ok", "x" * 1_000_000, "\x00\x00", "🙂🙂🙂 🏗️", "asdf qwer zxcv", "12345", "....",
     "\ud800 rotto", "Cordiali saluti\nMario", "PdC", "via", "\u202e\u2066", "İ" * 5_000],
)  # fmt: skip
def test_what_says_nothing_is_left_to_a_person(text: str) -> None:
    found = recognise(text)

    assert found.theme is None
    assert 0 <= found.confidence < 0.9


def test_a_megabyte_costs_what_a_page_costs() -> None:
    page = "".join(f"parola{number} rifiuti bonifica " for number in range(200))

    started = perf_counter()
    found = recognise(page * 200)
    took = perf_counter() - started

    assert found == recognise((page * 200)[:4_000])
    assert took < 1, "bounded, whatever the machine"
    assert len(words(page * 200)) < 1_000


def test_a_signature_does_not_decide() -> None:
    text = "Rifiuti abbandonati\nSacchi e pneumatici abbandonati nel bosco, ordinanza di rimozione al proprietario"
    signature = "\nCordiali saluti\nUfficio Edilizia privata - permessi di costruire, SCIA, CILA, PGT, agibilità"

    assert recognise(text + signature).candidates == recognise(text).candidates
    assert recognise(text).theme == "waste-management"


def test_tags_tell_what_cuts_across_the_themes() -> None:
    found = recognise("Conferenza dei servizi URGENTE\nIl silenzio-assenso sull'istanza SUAP, progetto PNRR")

    assert set(found.tags) == {"services-conference", "tacit-approval", "one-stop-shop", "funded-by-pnrr", "urgent"}


def test_the_same_text_is_recognised_the_same_way_twice() -> None:
    texts = [text.text for text in handwritten(HANDWRITTEN)[:20]]

    assert [recognise(text) for text in texts] == [recognise(text) for text in texts]


def test_the_stored_model_is_small() -> None:
    assert FILE.stat().st_size < 2_000_000
