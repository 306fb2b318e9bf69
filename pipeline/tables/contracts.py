"""The library of the contracts, loaded without the SQL toolkit that it would load where there is one.

Nothing here asks it for SQL, and the toolkit, which the engine's UI needs, takes as long to load as polars.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["dy"]

_TOOLKIT = "sqlalchemy"


@contextmanager
def _as_if_absent(name: str) -> Iterator[None]:
    """A library that is not loaded yet counts as not installed within the block."""
    if name in sys.modules:
        yield
        return
    sys.modules[name] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        del sys.modules[name]


with _as_if_absent(_TOOLKIT):
    import dataframely as dy
