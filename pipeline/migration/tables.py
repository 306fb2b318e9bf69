"""Steps that follow a table of papers to its new name."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pipeline.migration.declared import Declared

_PARTICIPATION = re.compile(r"^(:::table[ \t]+)participation\b(?![-_])", re.MULTILINE)


def name_response_rates(declared: Declared) -> Iterator[str]:
    """``:::table participation`` of papers became ``:::table response_rates``: retention has its own."""
    for paper in declared.papers():
        text = declared.text(paper)
        for match in _PARTICIPATION.finditer(text):
            line = text.count("\n", 0, match.start()) + 1
            yield f"{declared.name(paper)}:{line}: `:::table participation` is called `:::table response_rates`"
        declared.put(paper, _PARTICIPATION.sub(r"\1response_rates", text))
