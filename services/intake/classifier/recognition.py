"""What a recogniser answers."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Recognition:
    """theme: None when the text does not tell clearly enough. confidence: 0..1, of the best theme even then.

    words: what in the text decided, as it stands there, to be shown to whoever checks it.
    candidates: at most three themes, best first, each with how likely it is.
    procedures: at most three procedures of the best theme, each with how likely it is if the theme is right.
    tags: codes of what cuts across all themes, see `tags.TAGS`.
    """

    theme: str | None = None
    confidence: float = 0.0
    procedure: str | None = None
    words: tuple[str, ...] = ()
    candidates: tuple[tuple[str, float], ...] = ()
    procedures: tuple[tuple[str, float], ...] = ()
    tags: tuple[str, ...] = ()

    def kept(self) -> dict[str, Any] | None:
        """What is stored with a request beside its theme; None where nothing was found, or had to be looked for."""
        if not (self.words or self.candidates or self.tags):
            return None
        likely = {"candidates": self.candidates, "procedures": self.procedures}
        pairs = {name: [{"code": code, "share": share} for code, share in found] for name, found in likely.items()}
        return {"words": list(self.words), "tags": list(self.tags), **pairs}
