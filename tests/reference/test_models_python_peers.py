"""The panel models against statsmodels, where plm has no such option: dummies and differences written out, and MixedLM.

Judge: statsmodels 0.15 (WLS, MixedLM) on the simulated panel of ``data/models``. WLS is a textbook's least squares and
shares no code with the panel estimators of linearmodels.
"""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from shared import SHIPPED
from statsmodels.regression.linear_model import WLS
from statsmodels.regression.mixed_linear_model import MixedLM

from pipeline.models import first_difference, fixed_effects, within_between

PANEL = pl.read_csv(SHIPPED / "models" / "panel.csv").with_columns(
    weight=pl.col("design_weight") * (1 + pl.col("wave").str.slice(2).cast(pl.Float64) / 10)
)
EXPOSURES = ["contact", "threat"]
USED = PANEL.drop_nulls(["trust", *EXPOSURES]).sort("person_id", "wave")
FRAME = pd.DataFrame(USED.to_dict(as_series=False)).set_index(["person_id", "wave"])


def assert_same(table: pl.DataFrame, theirs) -> None:
    for place, term in enumerate(EXPOSURES):
        row = table.filter(component="coefficient", term=term).row(0, named=True)
        assert row["estimate"] == pytest.approx(theirs.params[place], rel=1e-8)
        assert row["std_error"] == pytest.approx(theirs.bse[place], rel=1e-8)


def clustered_by(persons: pl.Series) -> dict[str, object]:
    groups = pd.factorize(np.array(persons.to_list()))[0]
    return {"cov_type": "cluster", "cov_kwds": {"groups": groups, "use_correction": False}}


@pytest.mark.thorough
@pytest.mark.parametrize("cluster", [None, "person_id"])
@pytest.mark.parametrize("weights", [None, "weight"])
def test_two_way_effects_are_dummies_of_persons_and_waves(weights, cluster):
    ours = fixed_effects(
        PANEL, "trust", EXPOSURES, effects="person_and_wave", weights=weights, cluster=cluster, correction="none"
    )
    matrix = np.column_stack([
        USED.select(EXPOSURES).to_numpy(),
        USED.select("person_id").to_dummies().to_numpy(),
        USED.select("wave").to_dummies(drop_first=True).to_numpy(),
    ]).astype(float)  # fmt: skip
    weight = 1.0 if weights is None else USED[weights].to_numpy()
    options = clustered_by(USED["person_id"]) if cluster else {}
    theirs = WLS(USED["trust"].to_numpy(), matrix, weights=weight).fit(**options)
    assert_same(ours, theirs)
    assert ours["df"][0] == theirs.df_resid


@pytest.mark.parametrize("cluster", [None, "person_id"])
@pytest.mark.parametrize("weights", [None, "weight"])
@pytest.mark.parametrize("gaps", ["successive", "adjacent"])
def test_first_differences_are_differences_written_out(gaps, weights, cluster):
    ours = first_difference(
        PANEL, "trust", EXPOSURES, gaps=gaps, weights=weights, cluster=cluster, correction="none", wave_effects=False
    )
    changes = USED.select(
        "person_id",
        *(pl.col(name).diff().over("person_id") for name in ("trust", *EXPOSURES)),
        weight=1 / (1 / pl.col("weight") + 1 / pl.col("weight").shift().over("person_id")),
        waves=pl.col("wave").str.slice(2).cast(pl.Int64).diff().over("person_id"),
    ).drop_nulls()
    changes = changes.filter((pl.col("waves") == 1) | (gaps == "successive"))
    matrix = np.column_stack([changes.select(EXPOSURES).to_numpy(), np.ones(changes.height)])
    weight = 1.0 if weights is None else changes["weight"].to_numpy()
    options = clustered_by(changes["person_id"]) if cluster else {}
    assert_same(ours, WLS(changes["trust"].to_numpy(), matrix, weights=weight).fit(**options))


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
