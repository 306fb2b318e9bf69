"""Parts of index.yaml: how scores become an index, and what its areas, monitor and profiles are to do."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from pipeline.specs.base import Assumable, Declaration, Name, Range, Text, WaveNames
from pipeline.specs.disclosure import SMALLEST


def _number(value: object) -> object:
    """``true`` and ``yes`` would pass for 1, and ``"2"``, which is text, for 2."""
    if isinstance(value, bool):
        raise ValueError("yes and no are no weight: give a number")
    if isinstance(value, str):
        raise ValueError(f"`{value}` is text, no weight: give a number, without quotation marks")
    return value


Normalising = Literal[
    "own_range", "min_max", "z_score", "percentile", "rank", "borda", "distance", "distance_to_max", "goalposts", "none"
]
"""On the scale's own range; on the observed range; to mean and standard deviation; by rank; to a reference; none."""
Averaging = Literal["arithmetic", "geometric", "harmonic", "copeland"]
Weights = Literal["equal", "declared", "pca", "budget"]
Varied = Literal["own_range", "min_max", "z_score", "percentile"]
"""Normalisations that a draw of methods makes anew."""
AMONG_AREAS = ("rank", "borda")
"""Normalisations that are of areas only: a person's rank among thousands is not a score."""
Positive = Annotated[float, BeforeValidator(_number), Field(gt=0, allow_inf_nan=False)]
BOUNDED = ("own_range", "min_max", "goalposts")


def _positive_sd(mean_sd: tuple[float, float]) -> tuple[float, float]:
    if mean_sd[1] <= 0:
        raise ValueError("the second of `mean_sd` is a standard deviation: give a number above 0")
    return mean_sd


def _each_once(names: tuple[str, ...]) -> tuple[str, ...]:
    twice = [name for name in names if names.count(name) > 1]
    if twice:
        raise ValueError(f"`{twice[0]}` is listed twice. Keep one")
    return names


class Indicator(Assumable):
    """A score of the study as an indicator. The key is the name of the score.

    ``range`` is the scale's own range where its items do not say it; ``goalposts`` and ``reference`` are for the
    normalisations of these names, in the units of the score.
    """

    direction: Literal["higher", "lower"] = "higher"
    range: Range | None = None
    goalposts: Range | None = None
    reference: float | None = None
    label: str = ""


class Normalisation(Declaration):
    """How indicators come onto one scale. ``bounds`` are those of every method with ends, ``mean_sd`` those
    of ``z_score``; ``cap`` cuts what exceeds the reference of ``distance``.
    """

    method: Normalising = "own_range"
    bounds: Range = (0.0, 100.0)
    mean_sd: Annotated[tuple[float, float], AfterValidator(_positive_sd)] = (50.0, 10.0)
    cap: bool = False

    @model_validator(mode="after")
    def _says_what_its_method_takes(self) -> Self:
        taken = {
            "bounds": (*BOUNDED, "percentile", "distance", "distance_to_max"),
            "mean_sd": ("z_score",),
            "cap": ("distance",),
        }
        for name, methods in taken.items():
            if name in self.model_fields_set and self.method not in methods:
                raise ValueError(f"`{name}` is for {' and '.join(methods)}, not for `method: {self.method}`")
        return self


class Weighting(Declaration):
    """Weights of domains in the index, and of indicators in their domain; those not named weigh 1.

    ``budget``: person → domain → points; each person's points are shares of what they gave, and averaged.
    """

    method: Weights = "equal"
    domains: dict[Name, Positive] = {}
    indicators: dict[Name, Positive] = {}
    budget: dict[Text, dict[Name, Annotated[float, BeforeValidator(_number), Field(ge=0, allow_inf_nan=False)]]] = {}

    @model_validator(mode="after")
    def _method_has_what_it_needs(self) -> Self:
        named = bool(self.domains or self.indicators)
        if named != (self.method == "declared"):
            raise ValueError("`domains` and `indicators` hold the weights of `method: declared`, and are for it alone")
        if bool(self.budget) != (self.method == "budget"):
            raise ValueError("`budget` holds the points of `method: budget`, and is for it alone")
        for person, points in self.budget.items():
            if sum(points.values()) <= 0:
                raise ValueError(f"`{person}` gave no points")
            if set(points) != set(next(iter(self.budget.values()))):
                raise ValueError(f"`{person}` gave points to other domains than the first person; give each 0 or more")
        return self


