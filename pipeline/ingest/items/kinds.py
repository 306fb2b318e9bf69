"""The kind of an item, by the labels of its codes, where a source does not say it."""

from __future__ import annotations

import re
from collections.abc import Mapping

from pipeline.ingest.items.entries import CHECK

_SCALES = re.compile(
    r"agree|never|always|often|rarely|seldom|sometimes|very|fairly|quite|rather|not at all|a lot|extremely|somewhat|"
    r"satisf|likely|trust|important|better|worse|more|less|excellent|good|poor|daily|weekly|month|acuerdo|nunca|siempre|"
    r"mucho|poco|nada|muy|zufrieden|sehr|nie|immer|stimme|jamais|toujours|accord|tres|peu",
    re.IGNORECASE,
)
"""Words of labels whose codes have an order."""


def kind_of(codes: Mapping[str, str]) -> tuple[str, str]:
    """The kind of an item with codes, and the comment that says how it is known.

    >>> kind_of({"1": "North", "2": "South", "3": "East"})
    ('ordinal', 'CHECK: nominal, if the codes are names without an order')
    >>> kind_of({"1": "Never", "2": "Often", "3": "Always"})
    ('ordinal', 'ordered answers')
    """
    if len(codes) <= 2:
        return "nominal", "two answers" if len(codes) == 2 else "one answer: was it chosen?"
    worded = [label for code, label in codes.items() if label != code]
    if not worded or any(_SCALES.search(label) for label in worded):
        return "ordinal", "ordered answers"
    return "ordinal", f"{CHECK}: nominal, if the codes are names without an order"
