"""`make classifier`: learns the themes anew, writes the service's model and says how good it is.

ARGS="corrections=FILE" learns from what people corrected as well (`make corrections` writes the file);
ARGS="check" learns nothing and judges the model that is there.
"""

import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from deploy.classifier.judgement import Judgement, judge
from deploy.classifier.material import (
    CALIBRATION,
    DEVELOPMENT,
    HANDWRITTEN,
    Labelled,
    corrections,
    handwritten,
)
from services.intake.classifier import keywords
from services.intake.classifier.learnt import Recogniser
from services.intake.classifier.model import FILE, read
from services.intake.classifier.recognition import Recognition

_REPEATS = 20


def main(arguments: Sequence[str]) -> None:
    """Learns, unless told to check only, and judges."""
    if "check" not in arguments:
        _learn([argument.partition("=")[2] for argument in arguments if argument.startswith("corrections=")])
    content = FILE.read_bytes()
    recogniser = Recogniser(read(content))
    print(f"Threshold {recogniser.model.threshold:g}; made from {recogniser.model.made_from}")
    for name, path in (("development", DEVELOPMENT), ("calibration", CALIBRATION), ("hand-written test", HANDWRITTEN)):
        _report(name, judge(recogniser.recognise, handwritten(path)), "learnt")
    test = handwritten(HANDWRITTEN)
    _report("hand-written test", judge(keywords.recognise, test), "keyword baseline")
    _details(judge(recogniser.recognise, test))
    _times(lambda: Recogniser(read(content)).recognise, [text.text for text in test])
    print(f"Model: {len(content) / 1e6:.2f} MB as a file.")


def _learn(files: list[str]) -> None:
    # Only learning needs scikit-learn.
    from deploy.classifier.learner import SEED, learn
    from deploy.classifier.synthetic import synthetic

    corrected: list[Labelled] = [text for file in files for text in corrections(Path(file))]
    started = time.perf_counter()
    texts = [*synthetic(SEED), *corrected]
    made_from = {"seed": SEED, "synthetic": len(texts) - len(corrected), "corrections": len(corrected)}
    FILE.write_bytes(learn(texts, handwritten(CALIBRATION), made_from))
    print(f"Learnt from {len(texts)} texts in {time.perf_counter() - started:.0f} s.")


def _report(name: str, found: Judgement, by: str) -> None:
    print(
        f"{name} ({by}, {len(found.verdicts)} texts): accuracy {found.accuracy:.3f} "
        f"(of those with a theme {found.theme_accuracy:.3f}), confidently wrong {found.confidently_wrong:.3f}, "
        f"themes set rightly {found.decided:.3f}, calibration error {found.calibration_error:.3f}"
    )


def _details(found: Judgement) -> None:
    print("\nLabelled theme (rows), best theme (columns), left to a person (last column):")
    print("\n".join(found.confusion()))
    print("\nConfidence, texts, mean confidence, share with the right best theme:")
    print("\n".join(f"  {band}  {count:4}  {said:.2f}  {true:.2f}" for band, count, said, true in found.bands()))
    print("\nClashing words: " + ", ".join(f"{word} {share:.2f} of {count}" for word, count, share in found.clashes()))


def _times(fresh: Callable[[], Callable[[str], Recognition]], texts: list[str]) -> None:
    """alone: the first of its words that a service sees. In batches: when most words are known already."""
    alone = []
    for text in texts:
        recognise = fresh()
        started = time.perf_counter()
        recognise(text)
        alone.append(time.perf_counter() - started)
    recognise = fresh()
    for text in texts:
        recognise(text)
    started = time.perf_counter()
    for _ in range(_REPEATS):
        for text in texts:
            recognise(text)
    batch = (time.perf_counter() - started) / (_REPEATS * len(texts))
    alone.sort()
    print(f"\nOne text alone, no word known: median {1e3 * alone[len(alone) // 2]:.2f} ms, "
          f"slowest {1e3 * alone[-1]:.2f} ms; in batches {1e3 * batch:.3f} ms.")  # fmt: skip


if __name__ == "__main__":
    main(sys.argv[1:])
