"""Learning: logistic regression over the rows of `services.intake.classifier.features`, then calibration.

Needs scikit-learn; what comes out is a file that the service reads without it. The same input gives the same output:
chance comes from seeds, and weights are rounded to bytes.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression

from contracts.vocabulary import themes
from deploy.classifier.material import CLASSES, Labelled, digest
from services.intake.classifier import features
from services.intake.classifier.features import ROWS
from services.intake.classifier.learnt import Recogniser
from services.intake.classifier.model import PROCEDURE_ROWS, read, written
from services.intake.classifier.wording import words

SEED = 20261124
HOLDING_BACK = 5.0
"""Inverse of how strongly weights are kept small."""
THRESHOLD = 0.85
_STEPS = 127
Facts = dict[str, Any]


def learn(texts: Sequence[Labelled], held_out: Sequence[Labelled], made_from: Facts) -> bytes:
    """The content of a model file. held_out: texts that nothing is learnt from, for the calibration."""
    counted, telling = _counted(texts)
    targets = np.array([CLASSES.index(text.theme) for text in texts])
    weights = np.array([text.weight for text in texts])
    learner = LogisticRegression(C=HOLDING_BACK, max_iter=150, tol=1e-4).fit(counted, targets, sample_weight=weights)
    packed, scale = _packed(learner.coef_)
    procedure_packed, procedure_scale, procedure_bias = _procedures(texts)
    facts: Facts = {
        "classes": CLASSES,
        "procedures": {theme.code: [*theme.procedures, None] for theme in themes()},
        "bias": [round(float(value), 4) for value in learner.intercept_],
        "procedure_bias": procedure_bias,
        # The bytes in `telling` cancel out, because a text's vector has length one.
        "scales": {"themes": scale, "procedures": procedure_scale},
        "threshold": THRESHOLD,
        "made_from": {"sources": digest(), **made_from},
    }
    parts = (bytes(telling), [packed, procedure_packed])
    temperature = _temperature(Recogniser(read(written(facts, *parts))), held_out)
    facts["scales"]["themes"] = scale / temperature
    facts["bias"] = [round(value / temperature, 4) for value in facts["bias"]]
    return written(facts, *parts)


def _counted(texts: Sequence[Labelled]) -> tuple[csr_matrix, np.ndarray]:
    """Texts as vectors of length one, and how much each row counts (the rarer, the more), as bytes."""
    kept: dict[str, features.Rows] = {}
    shown = [list(features.keys(words(text.text))) for text in texts]
    for key in (key for keys in shown for key in keys):
        if key not in kept:
            kept[key] = features.rows(key)
    seen = np.zeros(ROWS)
    for keys in shown:
        seen[list({row for key in keys for row, _ in kept[key]})] += 1
    rarity = np.where(seen >= 2, np.log((1 + len(texts)) / (1 + seen)) + 1, 0.0)
    telling = np.round(rarity * 20).astype(np.uint8)
    places, rows, values = [], [], []
    for place, keys in enumerate(shown):
        squares = [sum((weight * float(telling[row])) ** 2 for row, weight in kept[key]) for key in keys]
        length = np.sqrt(sum(squares)) or 1.0
        for key in keys:
            for row, weight in kept[key]:
                places.append(place)
                rows.append(row)
                values.append(weight * float(telling[row]) / length)
    return csr_matrix((np.array(values, dtype=np.float32), (places, rows)), shape=(len(texts), ROWS)), telling


def _packed(weights: np.ndarray) -> tuple[bytes, float]:
    scale = float(np.abs(weights).max()) / _STEPS
    return np.ascontiguousarray(np.round(weights / scale).astype(np.int8)).tobytes(), scale


def _procedures(texts: Sequence[Labelled]) -> tuple[bytes, float, dict[str, list[float]]]:
    """For each theme a learner of its own that tells its procedures, and 'none of them', apart."""
    parts, biases = [], {}
    for theme in themes():
        codes = [*theme.procedures, None]
        own = [text for text in texts if text.theme == theme.code and text.weight == 1.0]
        learner = LogisticRegression(C=10.0, max_iter=100, tol=1e-3)
        learner.fit(_whole_words(own), [codes.index(text.procedure) for text in own])
        parts.append(learner.coef_.T)
        biases[theme.code] = [round(float(value), 4) for value in learner.intercept_]
    packed, scale = _packed(np.hstack(parts))
    return packed, scale, biases


def _whole_words(texts: Sequence[Labelled]) -> csr_matrix:
    places, rows, values = [], [], []
    for place, text in enumerate(texts):
        shown = features.keys(words(text.text))
        for key in shown:
            row, _ = features.whole_row(key) if key[0] == "w" else features.rows(key)[0]
            places.append(place)
            rows.append(row % PROCEDURE_ROWS)
            values.append(1 / np.sqrt(len(shown)))
    return csr_matrix((np.array(values, dtype=np.float32), (places, rows)), shape=(len(texts), PROCEDURE_ROWS))


def _temperature(recogniser: Recogniser, held_out: Sequence[Labelled]) -> float:
    """By what logits are divided so that probabilities are as often right as they say."""
    logits, targets = [], []
    for text in held_out:
        likely = recogniser.probabilities(features.keys(words(text.text)))
        if likely:
            logits.append(np.log(np.maximum(list(likely.values()), 1e-12)))
            targets.append(CLASSES.index(text.theme))
    table = np.array(logits)

    def surprise(logarithm: float) -> float:
        scaled = table / np.exp(logarithm)
        scaled -= np.log(np.exp(scaled).sum(axis=1, keepdims=True))
        return float(-scaled[np.arange(len(targets)), targets].mean())

    return round(float(np.exp(minimize_scalar(surprise, bounds=(-2, 2), method="bounded").x)), 3)
