"""The learnt model as a file: `themes.model`, made by `make classifier`, read once; standard library only.

First line: JSON with classes, biases, scales, threshold and what it was made from. Then, compressed: one
byte a row for its weight in a text; for each class one signed byte a row; one signed byte a row and procedure.
"""

import json
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from services.intake.classifier.features import ROWS

FILE = Path(__file__).with_name("themes.model")
NOBODY = "nobody"
"""The class of texts that fit no theme."""
PROCEDURE_ROWS = 1 << 14


@dataclass(frozen=True)
class Model:
    """classes: themes in the vocabulary's order, then `NOBODY`. procedures: theme -> its codes, then None (none named).

    telling: how much each row counts in a text. bias and scales already hold what calibration has found.
    """

    classes: tuple[str, ...]
    procedures: dict[str, tuple[str | None, ...]]
    bias: tuple[float, ...]
    procedure_bias: dict[str, tuple[float, ...]]
    scales: dict[str, float]
    threshold: float
    made_from: dict[str, Any]
    telling: bytes
    weights: tuple[memoryview, ...]
    procedure_weights: memoryview


def read(content: bytes) -> Model:
    """The model in these bytes."""
    head, _, packed = content.partition(b"\n")
    facts = json.loads(head)
    numbers = zlib.decompress(packed)
    classes = tuple(facts["classes"])
    procedures = {theme: tuple(codes) for theme, codes in facts["procedures"].items()}
    first, second = ROWS, ROWS + ROWS * len(classes)
    if len(numbers) != second + PROCEDURE_ROWS * sum(map(len, procedures.values())):
        raise ValueError("The model's size does not fit its description.")
    return Model(
        classes=classes,
        procedures=procedures,
        bias=tuple(facts["bias"]),
        procedure_bias={theme: tuple(values) for theme, values in facts["procedure_bias"].items()},
        scales=facts["scales"],
        threshold=facts["threshold"],
        made_from=facts["made_from"],
        telling=numbers[:first],
        weights=tuple(memoryview(numbers[at : at + ROWS]).cast("b") for at in range(first, second, ROWS)),
        procedure_weights=memoryview(numbers[second:]).cast("b"),
    )


def written(facts: dict[str, Any], telling: bytes, weights: Sequence[bytes]) -> bytes:
    """The content of the file. weights: of themes, class after class; of procedures, row after row."""
    head = json.dumps(facts, ensure_ascii=False, sort_keys=True).encode()
    return head + b"\n" + zlib.compress(telling + b"".join(weights), 9)
