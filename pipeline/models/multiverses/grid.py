"""A multiverse: one result in every cell of a grid of defensible choices, and what they say together."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, cast

import numpy as np
import polars as pl

from pipeline.door import public
from pipeline.errors import ModelError
from pipeline.models.columns import codes, ordered_codes
from pipeline.models.groups import by_content
from pipeline.models.inference import inference
from pipeline.models.multiverses.cells import SCALED, Done, Plan, Under, estimated
from pipeline.models.multiverses.joint import joint_tests, variance_shares
from pipeline.models.multiverses.rows import PLACE
from pipeline.models.weighting import Weighting
from pipeline.specs.families import FAMILIES
from pipeline.specs.models import declare
from pipeline.specs.multiverse import WITHIN, Multiverse
from pipeline.specs.multiverse_cells import Setting, settings
from pipeline.specs.report import Model
from pipeline.specs.terms import measures
from pipeline.tables import estimates as estimates_table

Pool = Callable[..., pl.DataFrame]
"""Rubin's rules: ``pipeline.imputation.pooling.pool``."""

HEAD = ("person_id", "arm", "wave", "household_id", "psu", "stratum", "area_code", "design_weight")


@public(once=("frame",), infinite=False)
def multiverse(
    frame: pl.DataFrame,
    outcome: str,
    exposures: Sequence[str],
    covariates: Sequence[str] = (),
    *,
    choices: Mapping[str, Any],
    without: Sequence[Mapping[str, Any]] = (),
    family: str = "fixed_effects",
    as_categories: Sequence[str] = (),
    weightings: Mapping[str, Weighting] | None = None,
    completed: Sequence[pl.DataFrame] = (),
    pool: Pool | None = None,
    standardised: bool = False,
    draws: int = 0,
    seed: int = 1,
    cluster: Literal["person_id", "household_id", "psu", "area_code", "none"] = "person_id",
    confidence: float = 0.95,
    model: str = "multiverse",
) -> pl.DataFrame:
    """One row per cell of the grid of ``choices``, then what the cells say together.

    The result is the coefficient of the first of ``exposures`` (in a within–between model, within a person), in a model
    with an effect of each wave. ``choices`` and ``without`` are as in a declaration
    (``pipeline.specs.multiverse``). A ``cell`` row has the cell's choices as its term and is what the cell's family
    gives, to 1e-8; one that cannot be estimated is withheld with the reason. ``multiverse``: median, lowest, highest,
    shares with the median's sign and significant with that sign, counts of cells. ``variance_share``: by choice
    (``joint.variance_shares``). ``joint_test``, with ``draws``: ``joint.joint_tests``, persons drawn with ``seed``, of
    the cells fitted by least squares (pooled, fixed effects, first differences). ``completed``: panels with gaps
    filled, for ``missing: imputed``, combined by ``pool``. ``as_categories``: numbers that become dummies.

    Raises ModelError for columns that are not there, a panel without rows, and if no cell can be estimated.

    >>> import polars as pl
    >>> from pipeline.models import multiverse
    >>> panel = pl.DataFrame({
    ...     "person_id": ["a", "a", "b", "b", "c", "c", "d", "d"], "wave": ["w01", "w02"] * 4,
    ...     "contact": [1.0, 2.0, 2.0, 4.0, 3.0, 3.0, 5.0, 4.0], "trust": [2.0, 2.5, 3.0, 3.5, 2.0, 2.5, 4.0, 4.0],
    ... })
    >>> table = multiverse(panel, "trust", ["contact"], choices={"family": ["pooled", "fixed_effects"]})
    >>> table.filter(component="cell")["term"].to_list()
    ['family: pooled', 'family: fixed_effects']
    """
    known = FAMILIES[family].keys if family in FAMILIES else frozenset({"cluster"})
    clustered = {"cluster": cluster} if "cluster" in known or cluster != "person_id" else {}
    asked = cast(
        Model,
        declare(
            family=family, outcome=outcome, exposures=tuple(exposures), covariates=tuple(covariates),
            confidence=confidence, **clustered,
        ),
    )  # fmt: skip
    declared = Multiverse.model_validate(
        {
            "question": "",
            "study": "frame",
            "family": "multiverse",
            "of": "asked",
            "result": {"term": exposures[0], "component": WITHIN[0 if family == "within_between" else 1]},
            "choices": choices,
            "without": without,
            "imputation": "completed" if completed else None,
            "standardised": standardised,
            "categorical": tuple(as_categories),
            "draws": draws,
            "seed": seed,
            "confidence": confidence,
        }
    )
    return multiverse_of(model, declared, asked, frame, weightings or {}, completed, pool)