class Aggregation(Declaration):
    """How indicators become a domain, and domains the index."""

    domains: Averaging = "arithmetic"
    index: Averaging = "arithmetic"


class Coverage(Declaration):
    """The share of a domain's indicators, and of the index's domains, that must be there for a score."""

    indicators: float = Field(default=0.5, ge=0, le=1)
    domains: float = Field(default=0.5, ge=0, le=1)


class Outliers(Declaration):
    """COINr's rule, of areas: winsorise at most so many while |skew| and kurtosis both exceed their limits."""

    method: Literal["none", "winsorise"] = "none"
    winsorised: int = Field(default=5, ge=1)
    skew: float = Field(default=2.0, gt=0)
    kurtosis: float = 3.5

    @model_validator(mode="after")
    def _limits_are_of_a_method(self) -> Self:
        if self.method == "none" and self.model_fields_set - {"method"}:
            raise ValueError("limits of outliers are for `method: winsorise`: say it, or leave them out")
        return self


class Comparison(Declaration):
    """What areas are compared with: the areas of an arm, or those named."""

    arm: Name | None = None
    areas: Annotated[tuple[Text, ...], AfterValidator(_each_once)] = ()
    label: str = ""

    @model_validator(mode="after")
    def _one_of_the_two(self) -> Self:
        if (self.arm is None) == (not self.areas):
            raise ValueError("name an `arm` or `areas` to compare with, not both")
        return self


class RankFloor(Declaration):
    """Areas below either are shown and not ranked."""

    n_effective: float = Field(default=30.0, ge=0)
    reliability: float = Field(default=0.5, ge=0, le=1)


class MethodChoices(Declaration):
    """The choices among which each Monte Carlo draw takes one of each; the declared one is always among them.

    Where a draw takes a geometric or harmonic mean, its scores are normalised to at least 1.
    """

    normalisation: Annotated[tuple[Varied, ...], AfterValidator(_each_once)] = ()
    weights: Annotated[tuple[Weights | Literal["random"], ...], AfterValidator(_each_once)] = ()
    aggregation: Annotated[tuple[Averaging, ...], AfterValidator(_each_once)] = ()
    left_out: Literal["none", "indicator", "domain"] = "none"

    @property
    def any(self) -> bool:
        """Whether anything is chosen among."""
        return bool(self.normalisation or self.weights or self.aggregation or self.left_out != "none")


class Uncertainty(Declaration):
    """How sampling and choices of method are carried to the ranks.

    ``weights``: a weight set whose replicates are used: areas are then of its people and waves. Without it, people (or
    their sampling units) are drawn by their design: ``replicates`` bootstrap weights. ``draws`` of ``choices``;
    ``perturbed``: random weights lie within this share of those declared.
    """

    seed: int = Field(default=2024, ge=0)
    draws: int = Field(default=200, ge=50, le=20_000)
    replicates: int = Field(default=200, ge=50, le=5_000)
    weights: Name | None = None
    choices: MethodChoices = MethodChoices()
    perturbed: float = Field(default=0.25, gt=0, lt=1)

    @model_validator(mode="after")
    def _says_what_is_used(self) -> Self:
        said = self.model_fields_set
        if "draws" in said and not self.choices.any:
            raise ValueError("`draws` are of `choices`: say which methods could have been taken, or leave them out")
        if "perturbed" in said and "random" not in self.choices.weights:
            raise ValueError("`perturbed` is of `weights: [random]` among the `choices`: say it, or leave it out")
        if "replicates" in said and self.weights is not None:
            raise ValueError(f"the weight set `{self.weights}` has its own replicates: leave `replicates` out")
        return self


