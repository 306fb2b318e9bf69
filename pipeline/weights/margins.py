"""Population margins: what they ask of the weights, the cells they cut the sample into, and how well they are met."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
import polars as pl

from pipeline.errors import CohesionError
from pipeline.specs.targets import category_name

SHARE_TOLERANCE = 1e-6

Unanswered = Literal["error", "keep"]


@dataclass(frozen=True)
class Cells:
    """The sample cut by all margins at once: rows of a cell share one adjustment, so cells are all one iterates over.

    ``codes[v]`` is each cell's category of margin ``v``; ``shares[v]`` what the population asks of each category
    (summing to one); ``row_cell`` each row's cell. Memory and time follow the cells that occur, not the rows.
    """

    variables: list[str]
    categories: list[list[str]]
    shares: list[np.ndarray]
    codes: list[np.ndarray]
    row_cell: np.ndarray

    @property
    def count(self) -> int:
        return len(self.codes[0])

    @cached_property
    def indicators(self) -> list:
        """One sparse category × cell matrix per margin: sums cells, for many weight columns at once."""
        from scipy.sparse import csr_array

        ones, cells = np.ones(self.count), np.arange(self.count)
        return [
            csr_array((ones, (code, cells)), shape=(len(names), self.count))
            for code, names in zip(self.codes, self.categories, strict=True)
        ]

    def mass(self, weights: np.ndarray) -> np.ndarray:
        """The weight in each cell."""
        return np.bincount(self.row_cell, weights, minlength=self.count)

    def achieved(self, mass: np.ndarray) -> list[np.ndarray]:
        """The share of the weight in each category of each margin."""
        total = mass.sum()
        return [
            np.bincount(code, mass, minlength=len(names)) / total
            for code, names in zip(self.codes, self.categories, strict=True)
        ]


def cut(
    frame: pl.DataFrame,
    targets: pl.DataFrame,
    *,
    base: np.ndarray,
    unanswered: Unanswered = "error",
) -> Cells:
    """The cells of ``frame`` under ``targets``: one row per ``variable, category`` with a ``share`` (or ``total``).

    Shares within a variable must sum to one (totals to the same sum in each). ``unanswered="keep"`` lets rows
    without an answer to a margin keep their share of the base weight there, and scales its targets to the rest.

    Raises CohesionError that says, in words, which category nobody is in, which answer has no target, or which
    shares do not add up; all of them at once.
    """
    problems: list[str] = []
    variables = targets["variable"].unique(maintain_order=True).to_list()
    categories, shares, codes = [], [], []
    for variable in variables:
        names, share = _shares(targets.filter(pl.col("variable") == variable), variable, problems)
        code, names, share = _coded(frame, variable, names, share, base, unanswered, problems)
        categories.append(names)
        shares.append(share)
        codes.append(code)
    _check_totals(targets, problems)
    if problems:
        raise CohesionError("; ".join(problems), where="population margins", todo=ADVICE)
    sizes = [len(names) for names in categories]
    key = np.ravel_multi_index(codes, sizes)
    cells, row_cell = np.unique(key, return_inverse=True)
    return Cells(variables, categories, shares, list(np.unravel_index(cells, sizes)), row_cell)


def margins_for(targets: pl.DataFrame, *, wave: str, arm: str | None = None) -> pl.DataFrame:
    """One row per variable and category: the targets that hold for this wave and arm.

    ``targets`` as declared: ``wave, arm, variable, category, share, source``; an empty wave or arm holds for all.
    Raises CohesionError if none hold.
    """
    holds = pl.col("wave").is_null() | (pl.col("wave") == wave)
    if "arm" in targets.columns:
        holds &= pl.col("arm").is_null() | (pl.col("arm") == arm) if arm is not None else pl.col("arm").is_null()
    found = targets.filter(holds)
    if not found.height:
        raise CohesionError("no population margins hold", where=f"wave {wave}" + (f", arm {arm}" if arm else ""))
    return found


ADVICE = "Merge categories in the margins and in the data alike, or leave the margin out."


def margin_table(cells: Cells, weights: np.ndarray) -> pl.DataFrame:
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


def _shares(rows: pl.DataFrame, variable: str, problems: list[str]) -> tuple[list[str], np.ndarray]:
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
    share: np.ndarray,
    base: np.ndarray,
    unanswered: Unanswered,
    problems: list[str],
) -> tuple[np.ndarray, list[str], np.ndarray]:
    """Each row's category as a number, with the categories and shares that are left to meet."""
    if variable not in frame.columns:
        problems.append(f"{variable} is not a column of the data")
        return np.zeros(frame.height, dtype=np.int64), names, share
    text = category_text(frame[variable])
    if frame[variable].dtype.is_numeric():
        names = [category_name(name) for name in names]
    place = {name: index for index, name in enumerate(names)}
    code = text.replace_strict(place, default=-1, return_dtype=pl.Int64).to_numpy().copy()
    absent = text.is_null().to_numpy()
    strange = sorted(set(text.filter(pl.Series((code < 0) & ~absent))))
    if strange:
        problems.append(f"{variable} has persons in {_listed(strange)}, for which there is no target")
    present = np.bincount(code[code >= 0], minlength=len(names))
    empty = [name for name, n, asked in zip(names, present, share, strict=True) if n == 0 and asked > 0]
    if empty:
        problems.append(f"nobody is in {variable} = {_listed(empty)}, but the population share is above zero")
    if absent.any() and unanswered == "error":
        problems.append(f"{variable} is unanswered by {int(absent.sum()):,} persons")
    elif absent.any():
        left = float(base[absent].sum() / base.sum())
        code[absent] = len(names)
        return code, [*names, "unanswered"], np.append(share * (1 - left), left)
    return np.maximum(code, 0), names, share


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


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
