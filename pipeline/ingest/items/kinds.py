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


_OPPOSITES = (
    (r"agree", r"disagree"), (r"satisf", r"dissatisf|unsatisf"), (r"(very |extremely )?likely", r"unlikely|not at all"),
    (r"always|very often|often|daily|every day", r"never"), (r"a great deal|a lot|very|completely", r"not at all|none"),
    (r"very good|excellent|good", r"very bad|very poor|poor|bad"), (r"approve", r"disapprove"), (r"trust", r"distrust"),
)  # fmt: skip
"""Words of the labels of a scale that runs from much to little: of its lowest code, and of its highest."""
_MUCH = r"\W*(?:(?:strongly|completely|totally|fully|definitely|very) )?(?:{})"


def runs_down(codes: Mapping[str, str]) -> str:
    """A hint at ``reverse`` where the lowest code stands for the most: empty for other scales.

    >>> runs_down({"1": "Strongly agree", "2": "Agree", "3": "Disagree"})
    '1 is “Strongly agree”: say `reverse: true` if more of it is to be a higher value'
    >>> runs_down({"1": "Strongly disagree", "2": "Disagree", "3": "Agree"})
    ''
    """
    ordered = list(codes.items())
    first, last = ordered[0], ordered[-1]
    for much, little in _OPPOSITES:
        is_much = re.match(_MUCH.format(much), first[1], re.IGNORECASE)
        if is_much and re.search(little, last[1], re.IGNORECASE) and not re.search(little, first[1], re.IGNORECASE):
            return f"{first[0]} is “{first[1]}”: say `reverse: true` if more of it is to be a higher value"
    return ""


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
        return "ordinal", "; ".join(filter(None, ("ordered answers", runs_down(codes))))
    return "ordinal", f"{CHECK}: nominal, if the codes are names without an order"
