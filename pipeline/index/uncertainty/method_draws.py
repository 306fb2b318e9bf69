"""The index under methods drawn at random among those declared, each with the sampling error of its own replicates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import polars as pl

from pipeline.door import public
from pipeline.errors import CohesionError
from pipeline.index.uncertainty.arrays import Draws, FloatArray, IntArray
from pipeline.index.uncertainty.choices import Factor, Run, factors, label, picks_of, run_of
from pipeline.index.uncertainty.prepared import Rows
from pipeline.index.uncertainty.replicated import ReplicatedIndex, blocks, composer, is_random
from pipeline.parallel import fan_out

KEPT = 30_000_000
"""Numbers of joint draws (methods × replicates × areas) that are kept; of more, evenly spaced replicates are taken."""


@dataclass(frozen=True)
class MethodDraws:
    """The index of each area (and wave: ``made.groups``) under each drawn method.

    ``scores``: draws × groups, of the sample; ``joint``: draws × replicates × groups, a method's score
    with a draw of its sampling error; ``choices``: what was drawn, a row per draw.
    """

    made: ReplicatedIndex
    factors: list[Factor]
    picks: IntArray
    scores: FloatArray
    joint: Draws

    @property
    def choices(self) -> pl.DataFrame:
        """One row per draw: the option of each choice."""
        columns = {
            factor.name: [label(factor, factor.options[pick]).removeprefix(f"{factor.name}: ") for pick in picks]
            for factor, picks in zip(self.factors, self.picks.T, strict=True)
        }
        return pl.DataFrame({"draw": np.arange(1, len(self.picks) + 1), **columns})


@public()
def method_draws(
    made: ReplicatedIndex, choices: Mapping[str, Any], *, draws: int = 200, seed: int | None = None
) -> MethodDraws:
    """Monte Carlo over choices of method: ``draws`` methods, each option of a choice as likely, all choices at once.

    ``choices`` maps ``composed``, ``normalisation``, ``weights``, ``within``, ``across``, ``treatment`` to the options
    that could have been taken (see ``Recipe``), ``left_out`` to names, "indicator" or "domain" (each left out in
    turn, or nothing), and ``perturbation`` to the share by which domains' weights may be higher or lower. Every
    replicate goes through every drawn method. Ranks and probabilities made of the result carry both.

    Raises CohesionError for choices that a recipe does not have, or that exclude each other.
    """
    seed = _seed(seed)
    found = factors(made.recipe, choices, seed)
    picks = picks_of(np.random.default_rng([seed, 0]).uniform(size=(draws, len(found))), found)
    distinct, of_draw = np.unique(picks, axis=0, return_inverse=True)
    runs = [run_of(made.recipe, found, row) for row in distinct]
    scores, joint = _evaluated(made, runs, draws, seed)
    of_draw = of_draw.reshape(-1)
    return MethodDraws(made, found, picks, scores[of_draw], joint[of_draw])


def _seed(seed: int | None) -> int:
    if isinstance(seed, bool) or not isinstance(seed, int) or seed < 0:
        raise CohesionError("random draws need a declared seed", where="seed", todo="Declare a whole number.")
    return seed


def _evaluated(made: ReplicatedIndex, runs: Sequence[Run], draws: int, seed: int) -> tuple[FloatArray, Draws]:
    """Scores (runs × groups), and scores with sampling error (runs × replicates × groups)."""
    resamples, rows = made.resamples, made.rows
    many = resamples.multiples.shape[1]
    kept = max(2, min(many, KEPT // max(draws * rows.groups.height, 1)))
    if is_random(resamples) and kept < many:
        chosen = np.linspace(0, many - 1, kept).round().astype(np.int64)
        resamples = replace(
            resamples,
            multiples=resamples.multiples[:, chosen],
            variance_factors=np.full(kept, resamples.variance_factors.sum() / kept),
        )
    shares = blocks(rows, resamples, len(runs))
    normal = None
    if not is_random(resamples):
        size = max(2, min(500, KEPT // max(draws * rows.groups.height, 1)))
        normal = np.random.default_rng([seed, 2]).normal(size=(size, many)) * np.sqrt(resamples.variance_factors)
    pieces = [(resamples.multiples[:, part], None if normal is None else normal[:, part]) for part in shares]
    parts = fan_out(_piece, pieces, (rows, list(runs)))
    scores = parts[0][0]
    if normal is not None:
        joint = sum(part[1] for part in parts) + scores[:, None, :]
        return scores, np.asarray(joint, dtype=np.float32)
    joint = np.concatenate([part[1] for part in parts], axis=1)
    stretch = np.sqrt(resamples.variance_factors.mean() * joint.shape[1])
    joint -= joint.mean(axis=1, keepdims=True)
    joint *= np.float32(stretch)
    joint += scores[:, None, :].astype(np.float32)
    return scores, joint


def _piece(rows: Rows, runs: list[Run], multiples: FloatArray, normal: FloatArray | None) -> tuple[FloatArray, Draws]:
    """Of a block of replicates: the scores of the sample, and of the replicates (or normal draws made of them)."""
    made = composer(rows, multiples)
    size = multiples.shape[1] if normal is None else len(normal)
    scores = np.empty((len(runs), rows.groups.height))
    joint = np.empty((len(runs), size, rows.groups.height), dtype=np.float32)
    made.prepare([(run.recipe, run.multipliers()) for run in runs])
    for at, run in enumerate(runs):
        index = made.index(run.recipe, run.multipliers())
        scores[at] = index[0]
        joint[at] = index[1:] if normal is None else normal @ (index[1:] - index[0])
    return scores, joint


def joint_draws(source: ReplicatedIndex | MethodDraws, measure: str, seed: int) -> tuple[Draws, FloatArray]:
    """Draws × groups of a measure with all of its uncertainty, and the estimates of the declared recipe."""
    if isinstance(source, MethodDraws):
        made = source.made
        if measure != "index":
            todo = "Give the replicated index for the ranks of domains and indicators."
            raise CohesionError("methods are drawn for the index alone", where="measure", todo=todo)
        place = made.measures["measure"].to_list().index("index")
        return source.joint.reshape(-1, source.joint.shape[2]), made.estimates[:, place]
    deviations = source.deviations(measure)
    estimates = source.estimates[:, source.place(measure)]
    if is_random(source.resamples):
        return estimates + deviations * np.sqrt(len(deviations)), estimates
    normal = np.random.default_rng([seed, 2]).normal(size=(2_000, len(deviations)))
    return estimates + normal @ deviations, estimates
