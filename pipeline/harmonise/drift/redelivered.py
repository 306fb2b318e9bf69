"""A wave delivered again: what the corrected delivery changed, in counts and means, as a table and in lines."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

import polars as pl

from pipeline.harmonise.drift.means import wave_means
from pipeline.options import known_options
from pipeline.specs.arm_parts import arm_files
from pipeline.specs.project import Study
from pipeline.specs.sources import source_variable
from pipeline.tables import Redeliveries

FEW = 10
"""A mean of fewer answers than this is not shown: it could be one person's."""


@dataclass(frozen=True)
class Delivery:
    """One delivery of a wave: its rows under pseudonyms, and every column of its files."""

    frame: pl.DataFrame
    columns: frozenset[str]


@dataclass(frozen=True)
class People:
    """People in both deliveries, in the later one alone, and in the earlier one alone."""

    in_both: int
    added: int
    gone: int


@known_options
def redelivered(
    study: Study,
    wave: str,
    before: Delivery,
    after: Delivery,
    people: People,
    cells: pl.DataFrame,
    printed: Mapping[str, str],
) -> pl.DataFrame:
    """One row per thing that changed (contract ``Redeliveries``).

    ``cells``: one row per variable, with the answers ``changed``, ``filled`` and ``emptied`` among people in both.
    ``printed``: item, scale or concept → the weights with which models print its mean.
    """
    rows = [
        *({"part": "counts", "name": name, "count": count} for name, count in vars(people).items()),
        *_columns(before.columns, after.columns),
        *_cells(study, wave, cells),
        *_means(study, wave, before.frame, after.frame, printed),
    ]
    return _table(study, wave, rows)


@known_options
def not_compared(study: Study, wave: str, why: str) -> pl.DataFrame:
    """The one row (contract ``Redeliveries``) of a wave whose earlier delivery cannot be read or is not kept."""
    return _table(study, wave, [{"part": "not_compared", "name": why}])


def _table(study: Study, wave: str, rows: Collection[Mapping[str, object]]) -> pl.DataFrame:
    head = {"study": study.key, "wave": wave, "arm": ""}
    types = {name: column.dtype for name, column in Redeliveries.columns().items()}
    return pl.DataFrame([head | dict(row) for row in rows], schema=types)


def _columns(before: Collection[str], after: Collection[str]) -> Iterator[Mapping[str, object]]:
    for change, names in (("added", set(after) - set(before)), ("gone", set(before) - set(after))):
        yield from ({"part": "columns", "name": name, "change": change} for name in sorted(names))


def _cells(study: Study, wave: str, cells: pl.DataFrame) -> Iterator[dict[str, object]]:
    items = _items(study, wave)
    found = [row for row in cells.iter_rows(named=True) if row["changed"] or row["filled"] or row["emptied"]]
    for row in sorted(found, key=lambda row: -(row["changed"] + row["filled"] + row["emptied"])):
        counts = {name: row[name] for name in ("changed", "filled", "emptied")}
        yield {"part": "cells", "name": ", ".join(items.get(row["variable"], [])) or row["variable"], **counts}


def _items(study: Study, wave: str) -> dict[str, list[str]]:
    """Variable → the items that are read from it."""
    items: dict[str, list[str]] = {}
    for file in arm_files(study, wave):
        for key in study.items:
            variable = source_variable(study, wave, file, key)
            if variable is not None and key not in items.setdefault(variable, []):
                items[variable].append(key)
    return items


def _means(
    study: Study, wave: str, before: pl.DataFrame, after: pl.DataFrame, printed: Mapping[str, str]
) -> Iterator[dict[str, object]]:
    """How many means there are, and those that move; those that are printed come first."""
    pairs = wave_means(study, wave, before).join(
        wave_means(study, wave, after), on=("arm", "measure"), how="full", coalesce=True, suffix="_after",
        maintain_order="left_right",
    )  # fmt: skip
    pairs = pairs.filter(pl.max_horizontal("answers", "answers_after") >= FEW)
    moved = [row for row in pairs.iter_rows(named=True) if _differs(row)]
    yield {"part": "counts", "name": "means", "count": pairs.height}
    rows = [_mean(row, _printed(study, str(row["measure"]), printed)) for row in moved]
    yield from sorted(rows, key=lambda row: row["printed"] is None)


def _differs(row: Mapping[str, object]) -> bool:
    return row["answers"] != row["answers_after"] or any(
        not _is_equal(row[name], row[f"{name}_after"]) for name in ("mean", "weighted")
    )


def _is_equal(before: object, after: object) -> bool:
    """Whether two means are equal but for the order in which answers were added."""
    if not (isinstance(before, float) and isinstance(after, float)):
        return before is after
    return math.isclose(before, after, rel_tol=1e-12, abs_tol=1e-12)


def _printed(study: Study, measure: str, printed: Mapping[str, str]) -> str | None:
    declared = study.scales[measure] if measure in study.scales else study.items[measure]
    return printed.get(measure) or printed.get(declared.concept or "")


def _mean(row: Mapping[str, object], printed: str | None) -> dict[str, object]:
    found: dict[str, object] = {"part": "means", "arm": row["arm"], "name": row["measure"], "printed": printed}
    for when, suffix in (("before", ""), ("after", "_after")):
        answers = int(str(row[f"answers{suffix}"] or 0))
        found[f"answers_{when}"] = answers
        if answers >= FEW:
            found |= {f"mean_{when}": row[f"mean{suffix}"], f"weighted_{when}": row[f"weighted{suffix}"]}
    return found
