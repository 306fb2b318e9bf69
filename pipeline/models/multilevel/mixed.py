"""Linear mixed models: intercepts and slopes that vary between persons, areas and waves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, Unpack

import numpy as np
import polars as pl

from pipeline.door import public
from pipeline.errors import ModelError
from pipeline.models.declared import ModelSpec, regression
from pipeline.models.effects.predictions import Values
from pipeline.models.multilevel.degrees import Degrees
from pipeline.models.multilevel.estimates import Asked, mixed_table
from pipeline.models.multilevel.gaussian.pseudo import group_weights, scaled_weights
from pipeline.models.multilevel.gaussian.rows import Serial, mixed_rows
from pipeline.models.multilevel.given import refuse_unused, require_lists
from pipeline.models.multilevel.random_part import random_terms, residual_times
from pipeline.models.multilevel.times import with_times
from pipeline.models.multilevel.within_between_parts import split
from pipeline.models.options import Rows, taken
from pipeline.models.regression_data import RegressionData, check_rank, regression_data
from pipeline.models.weighting import WEIGHT, Weighted
from pipeline.specs.mixed import random_part

Residuals = Literal["independent", "ar1", "car1"]
TIME = "_time"


@public(ordered=True)
def mixed(
    frame: pl.DataFrame,
    outcome: str,
    exposures: Sequence[str],
    covariates: Sequence[str] = (),
    *,
    random: Mapping[str, Sequence[str]] | None = None,
    uncorrelated: Sequence[str] = (),
    within_between: Sequence[str] = (),
    method: Literal["reml", "ml"] = "reml",
    degrees: Degrees = "normal",
    residuals: Residuals = "independent",
    time: str | None = None,
    precision: str | None = None,
    weights: str | None = None,
    row_weights: str | None = None,
    scaling: Literal["size", "effective"] | None = None,
    cluster: str | None = None,
    compare: Sequence[str] = (),
    intervals: Literal["chi_squared", "delta", "profile"] = "chi_squared",
    predict_at: Values | None = None,
    confidence: float = 0.95,
    model: str = "mixed",
    family: str = "mixed",
    **options: Unpack[Rows],
) -> pl.DataFrame:
    """One row per fixed term, variance, standard deviation and correlation of random effects, test, and measure of fit.

    y = X b + Z u + e with u ~ N(0, D) between the groups of each grouping of ``random`` (column → terms whose slopes
    vary; the intercept always does; by default persons' intercepts), and e ~ N(0, σ²): lme4's ``lmer``, by restricted
    (``reml``) or full likelihood. Groupings may be nested (areas of persons) or crossed (waves, or areas between which
    persons move). Effects of a grouping correlate unless it is ``uncorrelated`` (``||``). Exposures ``within_between``
    enter as the deviation from the person's mean and as the mean (Bell, Fairbrother & Jones 2019), and their slopes are
    those of the deviation.

    Tests are normal, or t with Satterthwaite's df (lmerTest) or Kenward and Roger's, which also adjust the covariance
    (pbkrtest). ``residuals``: "ar1" correlate φ^|s − t| between places of waves (or whole ``time``), "car1" in
    continuous ``time`` (nlme's ``corAR1``, ``corCAR1``). ``precision`` divides the residual variance (lmer's
    ``weights``). ``weights`` are sampling weights of the groups of one grouping: pseudo-maximum likelihood with a
    sandwich over ``cluster`` (by default the groups); ``row_weights`` those of rows given the group, with their
    ``scaling`` (Rabe-Hesketh & Skrondal 2006).

    Rows of component ``variance`` have intervals by χ² on the groups less one, of the variance and what the error
    within groups adds to it ("chi_squared"); by the delta method on the logarithm ("delta", as nlme's: cautious where
    groups are few, 98 % of those of 30 areas hold what was planted), or by the profile of the likelihood ("profile", as
    lme4's). Correlations have theirs on Fisher's z. Tests ``random_effect`` leave out one random effect each: the
    p-value is of the mixture of χ² that a variance at its boundary has. Terms of ``compare`` are left out together for
    a likelihood-ratio test. ``icc`` and ``r_squared`` are after Nakagawa, Johnson & Schielzeth (2017). AIC and BIC are
    of the (restricted) likelihood, as in lme4. A singular fit is noted, and intervals of its variances are withheld.
    ``predict_at`` maps terms to values at which the fixed part is predicted, for everybody as they are otherwise
    (emmeans); an exposure in two parts is then the person's mean.

    Raises ModelError for slopes of what is no fixed term or never varies within groups, groupings that cannot be
    separated, more random effects than rows, and a likelihood without a maximum.

    >>> import polars as pl
    >>> from pipeline.models import mixed
    >>> panel = pl.DataFrame({
    ...     "person_id": [person for person in "abcdef" for _ in range(4)],
    ...     "wave": ["w01", "w02", "w03", "w04"] * 6,
    ...     "contact": [1.0, 2, 4, 3, 2, 4, 3, 5, 3, 3, 1, 2, 5, 4, 2, 4, 1, 2, 1, 3, 4, 5, 5, 3],
    ...     "trust": [2.0, 2.5, 4, 3, 3, 4, 3, 5, 2, 2.5, 2, 2, 4, 4, 3, 3.5, 1, 2, 2, 1.5, 4, 5, 4.5, 4],
    ... })
    >>> table = mixed(panel, "trust", ["contact"], random={"person_id": ["contact"]}, wave_effects=False)
    >>> table.filter(component="variance")["term"].to_list()
    ['person', 'contact', 'residual']
    """
    chosen = taken(Rows, options)
    person, wave = str(chosen.get("person", "person_id")), str(chosen.get("wave", "wave"))
    groupings = dict(random or {person: ()})
    require_lists(groupings)
    refuse_unused(
        within_between="no exposure of the model" if set(within_between) - set(exposures) else "",
        time="of residuals that correlate" if time and residuals == "independent" else "",
        row_weights="of rows given the group, whose own stand in `weights`" if row_weights and not weights else "",
        scaling="of `row_weights`, which need it" if bool(scaling) != bool(row_weights) else "",
        cluster="of models with sampling `weights`" if cluster and not weights and cluster != person else "",
    )
    if wave in groupings and chosen.get("wave_effects", True):
        todo = "Say `wave_effects=False`."
        raise ModelError("waves have fixed effects or random ones, not both", where=f"random, {wave}", todo=todo)
    cluster = cluster if weights is not None and cluster not in groupings else None
    carried = [*groupings, *filter(None, (time, precision, weights, row_weights, cluster))]
    data = regression_data(
        frame, outcome, exposures, covariates, carried=tuple(dict.fromkeys(carried)), predict_at=predict_at, **chosen
    )
    data = split(data, [name for name in exposures if name in set(within_between)])
    check_rank(data.matrix, data.terms, outcome)
    terms = random_terms(data, groupings, uncorrelated, person)
    serial = None
    if residuals != "independent":
        serial = _serial(data, residuals, time, wave)
    positive = _positive(data, precision), _positive(data, weights), _positive(data, row_weights)
    if weights is not None and (len(terms) > 1 or method != "ml" or serial is not None or precision or compare):
        raise ModelError(
            "sampling weights are defined for one grouping by full likelihood with independent residuals",
            where="weights",
            todo="Declare `method: ml` and one grouping in `random`, without `precision` and `compare`.",
        )
    mass = row = None
    if positive[1] is not None:
        mass = group_weights(positive[1], terms[0].codes)
        mass = mass * len(mass) / mass.sum()
        row = np.ones(data.n_obs) if positive[2] is None else scaled_weights(positive[2], terms[0].codes, scaling)
    rows = mixed_rows(
        data.outcome,
        data.matrix,
        terms,
        reml=method == "reml",
        precision=row if mass is not None else positive[0],
        mass=mass,
        serial=serial,
    )
    asked = Asked(
        degrees=degrees,
        compare=tuple(compare),
        intervals=intervals,
        confidence=confidence,
        cluster=cluster,
        scaling=scaling if row_weights else None,
        residuals=residuals,
    )
    return mixed_table(data, rows, terms, asked, model=model, family=family)


def _positive(data: RegressionData, name: str | None) -> np.ndarray | None:
    """A column of weights, as carried. Raises ModelError unless all are positive numbers."""
    if name is None:
        return None
    assert data.carried is not None
    column = data.carried[name]
    if not column.dtype.is_numeric():
        raise ModelError("a weight must be a number", where=name)
    values = column.cast(pl.Float64).to_numpy()
    if (values <= 0).any():
        raise ModelError("weights that are not above zero", where=name, count=int((values <= 0).sum()))
    return np.asarray(values)


def _serial(data: RegressionData, residuals: Residuals, time: str | None, wave: str) -> Serial:
    """The order and times of each person's rows. Raises ModelError for times that do not rise, or are no whole
    steps.
    """
    times = residual_times(data, time)
    same = data.person[1:] == data.person[:-1]
    steps = np.diff(times)[same]
    if not (steps > 0).all():
        raise ModelError("times that do not rise from wave to wave", where=time or wave, count=int((steps <= 0).sum()))
    if residuals == "ar1" and (np.abs(steps - np.round(steps)) > 1e-9).any():
        raise ModelError(
            "`ar1` is of whole steps of time", where=time or wave, todo="Declare `residuals: car1`, of continuous time."
        )
    if not len(steps):
        raise ModelError("nobody has two rows, so that residuals have no correlation", where="residuals")
    return Serial(data.person, np.round(times) if residuals == "ar1" else times, residuals == "ar1")


def fit(name: str, spec: ModelSpec, panel: pl.DataFrame, study: Any, rows: Weighted | None) -> pl.DataFrame:
    """The declared model (see ``pipeline.models.fit``)."""
    declared: Any = spec
    further: dict[str, Any] = {
        key: getattr(declared, key)
        for key in ("uncorrelated", "method", "degrees", "residuals", "compare", "intervals", "predict_at")
    }
    if rows is not None and rows.replicates is not None:
        raise ModelError(
            "a mixed model has no standard errors from replicate weights",
            where="weights",
            todo="Name a weight set without `replicates`.",
        )
    weights = declared.weights if rows is None else WEIGHT
    if weights:
        further |= {"row_weights": declared.row_weights, "scaling": declared.scaling}
        panel = panel.filter(pl.col(weights) > 0)
    if declared.times is not None and declared.residuals != "independent":
        panel, further["time"] = with_times(panel, declared, study, TIME), TIME
    return regression(
        mixed, name, spec, panel, rows, random=random_part(declared), precision=declared.precision, **further
    )