class Benchmark(Assumable):
    """A figure from elsewhere for one measure. It is compared only where wording and mode are the same."""

    measure: Name
    value: float
    std_error: float | None = Field(default=None, ge=0)
    label: Text
    source: str = Field(min_length=1)
    waves: WaveNames = ()
    wording: Literal["same", "different"]
    mode: Literal["same", "different"]

    @model_validator(mode="after")
    def _is_comparable(self) -> Self:
        other = [name for name in ("wording", "mode") if getattr(self, name) == "different"]
        if other:
            raise ValueError(
                f"`{self.label}` has another {' and another '.join(other)}: a difference from it would be one of "
                "method. Leave it out, or find a figure with the same wording and mode"
            )
        return self


class SmallAreas(Declaration):
    """Small-area estimates alongside the direct ones. ``covariates`` are area measures of study.yaml (``areas:``).

    ``unit`` is the model of people within areas; ``mrp`` a model of people in cells of ``margins`` (scores), weighted
    by the cells of ``census``: a table in data/areas with ``area_code``, the margins and ``count``. ``transform:
    arcsine`` is for indicators of yes and no; others stay as they are. ``benchmarked``: estimates add up to the mean of
    all areas.
    """

    method: Literal["none", "reml", "ml", "fh", "unit", "mrp"] = "reml"
    covariates: Annotated[tuple[Name, ...], AfterValidator(_each_once)] = ()
    transform: Literal["none", "log", "arcsine"] = "none"
    benchmarked: bool = True
    margins: Annotated[tuple[Name, ...], AfterValidator(_each_once)] = ()
    census: str = ""

    @model_validator(mode="after")
    def _method_has_what_it_needs(self) -> Self:
        if self.method == "mrp" and not (self.margins and self.census):
            raise ValueError("`method: mrp` needs `margins`, and `census`: a table in data/areas to post-stratify by")
        if self.method != "mrp" and (self.margins or self.census):
            raise ValueError(f"`margins` and `census` are for `method: mrp`, not for `method: {self.method}`")
        if self.method == "none" and self.model_fields_set - {"method"}:
            raise ValueError("`method: none` makes no small-area estimates: leave the rest out")
        if self.transform != "none" and self.method in ("unit", "mrp"):
            raise ValueError(f"`transform` is for area-level methods, not for `method: {self.method}`")
        return self


class MonitorPlan(Declaration):
    """The tension monitor: ``false_alarms`` a round, over all areas and measures, where nothing but chance moved them.

    ``rule``: the number of them that is expected, the chance of any (``family_wise``), or the share of signals that are
    false (``false_discovery``: Benjamini and Hochberg). ``sides``: falls alone, or rises as well, within the same rate.
    ``common``: the change that all areas share is ``removed``, or ``kept``, so that it is a signal in each. ``usual``:
    how much areas usually differ is known from the areas of ``this_wave``, or from those of ``earlier_waves`` as well.
    ``fewest_people``: areas with fewer are not judged; ``fewest_areas``: fewer are judged by earlier waves, or against
    sampling alone. ``window``: so many earlier waves are compared with; ``fall``: the fall, in standard deviations
    between people, whose power is stated; ``early``: indicators of a short survey between waves; ``groups``: scores
    (such as ``age_group``) of whose groups it is said which fell most behind a signal.
    """

    false_alarms: float = Field(default=0.05, gt=0, lt=1)
    rule: Literal["expected", "family_wise", "false_discovery"] = "expected"
    sides: Literal["falls", "both"] = "falls"
    common: Literal["removed", "kept"] = "removed"
    usual: Literal["this_wave", "earlier_waves"] = "this_wave"
    fewest_people: int = Field(default=20, ge=SMALLEST)
    fewest_areas: int = Field(default=6, ge=4)
    window: int = Field(default=1, ge=1)
    fall: float = Field(default=0.3, gt=0)
    measures: Annotated[tuple[Name, ...], AfterValidator(_each_once)] = ()
    early: Annotated[tuple[Name, ...], AfterValidator(_each_once)] = ()
    groups: Annotated[tuple[Name, ...], AfterValidator(_each_once)] = ()