@public(once=("panel",), infinite=False)
def multiverse_of(
    name: str,
    declared: Multiverse,
    asked: Model,
    panel: pl.DataFrame,
    weightings: Mapping[str, Weighting],
    completed: Sequence[pl.DataFrame] = (),
    pool: Pool | None = None,
) -> pl.DataFrame:
    """The Estimates table of a declared multiverse of the model ``asked``; see ``multiverse``."""
    cells = settings(declared, asked)
    if panel.is_empty():
        raise ModelError("the panel has no rows", where=name)
    panel = panel if "arm" in panel.columns else panel.with_columns(arm=pl.lit("main"))
    people = _numbered(panel, [str(asked.outcome), *asked.measures])
    panel = panel.with_columns(pl.Series(PLACE, people))
    plan = Plan(
        settings=cells,
        reads=tuple(dict.fromkeys((*measures(asked.covariates), *declared.varied))),
        weightings=weightings,
        persons=int(people.max()) + 1,
        draws=declared.draws,
        seed=declared.seed,
        standardised=declared.standardised,
    )
    kept = _columns(panel, cells, weightings)
    found = estimated(plan, _finite(panel.select(kept)), [_placed(one, panel, kept) for one in completed])
    rows = [_row(setting, done, pool, declared) for setting, done in zip(cells, found, strict=True)]
    if all(row["estimate"] is None for row in rows):
        reason = next((str(row["note"]) for row in rows), "")
        raise ModelError(f"no cell of the multiverse can be estimated: {reason}", where=name, count=len(rows))
    outcome = str(asked.outcome)
    further = [
        *_summary(rows, declared),
        *_shares(rows, declared),
        *_joint(found, declared),
    ]
    return estimates_table([*rows, *({"outcome": outcome} | row for row in further)], model=name, family="multiverse")


def _numbered(panel: pl.DataFrame, names: Sequence[str]) -> np.ndarray:
    """Persons numbered by what they answered in which wave, so that draws depend neither on rows nor on their names."""
    people, when = codes(panel["person_id"]), 1.0 + ordered_codes(panel["wave"])[0]
    numbers = [name for name in names if name in panel.columns and panel[name].dtype.is_numeric()]
    values = [panel[name].cast(pl.Float64).fill_nan(None).fill_null(0.0).to_numpy() for name in numbers]
    return by_content(people, np.column_stack([when, *values, *(when * one for one in values)]))


@public()
def _finite(rows: pl.DataFrame) -> pl.DataFrame:
    """The columns that are used. Raises ModelError for infinite values in them."""
    return rows


def _columns(panel: pl.DataFrame, cells: Sequence[Setting], weightings: Mapping[str, Weighting]) -> list[str]:
    """The columns that some cell may read. Raises ModelError for one that is not there."""
    concepts = dict.fromkeys(name for one in cells for name in one.model.concepts)
    concepts |= dict.fromkeys(w for one in cells if (w := one.model.weights) is not None and w not in weightings)
    absent = [name for name in concepts if name not in panel.columns]
    if absent:
        raise ModelError(
            f"the table has no column {', '.join(f'`{name}`' for name in absent)}",
            todo=f"It has: {', '.join(name for name in panel.columns[:40] if name != PLACE)}.",
        )
    head = [name for name in HEAD if name in panel.columns and name not in concepts]
    return [*head, PLACE, *concepts]


def _placed(completed: pl.DataFrame, panel: pl.DataFrame, kept: Sequence[str]) -> pl.DataFrame:
    """A completed panel with the persons' places in the list."""
    places = panel.select("person_id", PLACE).unique(maintain_order=True)
    if "arm" not in completed.columns:
        completed = completed.with_columns(arm=pl.lit("main"))
    return completed.join(places, on="person_id", how="inner", maintain_order="left").select(kept)


def _row(setting: Setting, done: Sequence[Done], pool: Pool | None, declared: Multiverse) -> dict[str, Any]:
    """The cell's row of the Estimates table."""
    head = {"component": "cell", "term": setting.label, "outcome": str(setting.model.outcome), "estimate": None}
    failed = next((one for one in done if one.reason), None)
    if failed is not None or not done:
        return head | {"note": failed.reason if failed else "there are no completed panels"}
    made = [_values(one, declared) for one in done]
    if setting.missing != "imputed":
        return head | made[0] | {"note": done[0].note}
    return head | _pooled(made, pool, declared.confidence) | {"note": done[0].note}


def _values(one: Done, declared: Multiverse) -> dict[str, Any]:
    if one.row is not None:
        names = (*SCALED, "statistic", "df", "p_value", "n_obs", "n_persons", "covariance")
        return {name: one.row[name] for name in names}
    fit = one.fit
    assert fit is not None
    scale = fit.spread if declared.standardised else 1.0
    found = inference(fit.estimate * scale, fit.std_error * scale, fit.df, declared.confidence)
    return {**found, "n_obs": fit.n_obs, "n_persons": fit.n_persons, "covariance": fit.described}


