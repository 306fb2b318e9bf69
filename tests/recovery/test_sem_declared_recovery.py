"""The cross-lags planted in the sample come back from the models that its paper declares."""

from functools import cache

import polars as pl
import pytest

from pipeline.paths import REPOSITORY, Paths
from pipeline.sample import simulate, truth
from pipeline.sem.declared import fit_declared
from pipeline.specs import StructuralModel, load_project

STUDY = "beyond_us_and_them"
PAIRS = {
    "buat_trust_and_contact": ("contact", "trust"),
    "buat_conspiracy_and_trust": ("political_trust", "conspiracy"),
    "buat_cohesion_and_volunteering": ("cohesion", "volunteering"),
}
PLANTED = (
    "contact_to_trust", "trust_to_contact", "contact_autoregression", "trust_autoregression", "trust_to_conspiracy",
    "conspiracy_to_trust", "political_trust_autoregression", "conspiracy_autoregression", "cohesion_to_volunteering",
    "volunteering_to_cohesion", "cohesion_autoregression", "volunteering_autoregression",
)  # fmt: skip
SURE = 0.01
"""How seldom a sound model may fail by chance, over all twelve lags together."""


@cache
def estimates(name: str, complete: bool = False) -> pl.DataFrame:
    project = load_project(Paths(REPOSITORY))
    spec = project.models[name]
    assert isinstance(spec, StructuralModel)
    quick = {"ladder": False} if spec.family == "riclpm" else {}
    spec = spec.model_copy(update={**quick, "confidence": 1 - SURE / len(PLANTED)})
    return fit_declared(name, spec, panel(), project.studies[STUDY])


@cache
def panel() -> pl.DataFrame:
    """The sample as generated, as many people as in the deposit, with its drop-out and gaps."""
    return simulate(STUDY)


def lag(name: str, effect: str) -> dict[str, object]:
    planted = truth(STUDY).cross_lags[effect]
    rows = estimates(name).filter(
        pl.col("component") == "lag", pl.col("outcome") == planted.outcome, pl.col("term") == planted.cause
    )
    return rows.row(0, named=True)


def model_of(effect: str) -> str:
    """The declared model in which an effect is estimated."""
    cause = truth(STUDY).cross_lags[effect].cause
    outcome = truth(STUDY).cross_lags[effect].outcome
    project = load_project(Paths(REPOSITORY))
    return next(name for name in PAIRS if {cause, outcome} <= set(project.models[name].constructs))


@pytest.mark.thorough
@pytest.mark.parametrize("effect", PLANTED)
def test_a_planted_lag_lies_in_its_interval(effect: str) -> None:
    row = lag(model_of(effect), effect)
    assert row["conf_low"] < truth(STUDY)[effect] < row["conf_high"], row


@pytest.mark.thorough
@pytest.mark.parametrize("effect", ["contact_autoregression", "trust_autoregression"])
def test_without_random_intercepts_what_lasts_is_taken_for_what_carries_over(effect: str) -> None:
    """The cross-lagged model's autoregressions are far above the planted ones: why it never stands alone."""
    row = lag("buat_trust_and_contact_mixed", effect)
    assert row["conf_low"] > truth(STUDY)[effect] + 0.2
    assert "of the model with random intercepts" in str(row["note"])
