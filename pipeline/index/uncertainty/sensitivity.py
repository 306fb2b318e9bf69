"""Which choices of method, and how much of sampling, a score or a rank depends on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product
from typing import Any

import numpy as np
import polars as pl

from pipeline.door import public
from pipeline.errors import CohesionError
from pipeline.index.uncertainty.arrays import FloatArray, IntArray
from pipeline.index.uncertainty.choices import PERTURBATION, SAMPLING, Factor, Run, factors, label, picks_of, run_of
from pipeline.index.uncertainty.method_draws import MethodDraws
from pipeline.index.uncertainty.prepared import Rows
from pipeline.index.uncertainty.ranks import ranked
from pipeline.index.uncertainty.recipe import INDEX
from pipeline.index.uncertainty.replicated import ReplicatedIndex, blocks, composer, is_random
from pipeline.index.uncertainty.sobol import design, exact_indices, sobol_indices
from pipeline.parallel import fan_out

RANK = "rank"


@public()
def sensitivity(
    made: ReplicatedIndex,
    choices: Mapping[str, Any],
    *,
    size: int = 512,
    sampling: bool = False,
    resamples: int = 500,
    confidence: float = 0.95,
    seed: int | None = None,
) -> pl.DataFrame:
    """One row per choice, order (``first_order``, ``total_order``), wave, area and measure: shares of variance.

    ``measure``: "index", an area's score; "rank", its rank; without an area, "rank" is the mean absolute change of rank
    from the declared recipe (the target of COINr's ``get_sensitivity``). ``choices`` as in ``method_draws``; with
    ``sampling`` the replicate is one more input. Where the grid of all choices has no more cells than the
    ``size`` × (choices + 2) draws of the estimators, every cell is computed and the shares are exact, without interval;
    otherwise they are Saltelli's and Jansen's estimates with bootstrap intervals (``conf_low``, ``conf_high``).

    Raises CohesionError for fewer than two choices, and where replicates are no random draws but ``sampling`` is asked.
    """
    if isinstance(seed, bool) or not isinstance(seed, int):
        raise CohesionError("random draws need a declared seed", where="seed", todo="Declare a whole number.")
    found = [factor for factor in factors(made.recipe, choices, seed) if len(factor.options) > 1]
    if sampling:
        if not is_random(made.resamples):
            todo = "Give bootstrap replicates, or leave sampling out."
            raise CohesionError(f"{made.resamples.kind} replicates are no random draws", where="sampling", todo=todo)
        found.append(Factor(SAMPLING, tuple(range(made.resamples.multiples.shape[1]))))
    if len(found) < 2:
        raise CohesionError("one choice has no sensitivity beside others", where="choices", todo="Vary two or more.")
    sizes = [len(factor.options) for factor in found]
    cells = int(np.prod(sizes, dtype=float))
    if cells <= size * (len(found) + 2):
        picks = np.array(list(product(*(range(count) for count in sizes))))
        results = _results(made, found, picks)
        parts = []
        for name, values in results.items():
            first, total = exact_indices(values.reshape(*sizes, -1))
            parts += [
                _rows(made, found, name, "first_order", first, cells),
                _rows(made, found, name, "total_order", total, cells),
            ]
        return pl.concat(parts)
    return _estimated(made, found, size, resamples, confidence, seed)


def _estimated(
    made: ReplicatedIndex, found: Sequence[Factor], size: int, resamples: int, confidence: float, seed: int
) -> pl.DataFrame:
    a, b = (picks_of(sample, found) for sample in design(size, len(found), seed))
    swapped = []
    for at in range(len(found)):
        one = a.copy()
        one[:, at] = b[:, at]
        swapped.append(one)
    results = _results(made, found, np.concatenate([a, b, *swapped]))
    draws = size * (len(found) + 2)
    parts = []
    for name, values in results.items():
        ab = values[2 * size :].reshape(len(found), size, -1)
        done = sobol_indices(
            values[:size], values[size : 2 * size], ab, resamples=resamples, confidence=confidence, seed=seed
        )
        parts.append(_rows(made, found, name, "first_order", done.first, draws, (done.first_low, done.first_high)))
        parts.append(_rows(made, found, name, "total_order", done.total, draws, (done.total_low, done.total_high)))
    return pl.concat(parts)


def _results(made: ReplicatedIndex, found: Sequence[Factor], picks: IntArray) -> dict[str, FloatArray]:
    """Draws × results of each picks: scores, ranks, and the mean absolute change of rank."""
    scores = scores_of(made, found, picks)
    rank = _ranks(made, scores)
    nominal = _ranks(made, made.estimates[None, :, made.place(INDEX)])
    moved = np.abs(rank - nominal)
    means = [_mean_of_known(moved[:, made.in_wave(wave)]) for wave in _waves(made)]
    return {INDEX: np.nan_to_num(scores), RANK: np.nan_to_num(rank), "": np.column_stack(means)}


def scores_of(made: ReplicatedIndex, found: Sequence[Factor], picks: IntArray) -> FloatArray:
    """Draws × groups: the index under each picks; each distinct one is computed once."""
    names = [factor.name for factor in found]
    distinct, of_draw = np.unique(picks, axis=0, return_inverse=True)
    if SAMPLING in names:
        at = names.index(SAMPLING)
        method, of_distinct = np.unique(np.delete(distinct, at, axis=1), axis=0, return_inverse=True)
        kept = [factor for factor in found if factor.name != SAMPLING]
        runs = [run_of(made.recipe, kept, row) for row in method]
        scores = _sampled(made, runs, of_distinct.reshape(-1), distinct[:, at])
    else:
        runs = [run_of(made.recipe, found, row) for row in distinct]
        empty = np.empty((made.resamples.multiples.shape[0], 0))
        work = composer(made.rows, empty)
        work.prepare([(run.recipe, run.multipliers()) for run in runs])
        scores = np.stack([work.index(run.recipe, run.multipliers())[0] for run in runs])
    return np.asarray(scores[of_draw.reshape(-1)])


def _sampled(made: ReplicatedIndex, runs: list[Run], run: IntArray, replicate: IntArray) -> FloatArray:
    """The index of each run in one replicate of its own."""
    pieces = []
    shares = blocks(made.rows, made.resamples, len(runs))
    for share in shares:
        mine = np.flatnonzero(np.isin(replicate, share))
        pieces.append((made.resamples.multiples[:, share], run[mine], replicate[mine] - share[0]))
    parts = fan_out(_piece, pieces, (made.rows, runs))
    found = np.empty((len(run), made.rows.groups.height))
    for share, part in zip(shares, parts, strict=True):
        found[np.isin(replicate, share)] = part
    return found


def _piece(rows: Rows, runs: list[Run], multiples: FloatArray, run: IntArray, replicate: IntArray) -> FloatArray:
    work = composer(rows, multiples)
    used = np.unique(run)
    draws = [np.unique(replicate[run == one]) + 1 for one in used]
    work.prepare([(runs[one].recipe, runs[one].multipliers()) for one in used], [set(part.tolist()) for part in draws])
    found = np.empty((len(run), rows.groups.height))
    for one in used:
        mine = np.flatnonzero(run == one)
        found[mine] = work.index(runs[one].recipe, runs[one].multipliers(), replicate[mine] + 1)
    return found


@public()
def method_effects(draws: MethodDraws) -> pl.DataFrame:
    """One row per option, area and measure (index, rank): its mean in the draws that took it, less the declared one.

    Columns of ``area_sensitivity``; rows without an area have the mean absolute change of rank over areas.
    """
    parts = []
    for factor, picks in zip(draws.factors, draws.picks.T, strict=True):
        if factor.name == PERTURBATION:
            continue
        for at, option in enumerate(factor.options):
            taken = picks == at
            if taken.any():
                mean = {name: value.mean(axis=0) for name, value in changes(draws.made, draws.scores[taken]).items()}
                parts.append(sensitivity_rows(draws.made, "method", label(factor, option), mean, int(taken.sum())))
    return pl.concat(parts)


def changes(made: ReplicatedIndex, scores: FloatArray) -> dict[str, FloatArray]:
    """Draws × groups: scores and ranks less the declared ones; draws × waves: mean absolute change of rank."""
    nominal = made.estimates[None, :, made.place(INDEX)]
    moved = _ranks(made, scores) - _ranks(made, nominal)
    means = [_mean_of_known(np.abs(moved[:, made.in_wave(wave)])) for wave in _waves(made)]
    return {INDEX: scores - nominal, RANK: moved, "": np.column_stack(means)}


def _mean_of_known(values: FloatArray) -> FloatArray:
    """The mean of each row's numbers; NaN where a row has none, as in a wave that nobody answered."""
    known = ~np.isnan(values)
    counts = known.sum(axis=1)
    sums = np.where(known, values, 0.0).sum(axis=1)
    return np.asarray(np.divide(sums, counts, out=np.full(len(values), np.nan), where=counts > 0))


def sensitivity_rows(
    made: ReplicatedIndex, kind: str, choice: str, values: Mapping[str, FloatArray], draws: int
) -> pl.DataFrame:
    """Rows of ``area_sensitivity`` for one choice."""
    parts = [_labelled(made, name, kind, choice, value, draws) for name, value in values.items()]
    return pl.concat(parts)


def _rows(
    made: ReplicatedIndex,
    found: Sequence[Factor],
    name: str,
    kind: str,
    values: FloatArray,
    draws: int,
    bounds: tuple[FloatArray, FloatArray] | None = None,
) -> pl.DataFrame:
    parts = []
    for at, factor in enumerate(found):
        part = _labelled(made, name, kind, factor.name, values[at], draws)
        low, high = (bounds[0][at], bounds[1][at]) if bounds else (np.full(part.height, np.nan),) * 2
        parts.append(
            part.with_columns(pl.Series("conf_low", low).fill_nan(None), pl.Series("conf_high", high).fill_nan(None))
        )
    return pl.concat(parts)


def _labelled(made: ReplicatedIndex, name: str, kind: str, choice: str, values: FloatArray, draws: int) -> pl.DataFrame:
    """One row per group, or (without a name) per wave."""
    groups = (
        made.groups
        if name
        else pl.DataFrame({"area": None, "wave": _waves(made)}, schema_overrides={"area": pl.String})
    )
    return groups.select(
        pl.lit(kind).alias("kind"),
        "wave",
        "area",
        pl.lit(name or RANK).alias("measure"),
        pl.lit(choice).alias("choice"),
        pl.Series("value", values, dtype=pl.Float64).fill_nan(None),
        pl.lit(draws).cast(pl.Int64).alias("n_draws"),
    )


def _ranks(made: ReplicatedIndex, scores: FloatArray) -> FloatArray:
    found = np.empty(scores.shape)
    for wave in _waves(made):
        places = made.in_wave(wave)
        found[:, places] = ranked(scores[:, places])
    return found


def _waves(made: ReplicatedIndex) -> list[str]:
    return [str(wave) for wave in made.groups["wave"].unique(maintain_order=True)]
