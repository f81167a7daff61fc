"""Where an expert works, and how near a province is to that. Neighbours come from the vocabulary."""

from functools import cache

from contracts.vocabulary import province

HOME, SERVED, EVERYWHERE, BESIDE = 1.0, 0.9, 0.75, 0.4
"""Whoever serves the whole region fits less than somebody of the place, and better than a neighbour."""
_HOME_NEAR = 0.85
"""Of two who serve the whole region, the one whose home is next to the province is nearer."""


@cache
def near(provinces: frozenset[str]) -> frozenset[str]:
    """The provinces that touch one of these and are none of them."""
    found = [province(sigla) for sigla in provinces]
    return frozenset(sigla for item in found if item for sigla in item.neighbours) - provinces


def served(provinces: frozenset[str], home: str | None) -> frozenset[str]:
    """The provinces that an expert serves, home included; none means all of them."""
    return provinces | {home} if provinces and home else provinces


@cache
def closeness(provinces: frozenset[str], home: str | None, sigla: str) -> float:
    """0 for a province that is not served, up to 1 for the expert's own."""
    if not provinces:
        if home is None:
            return EVERYWHERE
        return HOME if sigla == home else _HOME_NEAR if sigla in near(frozenset({home})) else EVERYWHERE
    own = served(provinces, home)
    if sigla in own:
        return HOME if home in (None, sigla) else SERVED
    return BESIDE if sigla in near(own) else 0.0
