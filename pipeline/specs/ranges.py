"""Which values a score can take, as the declarations of a study say."""

from __future__ import annotations

from collections.abc import Mapping

from pipeline.specs.project import Study
from pipeline.specs.study import Scale, value_range

ScoreRange = tuple[float | None, float | None]


def reversed_ranges(study: Study) -> dict[str, tuple[float, float]]:
    """Item → its lowest and highest value, for every item that a scale reverses."""
    names = dict.fromkeys(item for scale in study.scales.values() for item in scale.reverse)
    return {name: found for name in names if (found := value_range(study.items[name]))}


def score_ranges(study: Study) -> dict[str, ScoreRange]:
    """Score → lowest and highest value it can take, in any wave."""
    items = _item_ranges(study)
    found: dict[str, ScoreRange] = {}
    for key, scale in study.scales.items():
        found[scale.concept or key] = _scale_range(scale, items)
    found |= {concept: items[item] or (None, None) for concept, item in study.scored_items().items()}
    found |= {concept: measure.range or (None, None) for concept, measure in study.about.areas.items()}
    return found


def _item_ranges(study: Study) -> dict[str, tuple[float, float] | None]:
    """Item → its range, widened by what waves add: the range of a number, the categories of a nominal item."""
    found = {key: value_range(item) for key, item in study.items.items()}
    for wave in study.waves.values():
        for key, exception in wave.exceptions.items():
            added = list(exception.range or ())
            if study.items[key].kind == "nominal" and exception.recode is None:
                added += [float(code) for code in exception.codes or ()]
            ends = [*added, *(found[key] or ())]
            found[key] = (min(ends), max(ends)) if ends else None
    return found


def _scale_range(scale: Scale, items: Mapping[str, tuple[float, float] | None]) -> ScoreRange:
    bounds = [bound for item in scale.items if (bound := items[item])]
    if len(bounds) < len(scale.items):
        return None, None
    lows, highs = [low for low, _ in bounds], [high for _, high in bounds]
    return (sum(lows), sum(highs)) if scale.score == "sum" else (min(lows), max(highs))
