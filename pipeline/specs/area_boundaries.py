"""Open boundaries of areas, read from GeoJSON (RFC 7946) as plain polygons."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from typing import Any

from pipeline.errors import PaperError

Ring = tuple[tuple[float, float], ...]
Polygon = tuple[Ring, ...]
"""Its outer ring, then those of its holes."""
LARGEST = 50_000_000
"""Bytes of a file that is read: more is not for a map of a page."""


def boundaries_of(content: bytes, code: str, where: str = "boundaries") -> dict[str, tuple[Polygon, ...]]:
    """Code of an area → its polygons, of longitudes and latitudes.

    ``code``: the property of a feature that holds the code. Raises ``PaperError`` for what is no GeoJSON of polygons in
    degrees, and for a feature without the code.
    """
    if len(content) > LARGEST:
        raise PaperError(f"is larger than {LARGEST // 1_000_000} MB", where=where, todo="Take generalised boundaries.")
    try:
        data = json.loads(content)
    except (ValueError, RecursionError):
        raise PaperError("is no JSON", where=where, todo="Export it as GeoJSON.") from None
    features = data.get("features") if isinstance(data, dict) else None
    if not isinstance(features, list) or not features:
        raise PaperError("is no GeoJSON with features", where=where, todo="Export a FeatureCollection.")
    found: dict[str, list[Polygon]] = {}
    for feature in features:
        properties = feature.get("properties") if isinstance(feature, dict) else None
        value = properties.get(code) if isinstance(properties, dict) else None
        if value is None or isinstance(value, (dict, list)):
            raise PaperError(f"a feature has no property `{code}`", where=where, count=len(features))
        found.setdefault(str(value), []).extend(_polygons(feature.get("geometry"), where))
    return {area: tuple(polygons) for area, polygons in found.items()}


def _polygons(geometry: Any, where: str) -> Iterator[Polygon]:
    if not isinstance(geometry, Mapping) or geometry.get("type") not in ("Polygon", "MultiPolygon"):
        raise PaperError("a feature is neither a Polygon nor a MultiPolygon", where=where)
    parts = geometry.get("coordinates")
    for part in [parts] if geometry["type"] == "Polygon" else parts or ():
        rings = tuple(_ring(ring, where) for ring in part or ())
        if rings:
            yield rings


def _ring(points: Any, where: str) -> Ring:
    try:
        found = tuple((float(point[0]), float(point[1])) for point in points)
    except (TypeError, ValueError, IndexError):
        raise PaperError("a boundary has points that are no pairs of numbers", where=where) from None
    if len(found) < 4 or found[0] != found[-1]:
        raise PaperError("a boundary is not closed", where=where, todo="The last point of a ring is its first.")
    if not all(math.isfinite(x) and math.isfinite(y) and abs(x) <= 180 and abs(y) <= 90 for x, y in found):
        raise PaperError(
            "boundaries are not in degrees of longitude and latitude", where=where, todo="Export them as WGS 84."
        )
    return found
