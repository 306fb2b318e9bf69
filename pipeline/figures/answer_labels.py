"""What the values of a measure are called: the labels of the answers of the item that it is scored from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.errors import PaperError
from pipeline.specs.study import value_range

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pipeline.specs.project import Study
    from pipeline.specs.study import Item

READS = ("items.*.concept", "items.*.codes", "items.*.reverse", "items.*.recode", "items.*.range", "items.*.kind")
"""What is read of a study here."""


def answer_labels(study: Study, concept: str, own: Mapping[str, str]) -> dict[float, str]:
    """Value → label, from the lowest value up. ``own``: value as text → the figure's label for it.

    Raises ``PaperError`` if no item of the study has this concept.
    """
    item = next((item for item in study.items.values() if item.concept == concept), None)
    found = {} if item is None else _labels(item)
    given = {float(value): label for value, label in own.items() if _is_number(value)}
    if not found and not given:
        raise PaperError(
            f"`{concept}` is not scored from one item with labelled answers",
            todo="Name a single item's concept, or give its values `labels`.",
        )
    return dict(sorted((found | given).items()))


def _labels(item: Item) -> dict[float, str]:
    """Value → the labels of all codes that become it."""
    ends, found = value_range(item), dict[float, list[str]]()
    for code, label in item.codes.items():
        value = item.recode.get(code, code) if item.recode else code
        if isinstance(value, str) and not _is_number(value):  # a reason why there is no answer
            continue
        number = float(value)
        found.setdefault(sum(ends) - number if item.reverse and ends else number, []).append(label)
    return {value: " or ".join(labels) for value, labels in found.items()}


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
