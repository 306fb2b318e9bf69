"""What a twin has to know of the columns of a study."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

SMALLEST = 10
"""What fewer people have in common is not kept: a code, an amount, a reason, a course through the waves."""


@dataclass(frozen=True)
class Columns:
    """``missing``: column → codes that are no answer. ``numbers``: columns of amounts; ``nominal``: of codes without an
    order. ``lasting``: columns that do not change in a life. ``clusters``: column of sampling units → column of their
    strata, or empty. Whatever else a frame holds is ordered codes.
    """

    missing: Mapping[str, frozenset[str]] = field(default_factory=dict)
    numbers: frozenset[str] = frozenset()
    nominal: frozenset[str] = frozenset()
    lasting: frozenset[str] = frozenset()
    clusters: Mapping[str, str] = field(default_factory=dict)
