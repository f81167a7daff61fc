"""The provinces as shapes for an inline SVG: made once, from the simplified borders of the vocabulary."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from math import cos, radians

from contracts.vocabulary import province_borders

WIDTH = 640
_MARGIN = 4
Point = tuple[float, float]


@dataclass(frozen=True)
class Shape:
    """A province: its outline as an SVG path, and where its label stands."""

    sigla: str
    name: str
    path: str
    x: int
    y: int


@dataclass(frozen=True)
class Sheet:
    """The drawing."""

    width: int
    height: int
    shapes: tuple[Shape, ...]


@cache
def sheet() -> Sheet:
    """All provinces on one sheet, north above; a degree of longitude is as long as it is in the middle of it."""
    features = json.loads(province_borders())["features"]
    points = [point for feature in features for ring in _rings(feature["geometry"]) for point in ring]
    west, east = min(x for x, _ in points), max(x for x, _ in points)
    south, north = min(y for _, y in points), max(y for _, y in points)
    shorter = cos(radians((south + north) / 2))
    scale = (WIDTH - 2 * _MARGIN) / ((east - west) * shorter)

    def placed(point: Sequence[float]) -> Point:
        x, y = point
        return round(_MARGIN + (x - west) * shorter * scale, 1), round(_MARGIN + (north - y) * scale, 1)

    shapes = []
    for feature in features:
        rings = [[placed(point) for point in ring] for ring in _rings(feature["geometry"])]
        x, y = _middle(max(rings, key=lambda ring: abs(_area(ring))))
        about = feature["properties"]
        shapes.append(Shape(about["sigla"], about["name"], "".join(map(_drawn, rings)), round(x), round(y)))
    return Sheet(WIDTH, round((north - south) * scale) + 2 * _MARGIN, tuple(shapes))


def _rings(geometry: dict[str, object]) -> Iterator[list[Point]]:
    coordinates = geometry["coordinates"]
    assert isinstance(coordinates, list)
    for polygon in coordinates if geometry["type"] == "MultiPolygon" else [coordinates]:
        yield from polygon


def _drawn(ring: list[Point]) -> str:
    return "M" + "L".join(f"{x:g} {y:g}" for x, y in ring[:-1]) + "Z"


def _area(ring: list[Point]) -> float:
    pairs = pairwise(ring)
    return sum(a[0] * b[1] - b[0] * a[1] for a, b in pairs) / 2


def _middle(ring: list[Point]) -> Point:
    """The centre of gravity of the largest part."""
    pairs = list(pairwise(ring))
    area = _area(ring)
    cross = [a[0] * b[1] - b[0] * a[1] for a, b in pairs]
    x = sum((a[0] + b[0]) * c for (a, b), c in zip(pairs, cross, strict=True)) / (6 * area)
    y = sum((a[1] + b[1]) * c for (a, b), c in zip(pairs, cross, strict=True)) / (6 * area)
    return x, y
