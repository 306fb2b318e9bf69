"""One question as a file or a codebook describes it, before it is an entry of items.yaml."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field

LONGEST = 2_000
"""A text of more characters is cut: it is no question."""


@dataclass(frozen=True)
class Question:
    """What is known of one variable. What the source does not say is empty, and ``notes`` says so.

    ``text``: the words of the question, or of a row of a grid below its ``stem``; ``group``: the grid that the source
    puts it in. ``codes``: code → label; ``missing``: code → reason; ``bounds``: of an amount. ``notes``: key of the
    entry → the comment behind it (``row``: behind its row in a battery). ``why_not``: why no item can be made of it.
    ``names``: what other exports call the variable.
    """

    variable: str
    label: str = ""
    text: str = ""
    stem: str = ""
    group: str = ""
    kind: str = "ordinal"
    codes: Mapping[str, str] = field(default_factory=dict)
    missing: Mapping[str, str] = field(default_factory=dict)
    bounds: tuple[float, float] | None = None
    value_labels: Mapping[str, str] = field(default_factory=dict)
    """Values of an amount → label, as of the ends of a scale."""
    routing: str = ""
    source: str = ""
    assumed: str = ""
    """Why the entry rests on an assumption; empty if it does not."""
    notes: Mapping[str, str] = field(default_factory=dict)
    why_not: str = ""
    twice: str = ""
    """The code that the source gives twice, in words."""
    names: tuple[str, ...] = ()
    unsure: Mapping[str, str] = field(default_factory=dict)
    """Missing codes → label, where the label does not say why there is no answer."""
    label_reasons: Mapping[str, str] = field(default_factory=dict)
    """Code → why there is no answer, where its label says so plainly; of codes that study.yaml declares, too."""
    is_lasting: bool = False
    """Whether one column holds it for all waves."""

    @property
    def wording(self) -> str:
        """The whole wording, as an item has it."""
        return f"{self.stem} {self.text}".strip()


def clean(text: object) -> str:
    r"""A text from a file on one line, without signs that are not seen, and of a bounded length.

    >>> clean("How\n  much\u202e?\x00 ")
    'How much ?'
    """
    seen = (sign if sign.isspace() or unicodedata.category(sign)[0] != "C" else " " for sign in str(text or ""))
    line = " ".join("".join(seen).split())
    return line if len(line) <= LONGEST else f"{line[:LONGEST].rstrip()}…"
