"""The panel models against linearmodels and statsmodels, where plm has no such option.

Judge: linearmodels 7 (weighted, two-way and otherwise clustered least squares, large-sample random effects) and
statsmodels 0.15 (MixedLM, Logit), on the simulated panel of ``data/models``.
"""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from linearmodels.panel import PanelOLS, PooledOLS, RandomEffects
from shared import SHIPPED
from statsmodels.discrete.discrete_model import Logit
from statsmodels.regression.mixed_linear_model import MixedLM

from pipeline.models import fixed_effects, logit, pooled, random_effects, within_between

PANEL = pl.read_csv(SHIPPED / "models" / "panel.csv").with_columns(
    unit=pl.concat_str("stratum", pl.lit("/"), "psu"), wave_number=pl.col("wave").str.slice(2).cast(pl.Int64)
)
EXPOSURES = ["contact", "threat"]
USED = PANEL.drop_nulls(["trust", *EXPOSURES])
FRAME = pd.DataFrame(USED.to_dict(as_series=False)).set_index(["person_id", "wave_number"]).sort_index()


def assert_same(table: pl.DataFrame, params: pd.Series, std_errors: pd.Series) -> None:
    for term in EXPOSURES:
        row = table.filter(component="coefficient", term=term).row(0, named=True)
        assert row["estimate"] == pytest.approx(params[term], rel=1e-8)
        assert row["std_error"] == pytest.approx(std_errors[term], rel=1e-8)


def with_constant() -> pd.DataFrame:
    return FRAME[EXPOSURES].assign(constant=1.0)


@pytest.mark.parametrize("correction", ["hc1", "stata", "none"])
def test_weighted_least_squares_clustered_by_sampling_unit(correction):
    ours = pooled(
        PANEL, "trust", EXPOSURES, weights="design_weight", cluster="unit", correction=correction, wave_effects=False
    )
    clusters = FRAME[["unit"]].apply(lambda column: pd.factorize(column)[0])
    theirs = PooledOLS(FRAME["trust"], with_constant(), weights=FRAME["design_weight"]).fit(
        cov_type="clustered", clusters=clusters, debiased=correction != "none", group_debias=correction == "stata"
    )
    assert_same(ours, theirs.params, theirs.std_errors)


@pytest.mark.parametrize("effects", ["person", "person_and_wave"])
@pytest.mark.parametrize("cluster", [None, "person_id"])
def test_weighted_fixed_effects(effects, cluster):
    weighted = PANEL.with_columns(weight=pl.col("design_weight") * (1 + pl.col("wave_number") / 10))
    frame = FRAME.assign(weight=FRAME["design_weight"] * (1 + FRAME.index.get_level_values(1) / 10))
    ours = fixed_effects(
        weighted, "trust", EXPOSURES, effects=effects, weights="weight", cluster=cluster, wave_effects=False
    )
    model = PanelOLS(
        frame["trust"],
        frame[EXPOSURES],
        weights=frame["weight"],
        entity_effects=True,
        time_effects=effects == "person_and_wave",
        singletons=True,
    )
    clustered = {"cov_type": "clustered", "cluster_entity": True} if cluster else {"cov_type": "unadjusted"}
    theirs = model.fit(auto_df=False, count_effects=cluster is None, **clustered)
    assert_same(ours, theirs.params, theirs.std_errors)


@pytest.mark.parametrize("small_sample", [True, False])
def test_random_effects(small_sample):
    ours = random_effects(PANEL, "trust", EXPOSURES, wave_effects=False, small_sample=small_sample, cluster=None)
    theirs = RandomEffects(FRAME["trust"], with_constant()).fit(small_sample=small_sample)
    assert_same(ours, theirs.params, theirs.std_errors)
    variances = ours.filter(component="variance")["estimate"]
    assert variances[:2].to_list() == pytest.approx(theirs.variance_decomposition[:2].to_list(), rel=1e-8)


def test_within_between_is_a_mixed_model():
    ours = within_between(PANEL, "trust", EXPOSURES, wave_effects=False)
    means = FRAME[EXPOSURES].groupby(level=0).transform("mean")
    matrix = pd.concat([FRAME[EXPOSURES] - means, means.add_suffix("_mean")], axis=1).assign(constant=1.0)
    theirs = MixedLM(FRAME["trust"], matrix, groups=FRAME.index.get_level_values(0)).fit(reml=True)
    for component, suffix in (("within", ""), ("between", "_mean")):
        for term in EXPOSURES:
            row = ours.filter(component=component, term=term).row(0, named=True)
            assert row["estimate"] == pytest.approx(theirs.params[term + suffix], rel=1e-4)
            assert row["std_error"] == pytest.approx(theirs.bse[term + suffix], rel=1e-3)
    likelihood = ours.filter(term="log_likelihood")["estimate"][0]
    assert likelihood == pytest.approx(theirs.llf, rel=1e-8)
    assert likelihood >= theirs.llf - 1e-9


def test_logit():
    ours = logit(PANEL, "helped", EXPOSURES, cluster="unit")
    answered = PANEL.drop_nulls(["helped", *EXPOSURES])
    matrix = np.column_stack([answered.select(EXPOSURES).to_numpy(), np.ones(answered.height)])
    groups = pd.factorize(np.array(answered["unit"].to_list()))[0]
    theirs = Logit(answered["helped"].to_numpy(), matrix).fit(
        disp=False, tol=1e-12, cov_type="cluster", cov_kwds={"groups": groups}
    )
    for index, term in enumerate(EXPOSURES):
        row = ours.filter(component="coefficient", term=term).row(0, named=True)
        assert row["estimate"] == pytest.approx(theirs.params[index], rel=1e-8)
        assert row["std_error"] == pytest.approx(theirs.bse[index], rel=1e-8)
