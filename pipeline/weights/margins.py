"""Population margins: what they require of the weights, and how closely the weights meet them."""

from __future__ import annotations

from typing import Literal

import numpy as np
import polars as pl

from pipeline.errors import CohesionError
from pipeline.specs.targets import category_name
from pipeline.weights.arrays import FloatArray, IntArray
from pipeline.weights.cells import Cells, listed

SHARE_TOLERANCE = 1e-6

Unanswered = Literal["error", "keep"]


def cut(
    frame: pl.DataFrame,
    targets: pl.DataFrame,
    *,
    base: FloatArray,
    unanswered: Unanswered = "error",
) -> Cells:
    """The cells of ``frame`` under ``targets``: one row per ``variable, category`` with a ``share`` (or ``total``).

    Shares within a variable must sum to one (totals to the same sum in each). ``unanswered="keep"`` lets rows
    without an answer to a margin keep their share of the base weight there, and scales its targets to the rest.

    Raises CohesionError that lists every category without a person, every answer without a target, and all shares
    that do not add up.
    """
    problems: list[str] = []
    variables = targets["variable"].unique(maintain_order=True).to_list()
    categories, shares, codes = [], [], []
    for variable in variables:
        names, share = _shares(targets.filter(pl.col("variable") == variable), variable, problems)
        code, names = _coded(frame, variable, names, share, unanswered, problems)
        categories.append(names)
        shares.append(share)
        codes.append(code)
    _check_totals(targets, problems)
    if problems:
        raise CohesionError("; ".join(problems), where="population margins", todo=ADVICE)
    sizes = [len(names) for names in categories]
    key = np.ravel_multi_index(codes, sizes)
    cells, row_cell = np.unique(key, return_inverse=True)
    return Cells(variables, categories, shares, list(np.unravel_index(cells, sizes)), row_cell).meeting(base)


def margins_for(targets: pl.DataFrame, *, wave: str, arm: str | None = None) -> pl.DataFrame:
    """One row per variable and category: the targets for this wave and arm.

    ``targets`` as declared: ``wave, arm, variable, category, share``; an empty wave or arm stands for all.
    Raises CohesionError if there are none.
    """
    applies = pl.col("wave").is_null() | (pl.col("wave") == wave)
    if "arm" in targets.columns:
        applies &= pl.col("arm").is_null() | (pl.col("arm") == arm) if arm is not None else pl.col("arm").is_null()
    found = targets.filter(applies)
    if not found.height:
        raise CohesionError(
            "no population margins are declared", where=f"wave {wave}" + (f", arm {arm}" if arm else "")
        )
    return found


ADVICE = "Merge categories in the margins and in the data alike, or leave the margin out."


def margin_table(cells: Cells, weights: FloatArray) -> pl.DataFrame:
    """One row per margin and category: target share, achieved share, their difference, and the persons in it."""
    people = np.bincount(cells.row_cell, minlength=cells.count)
    rows = []
    for place, achieved in enumerate(cells.achieved(cells.mass(weights))):
        names = cells.categories[place]
        persons = np.bincount(cells.codes[place], people, minlength=len(names))
        for name, target, share, n in zip(names, cells.shares[place], achieved, persons, strict=True):
            rows.append((cells.variables[place], name, float(target), float(share), float(share - target), int(n)))
    return pl.DataFrame(
        rows,
        schema={
            "variable": pl.String,
            "category": pl.String,
            "target": pl.Float64,
            "achieved": pl.Float64,
            "difference": pl.Float64,
            "persons": pl.Int64,
        },
        orient="row",
    )


def _shares(rows: pl.DataFrame, variable: str, problems: list[str]) -> tuple[list[str], FloatArray]:
    names = rows["category"].cast(pl.String).to_list()
    amount = rows["share" if "share" in rows.columns else "total"].cast(pl.Float64).to_numpy()
    if len(set(names)) < len(names):
        problems.append(f"{variable} has a category twice")
    if not np.isfinite(amount).all() or (amount < 0).any():
        problems.append(f"{variable} has a share that is negative or not a number")
    elif "share" in rows.columns and abs(amount.sum() - 1) > SHARE_TOLERANCE:
        problems.append(f"the shares of {variable} sum to {amount.sum():.6g}, not to 1")
    return names, amount / amount.sum()


def _coded(
    frame: pl.DataFrame,
    variable: str,
    names: list[str],
    share: FloatArray,
    unanswered: Unanswered,
    problems: list[str],
) -> tuple[IntArray, list[str]]:
    """Each row's category as a number, and the categories; the last is ``unanswered`` where people did not answer."""
    if variable not in frame.columns:
        problems.append(f"{variable} is not a column of the data")
        return np.zeros(frame.height, dtype=np.int64), names
    text = category_text(frame[variable])
    if frame[variable].dtype.is_numeric():
        names = [category_name(name) for name in names]
    place = {name: index for index, name in enumerate(names)}
    code = text.replace_strict(place, default=-1, return_dtype=pl.Int64).to_numpy().copy()
    absent = text.is_null().to_numpy()
    unlisted = sorted(set(text.filter(pl.Series((code < 0) & ~absent))))
    if unlisted:
        problems.append(f"{variable} has persons in {listed(unlisted)}, for which there is no target")
    present = np.bincount(code[code >= 0], minlength=len(names))
    empty = [name for name, n, asked in zip(names, present, share, strict=True) if n == 0 and asked > 0]
    if empty:
        problems.append(f"nobody is in {variable} = {listed(empty)}, but the population share is above zero")
    if absent.any() and unanswered == "error":
        problems.append(f"{variable} is unanswered by {int(absent.sum()):,} persons")
    elif absent.any():
        code[absent] = len(names)
        return code, [*names, "unanswered"]
    return np.maximum(code, 0), names


def category_text(column: pl.Series) -> pl.Series:
    """Categories as text: the number 1.0 is ``1``."""
    if not column.dtype.is_float():
        return column.cast(pl.String)
    values = column.fill_nan(None)
    return values.replace_strict(
        {value: category_name(str(value)) for value in values.drop_nulls().unique()},
        default=None,
        return_dtype=pl.String,
    )


def _check_totals(targets: pl.DataFrame, problems: list[str]) -> None:
    if "share" in targets.columns:
        return
    sums = targets.group_by("variable", maintain_order=True).agg(pl.col("total").sum())
    low, high = sums.sort("total").row(0), sums.sort("total").row(-1)
    if high[1] - low[1] > SHARE_TOLERANCE * max(high[1], 1):
        problems.append(f"{low[0]} sums to {low[1]:,.6g} and {high[0]} to {high[1]:,.6g}: the totals contradict")
