"""Design-based means and shares, by wave and any other grouping."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from pipeline.errors import ModelError
from pipeline.models.design import Design, LonelyPsu, Subset, design_of
from pipeline.models.inference import quantile
from pipeline.models.regression_data import level_name, require
from pipeline.tables import estimates


@dataclass(frozen=True)
class Cell:
    """A wave and group, the rows in it, and the rows of the wave it lies in."""

    wave: str | None
    group: str | None
    rows: np.ndarray
    sample: np.ndarray


def design_means(
    frame: pl.DataFrame,
    variables: Sequence[str],
    *,
    by: Sequence[str] = ("wave",),
    wave: str = "wave",
    person: str = "person_id",
    weight: str | None = None,
    strata: str | None = None,
    psu: str | None = None,
    fpc: str | None = None,
    lonely_psu: LonelyPsu = "certainty",
    subset: Subset = "answered",
    design_effects: bool = False,
    confidence: float = 0.95,
    model: str = "design_means",
) -> pl.DataFrame:
    """One row per variable, wave and group: the weighted mean and its design-based standard error.

    ``by`` names the grouping columns; ``wave`` fills the column of that name, all others together ``group``. With
    ``subset`` "answered" the rows of the cell that answered are taken as the design (R: ``svydesign`` on them); with
    "domain" the whole wave is the design and the cell a domain in it (R: ``svymean(subset(design, …))``), which counts
    sampling units without an answer. ``lonely_psu`` as R's ``survey.lonely.psu``; ``fpc``: units in the stratum in the
    population. Rows without a weight, or with a weight of zero, are left out. Intervals are normal (R's ``confint``),
    ``df`` holds units less strata. ``design_effects`` adds rows with the variance over that of a simple random sample
    with replacement (``deff = "replace"``).

    Raises ModelError for absent columns, values that are not numbers, or a lonely unit under "fail".

    >>> import polars as pl
    >>> from pipeline.models import design_means
    >>> panel = pl.DataFrame({
    ...     "person_id": list("abcdef"), "wave": ["w01"] * 6, "trust": [1.0, 2.0, 3.0, 4.0, None, 5.0],
    ...     "design_weight": [1.0, 1.0, 2.0, 1.0, 1.0, 1.0],
    ...     "stratum": list("nnnsss"), "psu": ["1", "2", "3", "1", "1", "2"],
    ... })
    >>> table = design_means(panel, ["trust"], weight="design_weight", strata="stratum", psu="psu")
    >>> table.select("wave", "estimate", "n_obs").rows()
    [('w01', 3.0, 5)]
    """
    frame, note = _with_weight(frame, weight)
    design = design_of(frame, weight=weight, strata=strata, psu=psu, fpc=fpc, lonely_psu=lonely_psu)
    persons = _persons(frame, person)
    rows: list[dict[str, object]] = []
    cells = list(_cells(frame, by, wave))
    for variable in variables:
        values = _values(frame, variable)
        for cell in cells:
            head = {"outcome": variable, "component": "mean", "term": variable, "note": note}
            rows += _cell_rows(values, cell, design, subset, confidence, persons, head, design_effects)
    return _table(rows, model, variables)


def design_shares(
    frame: pl.DataFrame,
    shares: Mapping[str, Mapping[str, Sequence[object]]],
    *,
    by: Sequence[str] = ("wave",),
    wave: str = "wave",
    person: str = "person_id",
    weight: str | None = None,
    strata: str | None = None,
    psu: str | None = None,
    fpc: str | None = None,
    lonely_psu: LonelyPsu = "certainty",
    subset: Subset = "answered",
    confidence: float = 0.95,
    model: str = "design_shares",
) -> pl.DataFrame:
    """One row per variable, category, wave and group: the weighted share of those who answered.

    ``shares`` maps variable → category name → the values that count as it; everything else is as in ``design_means``.

    >>> import polars as pl
    >>> from pipeline.models import design_shares
    >>> panel = pl.DataFrame({"person_id": list("abcde"), "wave": ["w01"] * 5, "trust": [1, 2, 4, 5, None]})
    >>> table = design_shares(panel, {"trust": {"trusting": [4, 5]}})
    >>> table.select("term", "estimate", "n_obs").rows()
    [('trusting', 0.5, 4)]
    """
    frame, note = _with_weight(frame, weight)
    design = design_of(frame, weight=weight, strata=strata, psu=psu, fpc=fpc, lonely_psu=lonely_psu)
    persons = _persons(frame, person)
    require(frame, shares)
    rows: list[dict[str, object]] = []
    cells = list(_cells(frame, by, wave))
    for variable, categories in shares.items():
        answered = frame[variable].is_not_null().to_numpy()
        for category, members in categories.items():
            values = np.where(answered, _among(frame[variable], members), np.nan)
            head = {"outcome": variable, "component": "share", "term": category, "note": note}
            for cell in cells:
                rows += _cell_rows(values, cell, design, subset, confidence, persons, head, False)
    return _table(rows, model, list(shares))


def mean_influence(values: np.ndarray, weights: np.ndarray) -> tuple[float, np.ndarray]:
    """The weighted mean, and each row's influence on it: w (y − ȳ) / Σw."""
    total = float(weights.sum())
    mean = float(weights @ values) / total
    return mean, weights * (values - mean) / total


def _cell_rows(
    values: np.ndarray,
    cell: Cell,
    design: Design,
    subset: Subset,
    confidence: float,
    persons: np.ndarray,
    head: Mapping[str, object],
    design_effects: bool,
) -> list[dict[str, object]]:
    """The mean of one variable in one cell, and its design effect where wanted; nothing if nobody answered."""
    answered = cell.rows & ~np.isnan(values)
    n_obs = int(answered.sum())
    if n_obs == 0:
        return []
    mean, influence = mean_influence(values[answered], design.weights[answered])
    used = answered if subset == "answered" else cell.sample
    sample = design.subset(used)
    spread = np.zeros((sample.n_rows, 1))
    spread[answered[used], 0] = influence
    variance = float(sample.covariance(spread)[0, 0])
    common = {
        **head,
        "wave": cell.wave,
        "group": cell.group,
        "n_obs": n_obs,
        "n_persons": int((np.bincount(persons[answered]) > 0).sum()),
    }
    described = f"{sample.described()}; design of {'those who answered' if subset == 'answered' else 'the whole wave'}"
    if sample.df < 1:
        return [{**common, "estimate": mean, "note": "no degrees of freedom for a standard error"}]
    std_error = float(np.sqrt(variance))
    half = quantile(confidence) * std_error
    rows: list[dict[str, object]] = [
        {
            **common,
            "estimate": mean,
            "std_error": std_error,
            "df": float(sample.df),
            "conf_low": mean - half,
            "conf_high": mean + half,
            "covariance": f"{described}; normal intervals",
        }
    ]
    if design_effects and n_obs > 1:
        weights = design.weights[answered]
        simple = float(weights @ (values[answered] - mean) ** 2) / float(weights.sum()) / (n_obs - 1)
        effect = variance / simple if simple > 0 else None
        rows.append({**common, "component": "design_effect", "estimate": effect, "covariance": described})
    return rows


def _with_weight(frame: pl.DataFrame, weight: str | None) -> tuple[pl.DataFrame, str | None]:
    """Rows with a positive weight, and a note on the others."""
    if weight is None:
        return frame, None
    require(frame, [weight])
    kept = frame.filter(pl.col(weight) != 0)
    left_out = frame.height - kept.height
    return kept, f"{left_out:,} rows without a weight left out" if left_out else None


def _persons(frame: pl.DataFrame, person: str) -> np.ndarray:
    if person not in frame.columns:
        return np.arange(frame.height)
    return frame[person].rank("dense").to_numpy()


def _values(frame: pl.DataFrame, variable: str) -> np.ndarray:
    require(frame, [variable])
    column = frame[variable]
    if not (column.dtype.is_numeric() or column.dtype == pl.Boolean):
        raise ModelError("a mean needs numbers", where=variable, todo="Ask for shares of its categories instead.")
    return column.cast(pl.Float64).fill_null(float("nan")).to_numpy()


def _among(column: pl.Series, members: Sequence[object]) -> np.ndarray:
    try:
        wanted = pl.Series(list(members)).cast(column.dtype)
    except pl.exceptions.PolarsError as error:
        raise ModelError("a category's values are of another kind than the column's", where=column.name) from error
    return column.is_in(wanted.implode()).fill_null(False).to_numpy()


def _cells(frame: pl.DataFrame, by: Sequence[str], wave: str) -> Iterator[Cell]:
    """Cells in the order of waves and groups; rows without a group are in none."""
    require(frame, by)
    if not by:
        everyone = np.ones(frame.height, dtype=bool)
        yield Cell(None, None, everyone, everyone)
        return
    keys = frame.select(pl.struct(by).alias("cell"))["cell"]
    ordered = frame.select(by).drop_nulls().unique().sort(by)
    for values in ordered.iter_rows(named=True):
        rows = frame.select(pl.all_horizontal([pl.col(name) == value for name, value in values.items()]))
        inside = rows.to_series().fill_null(False).to_numpy()
        sample = (frame[wave] == values[wave]).to_numpy() if wave in values else np.ones(len(keys), dtype=bool)
        groups = [level_name(value) for name, value in values.items() if name != wave]
        yield Cell(str(values[wave]) if wave in values else None, " × ".join(groups) or None, inside, sample)


def _table(rows: list[dict[str, object]], model: str, variables: Sequence[str]) -> pl.DataFrame:
    if not rows:
        raise ModelError("nobody answered in any wave or group", where=", ".join(variables))
    return estimates([*rows], model=model, family="design_means")
