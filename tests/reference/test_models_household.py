"""Standard errors clustered by household, as declared, against statsmodels: people move, and ids begin anew each wave.

Judge: statsmodels (OLS, Logit with errors clustered in two ways: Cameron, Gelbach & Miller 2011), on the simulated
panel of ``data/models`` with made-up households: pairs of people, of whom every tenth has moved at a later wave.
"""

import numpy as np
import polars as pl
import pytest
from shared import SHIPPED
from statsmodels.discrete.discrete_model import Logit
from statsmodels.regression.linear_model import OLS
from statsmodels.stats.sandwich_covariance import cov_cluster, cov_cluster_2groups

from pipeline.errors import ModelError
from pipeline.models import fit
from pipeline.specs import AnyModel, declare

EXPOSURES = ("contact", "threat")


def households(panel: pl.DataFrame, *, anew: bool) -> pl.Series:
    """Pairs of people; with ``anew`` another id in each wave, and every tenth person on their own after the first."""
    person = panel["person_id"].rank("dense").cast(pl.Int64) // 2
    wave = panel["wave"].str.slice(2).cast(pl.Int64)
    moved = (panel["person_id"].rank("dense").cast(pl.Int64) % 10 == 0) & (wave > 1)
    if not anew:
        return person.cast(pl.String).alias("household_id")
    return (person + 100_000 * wave + 50_000 * moved.cast(pl.Int64)).cast(pl.String).alias("household_id")


def panel(*, anew: bool = True) -> pl.DataFrame:
    made = pl.read_csv(SHIPPED / "models" / "panel.csv").drop_nulls(["trust", *EXPOSURES]).sort("person_id", "wave")
    made = made.with_columns(often=(pl.col("trust") > pl.col("trust").median()).cast(pl.Float64))
    return made.with_columns(households(made, anew=anew))


def declared(family: str, outcome: str = "trust", **more: object) -> AnyModel:
    said = {"question": "Why?", "study": "s", "family": family, "outcome": outcome, "exposures": EXPOSURES}
    return declare(**said, **{"cluster": "household_id", **more})


def errors(table: pl.DataFrame) -> list[float]:
    return [table.filter(component="coefficient", term=term)["std_error"][0] for term in EXPOSURES]


def matrix(frame: pl.DataFrame, *more: np.ndarray) -> np.ndarray:
    parts = [frame.select(EXPOSURES).to_numpy(), *more]
    return np.column_stack(parts).astype(float)


def groups(frame: pl.DataFrame) -> np.ndarray:
    return np.column_stack([frame[name].rank("dense").to_numpy().astype(int) for name in ("person_id", "household_id")])


def of_two_ways(result: object, frame: pl.DataFrame, *, correct: bool = False) -> np.ndarray:
    """Standard errors by person and by household."""
    person, household = groups(frame).T
    return np.sqrt(np.diag(cov_cluster_2groups(result, person, household, use_correction=correct)[0]))


def test_pooled_errors_are_those_of_two_ways() -> None:
    frame = panel()
    ours = fit("m", declared("pooled", wave_effects=False), frame)
    theirs = OLS(frame["trust"].to_numpy(), matrix(frame, np.ones(frame.height))).fit()
    factor = np.sqrt(frame.height / theirs.df_resid)
    assert errors(ours) == pytest.approx(list(of_two_ways(theirs, frame)[:2] * factor), rel=1e-8)
    assert ours["covariance"][0].startswith("clustered by person and household_id (")


@pytest.mark.parametrize("repeated", [False, True], ids=["linearmodels", "kernel"])
def test_fixed_effects_errors_are_those_of_two_ways(repeated: bool) -> None:
    frame = panel()
    ours = fit("m", declared("fixed_effects", wave_effects=False), frame, repeated=repeated)
    people = frame.select("person_id").to_dummies().to_numpy()
    theirs = OLS(frame["trust"].to_numpy(), matrix(frame, people)).fit()
    factor = np.sqrt(frame.height / (frame.height - len(EXPOSURES)))
    assert errors(ours) == pytest.approx(list(of_two_ways(theirs, frame)[:2] * factor), rel=1e-6)


def test_logit_errors_are_those_of_two_ways() -> None:
    frame = panel()
    ours = fit("m", declared("logit", "often", wave_effects=False), frame)
    theirs = Logit(frame["often"].to_numpy(), matrix(frame, np.ones(frame.height))).fit(
        disp=False, method="newton", tol=1e-10, cov_type="cluster", cov_kwds={"groups": groups(frame)}
    )
    assert errors(ours) == pytest.approx(list(theirs.bse[:2]), rel=1e-6)
    count = min(frame[name].n_unique() for name in ("person_id", "household_id"))
    assert f"({count:,} clusters)" in ours["covariance"][0]


def test_random_effects_errors_are_those_of_two_ways() -> None:
    """The transformed regression written out: y − θ ȳ on x − θ x̄, with the variances that the table gives."""
    frame = panel()
    ours = fit("m", declared("random_effects", wave_effects=False), frame)
    variance = {row["term"]: row["estimate"] for row in ours.filter(component="variance").iter_rows(named=True)}
    size = pl.len().over("person_id")
    theta = 1 - (variance["residual"] / (variance["residual"] + size * variance["person"])).sqrt()
    parts = frame.with_columns(one=1.0).select(
        pl.col(name) - theta * pl.col(name).mean().over("person_id") for name in ("trust", *EXPOSURES, "one")
    )
    theirs = OLS(parts["trust"].to_numpy(), parts.select(*EXPOSURES, "one").to_numpy()).fit()
    factor = np.sqrt(frame.height / theirs.df_resid)
    assert errors(ours) == pytest.approx(list(of_two_ways(theirs, frame)[:2] * factor), rel=1e-6)


def test_where_nobody_moves_it_is_the_household_alone() -> None:
    frame = panel(anew=False)
    ours = fit("m", declared("pooled", wave_effects=False), frame)
    theirs = OLS(frame["trust"].to_numpy(), matrix(frame, np.ones(frame.height))).fit()
    alone = np.sqrt(np.diag(cov_cluster(theirs, groups(frame)[:, 1], use_correction=False)))
    assert errors(ours) == pytest.approx(list(alone[:2] * np.sqrt(frame.height / theirs.df_resid)), rel=1e-8)


def test_households_that_begin_anew_do_not_make_a_person_several() -> None:
    """By household alone, answers of one person in two waves would count as independent: the errors are too small."""
    frame = panel()
    by_both, by_person = (
        errors(fit("m", declared("pooled", cluster=by), frame)) for by in ("household_id", "person_id")
    )
    alone = errors(fit("m", declared("pooled", cluster="none"), frame))
    assert by_both[0] > alone[0]
    assert by_both == pytest.approx(by_person, rel=0.2)


def test_a_difference_of_two_households_is_refused() -> None:
    with pytest.raises(ModelError, match="a difference is of two clusters"):
        fit("m", declared("first_difference"), panel())
