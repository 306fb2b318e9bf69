"""A sample with its design, and the estimate and standard error of any combination of weighted ratios on it.

A mean is the ratio of Σ w y to Σ w 1, a domain mean one with zeros outside the domain, a share the mean of an
indicator, a change or a difference the sum of two ratios with opposite signs. One class covers them all, for Taylor
linearisation (the influence of a row on Σ a/b is Σ w (a − R b) / Σ w b) and for replicate weights alike.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Protocol, TypedDict

import numpy as np
import polars as pl

from pipeline.errors import ModelError
from pipeline.models.columns import codes, level_name, require
from pipeline.models.design.survey_design import Design, LonelyPsu, Subset, design_of
from pipeline.models.inference import joined, quantile, two_sided
from pipeline.tables import estimates

PERSONS_LINKED = "persons are the sampling units"
IN_WORDS: dict[Subset, str] = {
    "answered": "design of those who answered",
    "domain": "design of the whole wave",
}


class Replicated(Protocol):
    """Replicate weights: the full-sample weights, and the covariance of a statistic computed with each set."""

    full: np.ndarray
    weights: np.ndarray
    kind: str
    degrees_of_freedom: int

    def estimate(self, statistic: Callable[[np.ndarray], float | np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
        """Estimate and covariance of ``statistic(weights)``."""
        ...

    def covariance(self, estimates: np.ndarray, full_estimate: np.ndarray) -> np.ndarray:
        """The covariance of ``estimates`` (replicates × quantities)."""
        ...

    def take(self, rows: np.ndarray) -> Replicated:
        """The replicates of the rows at these places, which may repeat."""
        ...


class DesignArguments(TypedDict, total=False):
    """Columns of the design: ``weight``, ``strata``, ``psu`` (nested in strata), ``fpc`` (units in the population).

    ``ssu`` are units sampled within ``psu``, of ``fpc_second`` that it has: two stages, without replacement.
    ``calibrated_on`` and ``calibrated_totals`` are what the weights meet, from ``base_weight``: see ``design_of``.
    ``lonely_psu`` is the rule for strata with one unit; ``replicates`` (rows as the frame's) take the place of all of
    these. ``person`` and ``wave`` name those columns.
    """

    weight: str | None
    strata: str | None
    psu: str | None
    fpc: str | None
    ssu: str | None
    fpc_second: str | None
    calibrated_on: Sequence[str]
    calibrated_totals: Sequence[str]
    base_weight: str | None
    lonely_psu: LonelyPsu
    replicates: Replicated | None
    person: str
    wave: str


@dataclass(frozen=True)
class Part:
    """``sign`` times Σ w ``numerator`` / Σ w ``denominator`` over the rows at ``places``, which rise."""

    sign: float
    numerator: np.ndarray
    denominator: np.ndarray
    places: np.ndarray

    @classmethod
    def ratio(cls, numerator: np.ndarray, denominator: np.ndarray, rows: np.ndarray, sign: float = 1.0) -> Part:
        """The ratio of two columns over the mask ``rows``."""
        places = np.flatnonzero(rows)
        return cls(sign, numerator[places], denominator[places], places)

    @classmethod
    def mean(cls, values: np.ndarray, rows: np.ndarray, sign: float = 1.0) -> Part:
        """The mean of ``values`` over the mask ``rows``."""
        places = np.flatnonzero(rows)
        return cls(sign, values[places], np.ones(len(places)), places)

    def value(self, weights: np.ndarray) -> np.ndarray:
        """The value with the weights of all rows (n), or with each column of them (n × replicates)."""
        used = weights[self.places]
        return np.asarray(self.sign * (self.numerator @ used) / (self.denominator @ used))

    def influence(self, weights: np.ndarray) -> np.ndarray:
        """The influence of each row at ``places`` on the value."""
        used = weights[self.places]
        total = used @ self.denominator
        ratio = used @ self.numerator / total
        return np.asarray(self.sign * used * (self.numerator - ratio * self.denominator) / total)


@dataclass(frozen=True)
class Total(Part):
    """``sign`` times Σ w ``numerator``."""

    @classmethod
    def of(cls, values: np.ndarray, rows: np.ndarray) -> Total:
        """The total of ``values`` over the mask ``rows``."""
        places = np.flatnonzero(rows)
        return cls(1.0, values[places], np.ones(len(places)), places)

    def value(self, weights: np.ndarray) -> np.ndarray:
        return np.asarray(self.sign * (self.numerator @ weights[self.places]))

    def influence(self, weights: np.ndarray) -> np.ndarray:
        return np.asarray(self.sign * weights[self.places] * self.numerator)


@dataclass(frozen=True)
class Cell:
    """A wave and group, the rows in it, and the rows of the wave it lies in."""

    wave: str | None
    group: str | None
    rows: np.ndarray
    sample: np.ndarray


@dataclass(frozen=True)
class Sample:
    """The rows with a weight, their design or replicates, and a note on those without."""

    frame: pl.DataFrame
    weights: np.ndarray
    design: Design | None
    replicates: Replicated | None
    persons: np.ndarray
    wave: str
    note: str | None
    is_linked: bool = False
    unweighted_waves: tuple[str, ...] = ()

    @classmethod
    def of(
        cls,
        frame: pl.DataFrame,
        *,
        weight: str | None = None,
        strata: str | None = None,
        psu: str | None = None,
        fpc: str | None = None,
        ssu: str | None = None,
        fpc_second: str | None = None,
        calibrated_on: Sequence[str] = (),
        calibrated_totals: Sequence[str] = (),
        base_weight: str | None = None,
        lonely_psu: LonelyPsu = "certainty",
        replicates: Replicated | None = None,
        person: str = "person_id",
        wave: str = "wave",
    ) -> Sample:
        """Without sampling units each person is one where persons have several rows: they tie the waves together.

        Raises ModelError as ``design_of`` does, and if replicates and frame differ in length.
        """
        note, link, before = None, False, frame
        if replicates is not None:
            if len(replicates.full) != frame.height:
                raise ModelError("the replicate weights have another number of rows", count=len(replicates.full))
            weights, design = replicates.full, None
        else:
            if weight is not None:
                require(frame, [weight])
                left_out = frame.height - frame.filter(pl.col(weight) != 0).height
                note = f"{left_out:,} rows without a weight left out" if left_out else None
                frame = frame.filter(pl.col(weight) != 0)
            link = psu is None and person in frame.columns and frame[person].n_unique() < frame.height
            unit = person if link else psu
            design = design_of(
                frame,
                weight=weight,
                strata=strata,
                psu=unit,
                fpc=fpc,
                lonely_psu=lonely_psu,
                ssu=ssu,
                fpc_second=fpc_second,
                calibrated_on=calibrated_on,
                calibrated_totals=calibrated_totals,
                base_weight=base_weight,
            )
            weights = design.weights
        persons = codes(frame[person]) if person in frame.columns else np.arange(frame.height)
        lost = _waves_lost(before, frame, wave)
        return cls(frame, weights, design, replicates, persons, wave, note, link, lost)

    def linked(self, rows: np.ndarray) -> str | None:
        """That persons are the units, where some have several of ``rows`` (places or a mask) and no units are named."""
        persons = self.persons[rows]
        return PERSONS_LINKED if self.is_linked and len(np.unique(persons)) < len(persons) else None

    def values(self, variable: str) -> np.ndarray:
        """A column as numbers, NaN where it is missing."""
        require(self.frame, [variable])
        column = self.frame[variable]
        if not (column.dtype.is_numeric() or column.dtype == pl.Boolean):
            raise ModelError("a mean needs numbers", where=variable, todo="Ask for shares of its categories instead.")
        return column.cast(pl.Float64).fill_null(float("nan")).to_numpy()

    def cells(self, by: Sequence[str]) -> Iterator[Cell]:
        """Cells in the order of waves and groups; rows without a group are in none."""
        require(self.frame, by)
        everyone = np.ones(self.frame.height, dtype=bool)
        if not by:
            yield Cell(None, None, everyone, everyone)
            return
        for values in self.frame.select(by).drop_nulls().unique().sort(by).iter_rows(named=True):
            masks = {name: (self.frame[name] == value).fill_null(False).to_numpy() for name, value in values.items()}
            groups = [level_name(value) for name, value in values.items() if name != self.wave]
            yield Cell(
                wave=str(values[self.wave]) if self.wave in values else None,
                group=" × ".join(groups) or None,
                rows=np.logical_and.reduce(list(masks.values())),
                sample=masks.get(self.wave, everyone),
            )

    def spread(
        self, parts: Sequence[Part], answered: np.ndarray, domain: np.ndarray, subset: Subset
    ) -> tuple[float, float, int, str]:
        """Variance of the parts' sum, its sum, degrees of freedom, and how the variance was made.

        ``answered`` (rising places) and ``domain`` (a mask) are the rows that are the design under either ``subset``.
        """
        estimate = float(sum(part.value(self.weights) for part in parts))
        if self.replicates is not None:
            with np.errstate(invalid="ignore", divide="ignore"):  # a replicate without any of the rows is refused below
                each = np.sum([part.value(self.replicates.weights) for part in parts], axis=0)
            variance = float(self.replicates.covariance(each[:, None], np.array([estimate]))[0, 0])
            return variance, estimate, self.replicates.degrees_of_freedom, f"replicate weights ({self.replicates.kind})"
        assert self.design is not None
        used = answered if subset == "answered" else np.flatnonzero(domain)
        design = self.design.subset(used)
        influence = np.zeros(len(used))
        for part in parts:
            influence[np.searchsorted(used, part.places)] += part.influence(self.weights)
        words = f"{design.described()}; {IN_WORDS[subset]}"
        inside = np.isin(used, answered, assume_unique=True)
        variance = float(design.covariance(influence[:, None], inside)[0, 0])
        return variance, estimate, design.subset(inside).df, words

    def row(
        self,
        parts: Sequence[Part],
        cell: Cell,
        subset: Subset,
        confidence: float,
        head: Mapping[str, object],
        *,
        tested: bool = False,
    ) -> dict[str, object] | None:
        """One row of the Estimates table for the sum of ``parts``, None if a part has no rows.

        ``head`` names it: outcome, component, term, and whatever else differs from the cell.
        ``tested`` adds the normal statistic against zero. Intervals are normal, as R's ``confint`` of ``survey``.
        """
        if any(not part.places.size for part in parts):
            return None
        answered = parts[0].places if len(parts) == 1 else reduce(np.union1d, [part.places for part in parts])
        variance, estimate, df, words = self.spread(parts, answered, cell.sample, subset)
        common = {
            "wave": cell.wave,
            "group": cell.group,
            "note": joined(self.note, self.linked(answered)),
            "estimate": estimate,
            "n_obs": len(answered),
            "n_persons": np.count_nonzero(np.bincount(self.persons[answered])),
            **head,
        }
        return with_errors(common, variance, df, words, confidence, tested=tested)


def _waves_lost(before: pl.DataFrame, after: pl.DataFrame, wave: str) -> tuple[str, ...]:
    """The waves of which nobody has a weight."""
    if wave not in before.columns or before.height == after.height:
        return ()
    kept = after[wave].unique()
    gone = before[wave].drop_nulls().unique().sort()
    return tuple(str(one) for one in gone.filter(~gone.is_in(kept.implode())))


def with_errors(
    row: dict[str, object], variance: float, df: int, words: str, confidence: float, *, tested: bool = False
) -> dict[str, object]:
    """The row of an estimate with its standard error and interval, where there are degrees of freedom for them."""
    if df < 1:
        return {**row, "note": "no degrees of freedom for a standard error"}
    std_error, estimate = float(np.sqrt(variance)), float(row["estimate"])  # type: ignore[arg-type]
    half = quantile(confidence) * std_error
    test = {}
    if tested and std_error > 0:
        test = {"statistic": estimate / std_error, "p_value": two_sided(estimate / std_error)}
    return {
        **row,
        "std_error": std_error,
        "df": float(df),
        "conf_low": estimate - half,
        "conf_high": estimate + half,
        "covariance": f"{words}; normal intervals",
        **test,
    }


def design_table(
    rows: Sequence[dict[str, object] | None],
    model: str,
    what: Sequence[str],
    family: str,
    unweighted: Sequence[str] = (),
) -> pl.DataFrame:
    """The Estimates table of the rows that have an estimate. Raises ModelError if there is none.

    ``unweighted``: waves of which nobody has a weight, so that there is none of them.
    """
    made = [row for row in rows if row is not None]
    if not made and unweighted:
        have = "have" if len(unweighted) > 1 else "has"
        raise ModelError(
            f"{', '.join(unweighted)} {have} no weight: nobody of {'them' if len(unweighted) > 1 else 'it'} counts",
            where=", ".join(what),
            todo="Name a weight set in `weights` (weights.yaml; `base: {wave: …}` takes that of another wave), declare "
            "the wave's own weight under `columns`, or compare waves that have one.",
        )
    if not made:
        raise ModelError("nobody answered in any wave or group", where=", ".join(what))
    return estimates([*made], model=model, family=family)
