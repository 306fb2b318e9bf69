"""How near a twin is to its study, where it should be near (answers) and where it should not (single people)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import polars as pl

from pipeline.twin.columns import Columns

Array = np.ndarray
FEWEST_PAIRS = 100
"""Associations of fewer people are too uncertain to compare."""
BLOCK = 256


@dataclass(frozen=True)
class Distance:
    """``missing``: the largest difference of the share of a missing code, in any column and wave.

    ``codes``: the same of answers. ``participation``: of the share who take part, in any wave and any pair of waves.
    ``associations``: the mean difference of rank correlations within waves, ``largest_association`` the 99th percentile
    of it. ``stability``: the mean difference of the correlations of a column with itself in the next wave.
    """

    missing: float
    codes: float
    participation: float
    associations: float
    largest_association: float
    stability: float


def distance(
    real: Mapping[str, pl.DataFrame], twin: Mapping[str, pl.DataFrame], columns: Columns | None = None
) -> Distance:
    """Compare a twin with its study, wave by wave, column by column and pair by pair."""
    asked = columns or Columns()
    shares = [_shares(real[wave], twin[wave], asked) for wave in real]
    took, stable = _participation(real, twin), _stability(real, twin, asked)
    pairs = np.concatenate([_associations(real[wave], twin[wave], asked) for wave in real])
    return Distance(
        missing=max(one[0] for one in shares),
        codes=max(one[1] for one in shares),
        participation=took,
        associations=float(np.mean(pairs)) if len(pairs) else 0.0,
        largest_association=float(np.quantile(pairs, 0.99)) if len(pairs) else 0.0,
        stability=float(np.mean(stable)) if len(stable) else 0.0,
    )


def _columns(frame: pl.DataFrame, asked: Columns) -> list[str]:
    return [name for name in frame.columns if name != "person_id" and name not in asked.clusters]


def _shares(real: pl.DataFrame, twin: pl.DataFrame, asked: Columns) -> tuple[float, float]:
    """The largest difference of a missing code's share, and of an answer's, amounts left out."""
    largest = [0.0, 0.0]
    for name in _columns(real, asked):
        missing = asked.missing.get(name, frozenset())
        mine, other = (
            dict(frame.group_by(pl.col(name).fill_null("")).len().iter_rows()) for frame in (real, twin)
        )  # fmt: skip
        for code in {*mine, *other}:
            is_answer = code != "" and code not in missing
            if is_answer and name in asked.numbers:
                continue
            gap = abs(mine.get(code, 0) / max(real.height, 1) - other.get(code, 0) / max(twin.height, 1))
            largest[is_answer] = max(largest[is_answer], gap)
    return largest[0], largest[1]


def _participation(real: Mapping[str, pl.DataFrame], twin: Mapping[str, pl.DataFrame]) -> float:
    largest = 0.0
    sets = [{wave: set(frame["person_id"]) for wave, frame in source.items()} for source in (real, twin)]
    totals = [len(set().union(*own.values())) for own in sets]
    for wave in real:
        for other in real:
            shares = [len(own[wave] & own[other]) / max(total, 1) for own, total in zip(sets, totals, strict=True)]
            largest = max(largest, abs(shares[0] - shares[1]))
    return largest


def _ranks(frame: pl.DataFrame, names: Sequence[str], asked: Columns) -> Array:
    """People × columns of ranks; NaN where there is no answer."""
    found = []
    for name in names:
        numbers = (
            frame[name].replace(dict.fromkeys(asked.missing.get(name, frozenset()))).cast(pl.Float64, strict=False)
        )
        found.append(numbers.rank("average").cast(pl.Float64).to_numpy())
    return np.column_stack(found) if found else np.zeros((frame.height, 0))


def _correlated(ranks: Array) -> tuple[Array, Array]:
    from pipeline.twin.copula import correlations

    known = np.isfinite(ranks)
    filled = np.where(known, ranks, 0.0)
    return correlations(ranks / np.maximum(np.abs(filled).max(axis=0, initial=0.0), 1.0))


def _associations(real: pl.DataFrame, twin: pl.DataFrame, asked: Columns) -> Array:
    """The absolute differences of rank correlations of all pairs of ordered columns of one wave."""
    names = [name for name in _columns(real, asked) if name not in asked.nominal]
    names = [name for name in names if real[name].n_unique() > 1 and twin[name].n_unique() > 1]
    if len(names) < 2 or min(real.height, twin.height) < FEWEST_PAIRS:
        return np.zeros(0)
    (mine, count), (other, others) = (_correlated(_ranks(frame, names, asked)) for frame in (real, twin))
    upper = np.triu_indices(len(names), 1)
    enough = (count[upper] >= FEWEST_PAIRS) & (others[upper] >= FEWEST_PAIRS)
    return np.asarray(np.abs(mine - other)[upper][enough])


def _stability(real: Mapping[str, pl.DataFrame], twin: Mapping[str, pl.DataFrame], asked: Columns) -> list[float]:
    found = []
    for before, after in pairwise(real):
        shared = [name for name in _columns(real[before], asked) if name in real[after].columns]
        shared = [name for name in shared if name not in asked.nominal]
        for name in shared:
            both = []
            for source in (real, twin):
                pair = source[before].select("person_id", name).join(
                    source[after].select("person_id", name), on="person_id", suffix="_after"
                )  # fmt: skip
                extended = Columns({name: asked.missing.get(name, frozenset()),
                                    f"{name}_after": asked.missing.get(name, frozenset())})  # fmt: skip
                matrix, count = _correlated(_ranks(pair, [name, f"{name}_after"], extended))
                both.append(float(matrix[0, 1]) if count[0, 1] >= FEWEST_PAIRS else np.nan)
            if all(np.isfinite(both)) and any(both):
                found.append(abs(both[0] - both[1]))
    return found


@dataclass(frozen=True)
class Privacy:
    """``ratio``: median distance of the twin's people to the nearest of the study, over that of other real people.

    One where the twin is no nearer than strangers are. ``copies``: share of the twin's people who are alike with a
    person of the study in every column; ``by_chance``: the same of other real people. ``membership``: how well
    nearness to the twin tells people of the study from others (area under the curve; a half is chance).
    """

    ratio: float
    copies: float
    by_chance: float
    membership: float


def privacy(study: pl.DataFrame, others: pl.DataFrame, twin: pl.DataFrame, names: Sequence[str]) -> Privacy:
    """Hold a twin against the people it was made of, and against ``others`` of the same population who were not used.

    All frames have one row per person; ``names`` are the columns that an intruder would know. Distances are the share
    of these columns in which two people differ.
    """
    known, unknown, made = (_codes(frame, names, [study, others, twin]) for frame in (study, others, twin))
    to_study, strangers = _nearest(made, known), _nearest(unknown, known)
    reference = max(float(np.median(strangers)), 1.0 / len(names))
    return Privacy(
        ratio=max(float(np.median(to_study)), 0.0) / reference,
        copies=float(np.mean(to_study == 0.0)),
        by_chance=float(np.mean(strangers == 0.0)),
        membership=_area(-_nearest(known, made), -_nearest(unknown, made)),
    )


def _codes(frame: pl.DataFrame, names: Sequence[str], all_frames: Sequence[pl.DataFrame]) -> Array:
    """People × columns as whole numbers, the same number for the same text in all frames."""
    found = []
    for name in names:
        texts = pl.concat([one[name].cast(pl.String).fill_null("") for one in all_frames]).unique().sort()
        known = {text: place for place, text in enumerate(texts)}
        found.append([known[text] for text in frame[name].cast(pl.String).fill_null("")])
    return np.array(found, dtype=np.int32).T


def _nearest(people: Array, among: Array) -> Array:
    """The distance of each person to the nearest of others: the share of columns that differ."""
    found = np.empty(len(people))
    for start in range(0, len(people), BLOCK):
        block = people[start : start + BLOCK]
        differ = np.zeros((len(block), len(among)), dtype=np.int32)
        for column in range(people.shape[1]):
            differ += block[:, column, None] != among[None, :, column]
        found[start : start + BLOCK] = differ.min(axis=1) / people.shape[1]
    return found


def _area(members: Array, others: Array) -> float:
    """The chance that a member scores higher than another, ties halved."""
    from scipy.stats import rankdata

    ranks = rankdata(np.concatenate([members, others]))
    total = float(ranks[: len(members)].sum()) - len(members) * (len(members) + 1) / 2
    return total / (len(members) * len(others))
