"""Which requests count as alike, against pairs written by hand; and what the comparison must not be led astray by."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from services.intake.domain.similarity import ALIKE, Scale, Text
from services.intake.domain.words import tokens

PAIRS: dict[str, list[Any]] = yaml.safe_load((Path(__file__).parent / "similar" / "pairs.yaml").read_text("utf-8"))
Pair = tuple[tuple[str, str], tuple[str, str]]


def text(written: tuple[str, str], besides: str = "") -> Text:
    title, description = written
    return Text.of(title, tokens(title, description, besides), tokens(besides))


def _scale() -> Scale:
    """Weighs words as among the requests of a body that has sent all of these."""
    return Scale(text(one).words for kind in PAIRS.values() for pair in kind for one in pair)


def likeness(pair: Pair) -> float:
    return _scale().likeness(text(pair[0]), text(pair[1]))


def test_hand_written_pairs_are_told_apart() -> None:
    scale = _scale()
    found = {
        kind: [scale.likeness(text(one), text(other)) >= ALIKE for one, other in pairs] for kind, pairs in PAIRS.items()
    }
    right, wrong = sum(found["alike"]), sum(found["different"])

    assert len(found["alike"]) + len(found["different"]) >= 40
    assert right / (right + wrong) >= 0.92, f"precision {right / (right + wrong):.2f}"
    assert right / len(found["alike"]) >= 0.9, f"recall {right / len(found['alike']):.2f}"


@pytest.mark.parametrize("pair", PAIRS["alike"])
def test_a_pair_is_alike_also_where_nothing_else_was_ever_asked(pair: Pair) -> None:
    one, other = text(pair[0]), text(pair[1])

    assert Scale([one.words, other.words]).likeness(one, other) >= ALIKE


@pytest.mark.parametrize("pair", PAIRS["different"])
def test_what_differs_is_told_apart_also_where_nothing_else_was_ever_asked(pair: Pair) -> None:
    one, other = text(pair[0]), text(pair[1])

    assert Scale([one.words, other.words]).likeness(one, other) < ALIKE


def test_of_all_other_requests_hardly_any_is_offered() -> None:
    scale = _scale()
    firsts = [text(pair[0]) for pair in PAIRS["alike"]]
    crossed = [scale.likeness(one, other) for n, one in enumerate(firsts) for other in firsts[n + 1 :]]

    assert sum(value >= ALIKE for value in crossed) / len(crossed) <= 0.01


@pytest.mark.parametrize("pair", PAIRS["alike"][:10])
def test_likeness_does_not_depend_on_who_is_asked_and_is_whole_for_the_same(pair: Pair) -> None:
    scale = _scale()

    assert scale.likeness(text(pair[0]), text(pair[1])) == pytest.approx(scale.likeness(text(pair[1]), text(pair[0])))
    assert scale.likeness(text(pair[0]), text(pair[0])) == pytest.approx(1.0)


def test_the_title_alone_finds_the_request_that_it_names() -> None:
    whole = text(("Sversamento di gasolio nel torrente", "Un'autocisterna ha versato gasolio: messa in sicurezza."))
    other = text(("Rumore del bar", "I residenti segnalano il rumore notturno del bar in piazza."))
    begun = text(("gasolio versato nel torrente", ""))

    assert _scale().likeness(begun, whole) >= ALIKE > _scale().likeness(begun, other)


def test_courtesy_numbers_and_the_name_of_the_body_do_not_make_requests_alike() -> None:
    polite = (
        "Buongiorno, chiediamo gentilmente un parere su come procedere. Cordiali saluti, il responsabile dell'ufficio"
    )
    one = text(("Richiesta urgente", f"{polite}. Prot. 123/2026: dehors del ristorante"), "Comune di Busto Arsizio")
    other = text(("Richiesta urgente", f"{polite}. Prot. 123/2026: taglio del bosco"), "Comune di Busto Arsizio")

    assert _scale().likeness(one, other) < ALIKE
    assert not {"bust", "arsiz"} & one.words


@pytest.mark.parametrize("title", ["", "Richiesta", "Aiuto per una pratica", "bonifica"])
def test_too_few_words_say_nothing(title: str) -> None:
    assert not text((title, "Buongiorno, come procedere?")).says_something