def _pooled(made: Sequence[Mapping[str, Any]], pool: Pool | None, confidence: float) -> dict[str, Any]:
    """One row from those of each completed panel, by Rubin's rules."""
    if pool is None:
        raise ModelError("results of several completed panels are combined by `pool`", where="pool")
    q = np.array([[row["estimate"]] for row in made])
    u = np.array([[row["std_error"] ** 2] for row in made])
    degrees = [row["df"] for row in made]
    df = np.inf if None in degrees else float(np.mean(degrees))
    found = pool(q, u, df_complete=df, level=confidence).row(0, named=True)
    kept = {key: found[key] for key in (*SCALED, "statistic", "p_value")}
    words = f"{made[0]['covariance']}; pooled over {len(made)} imputations"
    fewest = {name: min(row[name] for row in made) for name in ("n_obs", "n_persons")}
    return {**kept, "df": found["df"] if np.isfinite(found["df"]) else None, **fewest, "covariance": words}


def _summary(rows: Sequence[Mapping[str, Any]], declared: Multiverse) -> list[dict[str, Any]]:
    """Median, range, and shares of the cells with an estimate; how many there are, are withheld, were excluded."""
    found = [row for row in rows if row["estimate"] is not None]
    values = np.array([row["estimate"] for row in found])
    p_values = [1.0 if row["p_value"] is None else row["p_value"] for row in found]
    significant = np.array(p_values) < 1 - declared.confidence
    median = float(np.median(values))
    same = np.sign(values) == np.sign(median)
    numbers = {
        "median": median,
        "lowest": float(values.min()),
        "highest": float(values.max()),
        "share_of_same_sign": float(same.mean()),
        "share_significant": float((same & significant).mean()),
        "cells": float(len(rows)),
        "cells_withheld": float(len(rows) - len(found)),
        "cells_excluded": float(len(declared.grid) - len(rows)),
    }
    people = min(row["n_persons"] for row in found)
    words = f"{len(found):,} analyses"
    return [
        {"component": "multiverse", "term": term, "estimate": value, "n_persons": people, "covariance": words}
        for term, value in numbers.items()
    ]


def _shares(rows: Sequence[Mapping[str, Any]], declared: Multiverse) -> list[dict[str, Any]]:
    pairs = [(cell, row["estimate"]) for cell, row in zip(declared.cells, rows, strict=True)]
    found = [(cell, value) for cell, value in pairs if value is not None]
    shares = variance_shares([cell for cell, _ in found], np.array([value for _, value in found]))
    words = f"Shapley value of R² over {len(found):,} analyses"
    return [
        {"component": "variance_share", "term": choice, "estimate": share, "covariance": words}
        for choice, share in shares.items()
    ]


def _joint(found: Sequence[Sequence[Done]], declared: Multiverse) -> list[dict[str, Any]]:
    """The joint tests, of the cells that are fitted by least squares and could be estimated."""
    tested = [
        _combined([one.under for one in done if one.under is not None])
        for done in found
        if done and all(one.under is not None for one in done)
    ]
    if not tested or not declared.draws:
        return []
    observed = np.array([one[0] for one in tested])
    p_values = np.array([one[1] for one in tested])
    results = joint_tests(
        observed, p_values, np.vstack([one[2] for one in tested]), np.vstack([one[3] for one in tested]),
        1 - declared.confidence,
    )  # fmt: skip
    words = (
        f"{results[0].draws:,} draws of persons with replacement under the null (seed {declared.seed}), "
        f"{len(tested):,} of {len(found):,} analyses"
    )
    return [
        {
            "component": "joint_test",
            "term": one.name,
            "estimate": one.observed,
            "p_value": one.p_value,
            "covariance": words,
        }
        for one in results
    ]


def _combined(under: Sequence[Under]) -> tuple[float, float, np.ndarray, np.ndarray]:
    """Estimate and p of a cell as observed and in each draw; of imputed data by Rubin's rules (normal p)."""
    from scipy.special import ndtr, stdtr

    m = len(under)
    df = float(np.mean([one.fit.df for one in under]))
    q = np.array([np.append(one.estimates, one.fit.estimate) for one in under])
    u = np.array([np.append(one.errors, one.fit.std_error) ** 2 for one in under])
    estimates, variance = q.mean(axis=0), u.mean(axis=0)
    if m > 1:
        variance = variance + (1 + 1 / m) * q.var(axis=0, ddof=1)
    null = np.append(np.full(q.shape[1] - 1, estimates[-1]), 0.0)
    statistic = -np.abs((estimates - null) / np.sqrt(variance))
    p_values = 2 * (ndtr(statistic) if m > 1 else stdtr(df, statistic))
    return float(estimates[-1]), float(p_values[-1]), estimates[:-1], p_values[:-1]
