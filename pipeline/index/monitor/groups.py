"""Groups of people whose changes are looked at behind a signal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from pipeline.wave_order import rows_in_wave_order


def grouped(groups: pl.DataFrame, names: Sequence[str]) -> pl.DataFrame:
    """One row per person: ``_group_<name>``, the group that they last said: a change is then one of the same people."""
    last = (pl.col(name).drop_nulls().last().alias(f"_group_{name}") for name in names)
    return rows_in_wave_order(groups).group_by("person_id", maintain_order=True).agg(*last)


def group_name(name: str, value: object, labels: Mapping[str, Mapping[str, str]]) -> str:
    """Such as ``Age group: 18 to 29``; of a group without a label its score and value."""
    whole = isinstance(value, float) and value.is_integer()
    text = str(int(value)) if whole and isinstance(value, float) else str(value)
    of = labels.get(name, {})
    return f"{of.get('', name.replace('_', ' ').capitalize())}: {of.get(text, text)}"
