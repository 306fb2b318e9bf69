"""A hint at the name that was meant."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def nearest(name: str, known: Iterable[str]) -> str:
    """A hint at the nearest name in ``known``, or nothing: "; did you mean `codes`?"."""
    found = difflib.get_close_matches(name, list(known), n=1, cutoff=0.55)
    return f"; did you mean `{found[0]}`?" if found else ""
