"""Learning: made-up texts, the stored model that follows from them, and what may be learnt from corrections."""

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from contracts.vocabulary import procedures, themes
from deploy.classifier import material
from deploy.classifier.anonymous import anonymous
from deploy.classifier.material import CALIBRATION, CLASSES, DEVELOPMENT, HANDWRITTEN, handwritten
from deploy.classifier.synthetic import OF_A_THEME, synthetic
from services.intake.classifier.model import FILE, NOBODY, read
from services.intake.domain.texts import stems


def test_the_stored_model_was_made_from_what_is_here() -> None:
    model = read(FILE.read_bytes())

    assert model.made_from["sources"] == material.digest(), "the model is stale: make classifier"
    assert model.classes == CLASSES
    assert {theme: codes[:-1] for theme, codes in model.procedures.items()} == {
        theme.code: theme.procedures for theme in themes()
    }


def test_the_digest_changes_with_the_vocabulary_and_not_with_the_hand_written_test() -> None:
    assert "contracts/vocabulary/themes.json" in material.SOURCES
    assert "deploy/classifier/lexicon.yaml" in material.SOURCES
    assert HANDWRITTEN.relative_to(material.ROOT).as_posix() not in material.SOURCES


def test_a_broken_model_is_refused() -> None:
    content = FILE.read_bytes()
    head, _, packed = content.partition(b"\n")
    facts = json.loads(head)
    facts["classes"] = facts["classes"][:-1]

    with pytest.raises(ValueError, match="size"):
        read(json.dumps(facts).encode() + b"\n" + packed)


def test_the_same_seed_makes_the_same_texts_and_another_one_others() -> None:
    assert synthetic(7) == synthetic(7)
    assert synthetic(7) != synthetic(8)


def test_made_up_texts_speak_of_every_theme_procedure_and_of_nothing() -> None:
    texts = synthetic(7)

    counts = Counter(text.theme for text in texts if text.weight == 1.0)

    assert set(counts) == set(CLASSES)
    assert all(counts[theme.code] == OF_A_THEME for theme in themes())
    assert {text.procedure for text in texts} == {procedure.code for procedure in procedures()} | {None}
    assert any(text.weight == 0.5 for text in texts)
    assert not any("{" in text.text for text in texts)


def test_no_hand_written_text_is_among_those_that_are_learnt_from_or_tuned_with() -> None:
    tuned = {text.text for path in (DEVELOPMENT, CALIBRATION) for text in handwritten(path)}
    learnt = {tuple(run) for words in material.lexicon().values() for text in expressions(words) for run in runs(text)}

    for text in handwritten(HANDWRITTEN):
        assert text.text not in tuned
        assert not learnt & set(runs(text.text)), text.text


def expressions(words: dict) -> list[str]:
    of_procedures = [text for texts in words.get("procedures", {}).values() for text in texts]
    return [*of_procedures, *words["things"], *words["sentences"]]


def runs(text: str, length: int = 5) -> list[tuple[str, ...]]:
    """Runs of so many words; shorter ones are the terms of the trade."""
    said = stems(text)
    return [tuple(said[at : at + length]) for at in range(len(said) - length + 1)]


@pytest.mark.parametrize(
    "secret",
    ["mario.rossi@comune.example", "0332 123456", "+39 333 1234567", "RSSMRA80A01F205X", "IT60X0542811101000000123456",
     "geom. Mario Rossi", "Sig.ra Anna Bianchi", "dott.ssa Bianchi", "Via Garibaldi 12", "https://comune.example/x"],
)  # fmt: skip
def test_what_is_learnt_from_names_nobody(secret: str) -> None:
    kept = anonymous(f"Abuso edilizio\nSi segnala {secret} per la veranda.\nCordiali saluti\nGino Verdi", "Varese")

    assert "veranda" in kept
    assert "Verdi" not in kept
    assert not any(part in kept for part in secret.split()[-1:])


def test_corrections_are_read_as_they_were_written(tmp_path: Path) -> None:
    file = tmp_path / "corrections.jsonl"
    file.write_text('{"text": "CER della scuola", "theme": "renewable-energy", "procedure": null}\n\n')

    (text,) = material.corrections(file)

    assert (text.text, text.theme, text.procedure) == ("CER della scuola", "renewable-energy", None)


def test_the_service_recognises_without_the_libraries_of_learning() -> None:
    code = (
        "import sys; from services.intake.classifier import recognise; recognise('rifiuti abbandonati');"
        "sys.exit(bool({'numpy', 'scipy', 'sklearn', 'yaml'} & set(sys.modules)))"
    )

    assert subprocess.run([sys.executable, "-c", code], cwd=material.ROOT, check=False).returncode == 0


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_learning_twice_gives_the_same_model() -> None:
    pytest.importorskip("sklearn")
    from deploy.classifier.learner import learn

    few = synthetic(7)[::6]

    first, second = (learn(few, handwritten(CALIBRATION), {}) for _ in range(2))

    assert first == second
    assert read(first).classes[-1] == NOBODY
