"""The rows of every table of findings under the same five names, so that all are compared alike.

A model's estimate has outcome, component, term, wave and group; what an area, a programme or a study stands on is told
by other columns, which take these places.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import polars as pl

_PLACES = {
    "estimates": ("outcome", "component", "term", "wave", "group"),
    "areas": ("measure", "", "", "wave", "area"),
    "area_changes": ("measure", "kind", "against", "wave", "area"),
    "area_sensitivity": ("measure", "kind", "choice", "round", "area"),
    "coherence": ("measure", "check", "other", "round", "area"),
    "monitor": ("measure", "", "against", "wave", "area"),
    "programme": ("outcome", "row", "programme", "wave", "area"),
    "national": ("concept", "arm", "study", "wave", ""),
}
"""Kind of table → the columns that stand for outcome, component, term, wave and group."""
_ALSO = {"programme": ("term",)}
"""Further columns that tell rows apart; written behind the term."""
_ESTIMATE = {"monitor": "fall", "area_sensitivity": "value", "coherence": "value"}
"""The column of the finding itself, where it is not ``estimate``."""
_NOTES = ("note", "reason", "signal")
_OF_ESTIMATES = frozenset({"estimate", "std_error", "p_value", "conf_low", "conf_high", "n_obs", "n_persons"})


def rows_of(key: str, table: pl.DataFrame) -> Iterator[tuple[tuple[str, ...], dict[str, Any]]]:
    """Each row of a table: its five names, and its numbers with ``estimate``, ``std_error`` and ``note`` among them.

    A row of several without a name of its own keeps its place among them.
    """
    kind = key.split("/")[0]
    places, estimate = _PLACES[kind], _ESTIMATE.get(kind, "estimate")
    numeric = [name for name, dtype in table.schema.items() if dtype.is_numeric() and name != estimate]
    numbers = [name for name in numeric if kind != "estimates" or name in _OF_ESTIMATES]
    for row in table.iter_rows(named=True):
        outcome, component, term, *place = (str(row[name] or "") if name else "" for name in places)
        term = " ".join(filter(None, (term, *(str(row[name] or "") for name in _ALSO.get(kind, ())))))
        note = "; ".join(str(row[name]) for name in _NOTES if row.get(name))
        yield (
            (outcome, component, term, *place),
            {"estimate": row[estimate], "std_error": None, **{name: row[name] for name in numbers}, "note": note},
        )
