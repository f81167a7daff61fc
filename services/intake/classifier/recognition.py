"""What a recogniser answers."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Recognition:
    """theme: None when the text does not tell clearly enough. confidence: 0..1, of the best theme even then.

    words: what in the text decided, to be shown to whoever checks it. candidates: at most three themes, best first,
    each with its share of what was found.
    """

    theme: str | None = None
    confidence: float = 0.0
    procedure: str | None = None
    words: tuple[str, ...] = ()
    candidates: tuple[tuple[str, float], ...] = ()
