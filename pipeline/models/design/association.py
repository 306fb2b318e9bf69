"""Whether two categorical answers go together, in a weighted table: the chi-squared test of Rao and Scott."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Unpack

import numpy as np
import polars as pl

from pipeline.door import public
from pipeline.errors import ModelError
from pipeline.models.columns import require
from pipeline.models.declared import ModelSpec, between_groups, on_design
from pipeline.models.design.sample import Cell, DesignArguments, Sample, design_table
from pipeline.models.design.survey_design import Subset
from pipeline.models.weighting import Weighted


@public(once=True, ordered=True)
def design_association(
    frame: pl.DataFrame,
    variables: Sequence[str],
    group: str,
    *,
    by: Sequence[str] = ("wave",),
    subset: Subset = "domain",
    model: str = "design_association",
    **design: Unpack[DesignArguments],
) -> pl.DataFrame:
    """Three rows per variable and cell of ``by``: the test's F and X², and Cramér's V, of the variable by ``group``.

    X² is Pearson's statistic of the weighted shares, as of a sample of as many people as answered both. Its
    distribution under the design is that of a sum of χ² with the eigenvalues of the generalised design effect Δ as
    weights (Rao & Scott 1984, Annals of Statistics 12, 46-60). Term ``rao_scott_f`` is X² / tr Δ against F on
    d = (tr Δ)² / tr Δ² and d times the design's degrees of freedom; ``rao_scott_chi_squared`` is X², whose mean is
    corrected. R: ``svychisq(statistic = "F")`` and ``"Chisq"``. ``df`` holds the first degrees of
    freedom, ``note`` both. Everything else is as in ``design_means``.

    >>> import polars as pl
    >>> from pipeline.models import design_association
    >>> people = pl.DataFrame({"helped": [0, 1] * 20, "is_woman": ([0] * 3 + [1]) * 10})
    >>> table = design_association(people, ["helped"], "is_woman", by=())
    >>> table.filter(term="rao_scott_chi_squared")["statistic"].round(4).to_list()
    [13.3333]
    """
    sample = Sample.of(frame, **design)
    require(sample.frame, [group, *variables])
    rows: list[dict[str, object] | None] = []
    for variable in variables:
        if variable == group:
            raise ModelError("a variable is not tested against itself", where=variable)
        for cell in sample.cells(by):
            rows += _rows(sample, variable, group, cell, subset)
    return design_table(rows, model, variables, "design_association")


def fit(name: str, spec: ModelSpec, panel: pl.DataFrame, study: Any, rows: Weighted | None) -> pl.DataFrame:
    """The declared model (see ``pipeline.models.fit``)."""
    design = on_design(spec, panel, study, rows)
    del design["confidence"]  # a test has no interval
    return design_association(panel, spec.outcomes, between_groups(spec), **design, model=name)


def _rows(sample: Sample, variable: str, group: str, cell: Cell, subset: Subset) -> list[dict[str, object] | None]:
    from scipy.special import chdtrc, fdtrc

    both = sample.frame.select(pl.col(variable).is_not_null() & pl.col(group).is_not_null()).to_series().to_numpy()
    answered = both & cell.rows & (sample.weights > 0)
    row, column = (_codes(sample.frame[name], answered) for name in (variable, group))
    shape = (int(row.max(initial=-1)) + 1, int(column.max(initial=-1)) + 1)
    if min(shape) < 2:
        return []
    indicators = np.zeros((len(answered), shape[0] * shape[1]))
    indicators[np.flatnonzero(answered), column[answered] * shape[0] + row[answered]] = 1.0
    shares, covariance, nu, words = _shares(sample, indicators, answered, cell, subset)
    count = int(answered.sum())
    statistic = count * _distance(shares.reshape(shape, order="F"))
    delta = _design_effects(shares, covariance, shape, count)
    trace, square = float(np.trace(delta)), float(np.trace(delta @ delta))
    freedom, size = trace**2 / square, len(delta)
    persons = int((np.bincount(sample.persons[answered]) > 0).sum())
    common: dict[str, object] = {
        "outcome": variable,
        "wave": cell.wave,
        "group": cell.group,
        "n_obs": count,
        "n_persons": persons,
    }
    common |= {"covariance": words}
    by = "; ".join(filter(None, (f"by {group}", sample.linked(answered))))
    f: dict[str, object] = {"term": "rao_scott_f", "statistic": statistic / trace, "df": freedom}
    f |= {"p_value": float(fdtrc(freedom, freedom * nu, statistic / trace))}
    f |= {"note": f"{by}; {freedom:.2f} and {freedom * nu:.1f} degrees of freedom"}
    chi: dict[str, object] = {"term": "rao_scott_chi_squared", "statistic": statistic, "df": float(size)}
    chi |= {"p_value": float(chdtrc(size, statistic / (trace / size))), "note": f"{by}; mean corrected"}
    cramer: dict[str, object] = {"component": "association", "term": "cramers_v", "note": by}
    cramer |= {"estimate": float(np.sqrt(statistic / count / (min(shape) - 1)))}
    return [{**common, "component": "test", **f}, {**common, "component": "test", **chi}, {**common, **cramer}]


def _codes(column: pl.Series, answered: np.ndarray) -> np.ndarray:
    """The category of each row among those that occur, in sort order; of no meaning where not answered."""
    levels = column.filter(pl.Series(answered)).unique().sort()
    places = dict(zip(levels.to_list(), range(levels.len()), strict=True))
    if not places:
        return np.full(column.len(), -1)
    return column.replace_strict(places, default=-1, return_dtype=pl.Int64).to_numpy()


def _shares(
    sample: Sample, indicators: np.ndarray, answered: np.ndarray, cell: Cell, subset: Subset
) -> tuple[np.ndarray, np.ndarray, int, str]:
    """The share of each cell of the table, their covariance, design degrees of freedom, and how it was made."""

    def share(weights: np.ndarray) -> np.ndarray:
        return np.asarray(weights @ indicators / weights[answered].sum())

    if sample.replicates is not None:
        shares, covariance = sample.replicates.estimate(share)
        words = f"replicate weights ({sample.replicates.kind})"
        return shares, covariance, sample.replicates.degrees_of_freedom, words
    assert sample.design is not None
    shares = share(sample.weights)
    used = answered if subset == "answered" else cell.sample
    design = sample.design.subset(used)
    inside = answered[used]
    total = sample.weights[answered].sum()
    influence = (sample.weights * answered)[:, None] * (indicators - shares) / total
    return shares, design.covariance(influence[used], inside), design.subset(inside).df, design.described()


def _distance(table: np.ndarray) -> float:
    """Pearson's X² of a table of shares, for one person."""
    expected = np.outer(table.sum(axis=1), table.sum(axis=0))
    return float(((table - expected) ** 2 / expected).sum())


def _design_effects(shares: np.ndarray, covariance: np.ndarray, shape: tuple[int, int], count: int) -> np.ndarray:
    """Δ: the covariance of the log-linear interactions over what a simple random sample of ``count`` would give."""
    rows, columns = shape
    row, column = np.tile(np.arange(rows), columns), np.repeat(np.arange(columns), rows)
    row_dummies, column_dummies = np.eye(rows)[row][:, 1:], np.eye(columns)[column][:, 1:]
    main = np.column_stack([np.ones(rows * columns), row_dummies, column_dummies])
    both = np.column_stack([one * other for other in column_dummies.T for one in row_dummies.T])
    contrasts = both - main @ np.linalg.lstsq(main, both, rcond=None)[0]
    inverse = np.divide(1.0, shares, out=np.zeros_like(shares), where=shares > 0)
    scaled = contrasts * inverse[:, None]
    return np.linalg.solve(contrasts.T @ scaled / count, scaled.T @ covariance @ scaled)
