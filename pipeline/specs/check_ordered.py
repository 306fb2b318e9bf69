"""Whether what a model of ordered answers reads has ordered answers: neither numbers, nor names, nor means of items."""

from __future__ import annotations

from collections.abc import Mapping

from pipeline.specs.families import FAMILIES
from pipeline.specs.names import StudyNames
from pipeline.specs.reading import Reading
from pipeline.specs.strict_yaml import Source
from pipeline.specs.structural import StructuralModel
from pipeline.specs.study import Item, Scale, awaits_labels

MOST = 20
"""So many answers an ordered question may have."""


def check_ordered(model: StructuralModel, source: Source, study: StudyNames, reading: Reading) -> None:
    """Report constructs of other than ordered questions, and questions with too few or too many answers."""
    parts = reading.parts[study.key]
    scales = {scale.concept or key: scale for key, scale in parts.scales.items()}
    least = 2 if model.family == "cfa" else 3
    for name in model.constructs:
        items = _items(model, name, scales, parts.items)
        if not items and name in (study.scores or ()):
            source.report(("constructs",), f"`{name}` is not asked as a question: `ordinal: true` needs its answers.")
        elif not model.reads_items and (len(items) > 1 or (name in scales and len(scales[name].items) > 1)):
            way = " (or `indicators: true`)" if "indicators" in FAMILIES[model.family].takes else ""
            source.report(
                ("constructs",),
                f"`{name}` is the mean of {len(items)} items, which is no ordered answer: name a concept of one{way}.",
            )
        else:
            _check_items(name, items, least, source)


def _items(
    model: StructuralModel, name: str, scales: Mapping[str, Scale], items: Mapping[str, Item]
) -> dict[str, Item]:
    """The questions that a construct is made of."""
    if name in scales:
        return {item: items[item] for item in scales[name].items if item in items}
    return {} if model.reads_items else {key: item for key, item in items.items() if item.concept == name}


def _check_items(name: str, items: Mapping[str, Item], least: int, source: Source) -> None:
    for key, item in items.items():
        if item.kind != "ordinal":
            what = "a number" if item.kind == "number" else "an answer without order"
            source.report(("constructs",), f"`{key}` of `{name}` is {what}, and `ordinal: true` needs ordered answers.")
        elif not awaits_labels(item) and not least <= (count := _answers(item)) <= MOST:
            source.report(
                ("constructs",),
                f"`{key}` of `{name}` has {count} answers; `ordinal: true` takes {least} to {MOST}.",
            )


def _answers(item: Item) -> int:
    """How many different values the answers take."""
    values = {code: item.recode.get(code, float(code)) for code in item.codes if code not in item.missing}
    return len({value for value in values.values() if isinstance(value, float | int)})
