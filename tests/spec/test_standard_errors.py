"""Standard errors are declared by their kind, made as declared, and said in words beside the number."""

import numpy as np
import polars as pl
import pytest

from pipeline.errors import ModelError
from pipeline.models import between, first_difference, fixed_effects, mundlak, pooled, random_effects
from pipeline.models.covariances import cluster_robust, randomisation_test, wald_htz, wild_cluster_bootstrap
from pipeline.models.dispatch import fit
from pipeline.paths import REPOSITORY
from pipeline.specs.error_kinds import ERROR_KINDS
from pipeline.specs.errors_table import errors_table
from pipeline.specs.families import FAMILIES
from pipeline.specs.report import Model


def panel(areas=6, people=20, waves=3, treated=(1, 3, 4), seed=1):
    """People in ``areas``, some of which are treated from the second wave on."""
    rng = np.random.default_rng(seed)
    person = np.repeat(np.arange(areas * people), waves)
    area, wave = person % areas, np.tile(np.arange(waves), areas * people)
    exposed = np.isin(area, treated) * (wave > 0)
    x = rng.normal(size=len(person)) + 0.3 * area
    y = 0.5 * exposed + 0.2 * x + rng.normal(size=areas)[area] + rng.normal(size=areas * people)[person]
    frame = pl.DataFrame({
        "person_id": [f"p{one:03}" for one in person], "wave": [f"w{one + 1:02}" for one in wave],
        "area_code": [f"E0{one}" for one in area], "x": x, "y": y + rng.normal(size=len(person)),
        "treated": exposed.astype(float), "home": np.isin(area, treated).astype(float),
        "later": (wave > 0).astype(float), "weight": rng.uniform(0.5, 2, len(person)),
    })  # fmt: skip
    return frame.sample(fraction=0.9, seed=2, shuffle=True)


def row(table, term, component="coefficient"):
    return table.filter(term=term, component=component).row(0, named=True)


def arrays(frame, *columns):
    rows = frame.sort("person_id", "wave")
    return rows["y"].to_numpy(), rows.select(columns).to_numpy(), rows


def declared(**further):
    asked = {"question": "?", "study": "s", "family": "fixed_effects", "outcome": "y", "exposures": ["treated"]}
    return Model.model_validate({**asked, **further})


def test_the_table_of_methods_is_that_of_the_records():
    written = (REPOSITORY / "pipeline" / "specs" / "errors.md").read_text(encoding="utf-8")
    assert written.rstrip("\n") == errors_table()


def test_each_kind_names_families_that_take_standard_errors():
    for kind in ERROR_KINDS.values():
        assert all("standard_errors" in FAMILIES[family].keys for family in kind.families)


def test_few_areas_take_the_wild_bootstrap_by_themselves():
    frame = panel()
    table = fixed_effects(frame, "y", ["treated"], cluster="area_code")
    found = row(table, "treated")
    outcome, matrix, rows = arrays(frame, "treated")
    waves = np.column_stack([(rows["wave"] == wave).to_numpy().astype(float) for wave in ("w02", "w03")])
    expected = wild_cluster_bootstrap(
        outcome, np.column_stack([matrix, waves]), 0, rows["area_code"], absorb=rows["person_id"]
    )
    assert found["p_value"] == pytest.approx(expected.p_value, abs=1e-12)
    assert found["std_error"] == pytest.approx(expected.std_error, rel=1e-9)
    assert found["conf_low"] == pytest.approx(expected.conf_low, rel=1e-6)
    assert found["covariance"] == (
        "clustered by area_code (6 clusters), as Stata: G/(G−1) · (n−1)/(n−k); p-values and intervals (by inversion) "
        "by wild cluster bootstrap (restricted, Rademacher weights, all 64 draws), as there are fewer than 30 areas"
    )
    assert "6 clusters have 64 distinct draws, 32 up to sign; p is no smaller than 0.031" in found["note"]
    plain = fixed_effects(frame, "y", ["treated"], cluster="area_code", standard_errors="clustered")
    assert row(plain, "treated")["note"] == "only 6 clusters: read the standard errors with care"


def test_thirty_areas_do_not():
    table = fixed_effects(panel(areas=30, people=5, treated=range(12)), "y", ["treated"], cluster="area_code")
    assert "bootstrap" not in row(table, "treated")["covariance"]


def test_one_treated_area_is_withheld_and_can_be_tested_by_randomisation():
    frame = panel(treated=(2,))
    found = row(fixed_effects(frame, "y", ["treated"], cluster="area_code"), "treated")
    assert found["estimate"] is not None
    assert [found[key] for key in ("std_error", "statistic", "p_value", "conf_low", "conf_high")] == [None] * 5
    assert found["note"].startswith("withheld: one of 6 clusters alone differs in it")
    errors = {"kind": "randomisation", "cluster": "area_code", "profile": "later"}
    tested = row(fixed_effects(frame, "y", ["treated"], standard_errors=errors), "treated")
    assert tested["p_value"] in [pytest.approx(one / 6) for one in range(1, 7)]
    assert "6 assignments of the treatment to 6 clusters: p is no smaller than 0.17" in tested["note"]


def test_randomisation_of_a_treatment_that_starts_later():
    frame = panel()
    errors = {"kind": "randomisation", "cluster": "area_code", "profile": "later"}
    table = fixed_effects(frame, "y", ["treated"], ["x"], standard_errors=errors)
    outcome, matrix, rows = arrays(frame, "treated", "x", "later")
    waves = np.column_stack([(rows["wave"] == wave).to_numpy().astype(float) for wave in ("w02", "w03")])
    expected = randomisation_test(
        outcome, np.column_stack([matrix[:, :2], waves]), 0, rows["area_code"], absorb=rows["person_id"],
        profile=matrix[:, 2],
    )  # fmt: skip
    assert row(table, "treated")["p_value"] == pytest.approx(expected.p_value)
    assert row(table, "treated")["conf_high"] == pytest.approx(expected.conf_high)
    assert "all 20 assignments" in row(table, "treated")["covariance"]
    assert row(table, "x")["note"] == "not assigned: clustered t with G − 1 degrees of freedom"
    with pytest.raises(ModelError, match="the treatment changes within clusters"):
        fixed_effects(frame, "y", ["treated"], standard_errors={"kind": "randomisation", "cluster": "area_code"})


def test_a_declared_kind_is_the_function_s():
    frame = panel()
    for kind in ("hc3", "cr2", {"kind": "wild_bootstrap", "cluster": "area_code", "distribution": "webb"}):
        asked = fit("m", declared(standard_errors=kind, covariates=["x"]), frame)
        direct = fixed_effects(frame, "y", ["treated"], ["x"], standard_errors=kind, model="m")
        assert asked.equals(direct)
    spec = declared(
        standard_errors={"kind": "cr2", "cluster": "area_code"}, weights="weight", family="pooled",
        exposures=["home"], wave_effects=False,
    )  # fmt: skip
    weighted = fit("m", spec, frame)
    outcome, matrix, rows = arrays(frame, "home")
    expected = cluster_robust(
        outcome, np.column_stack([matrix, np.ones(len(outcome))]), rows["area_code"], weights=rows["weight"]
    )
    assert row(weighted, "home")["std_error"] == pytest.approx(expected.std_errors[0], rel=1e-9)
    assert row(weighted, "home")["df"] == pytest.approx(expected.df[0], rel=1e-9)


def test_contrasts_take_the_errors_of_their_kind():
    frame = panel().with_columns(both=pl.col("x") + pl.col("treated"))
    for kind in ("cr2", "wild_bootstrap"):
        errors = {"kind": kind, "cluster": "area_code"}
        table = fixed_effects(frame, "y", ["x", "treated"], contrasts={"gap": "treated - x"}, standard_errors=errors)
        other = row(fixed_effects(frame, "y", ["both", "treated"], standard_errors=errors), "treated")
        found = row(table, "gap", "contrast")
        for key in ("std_error", "p_value", "df", "conf_low"):
            assert found[key] == (None if other[key] is None else pytest.approx(other[key], rel=1e-6)), (kind, key)


def test_results_depend_neither_on_the_order_of_rows_nor_on_ids():
    frame = panel(areas=14, people=6, treated=range(5))
    errors = {"kind": "wild_bootstrap", "cluster": "area_code", "draws": 999}
    first = row(fixed_effects(frame, "y", ["treated"], standard_errors=errors), "treated")
    renamed = frame.with_columns("q" + pl.col("person_id"), pl.col("area_code").replace({"E00": "Z99"}))
    assert row(fixed_effects(renamed, "y", ["treated"], standard_errors=errors), "treated") == first
    webb = errors | {"distribution": "webb"}
    random = {"kind": "randomisation", "cluster": "area_code", "draws": 999, "profile": "later"}
    shuffled = frame.with_columns(pl.col("person_id").str.reverse()).sample(fraction=1, shuffle=True, seed=9)
    for asked in (errors, webb, random):
        one, other = (
            row(fixed_effects(rows, "y", ["treated"], standard_errors=asked), "treated") for rows in (frame, shuffled)
        )
        assert other["p_value"] == one["p_value"]
        assert other["conf_low"] == pytest.approx(one["conf_low"], rel=1e-8)


@pytest.mark.parametrize("family", [pooled, fixed_effects, first_difference, random_effects, mundlak, between])
def test_missing_answers_scales_and_single_rows_do_not_matter(family):
    """Every kind a family has is finite on a panel with gaps, people seen once, and a term of another size."""
    frame = panel().with_columns(
        pl.when(pl.int_range(pl.len()) % 9 == 0).then(None).otherwise(pl.col("x") * 1e6 + 5e7).alias("x")
    )
    for kind in ERROR_KINDS.values():
        name = family.__name__
        if name not in kind.families or kind.key in ("randomisation", "replicates"):
            continue
        cluster = {"cluster": "area_code"} if "cluster" in kind.takes else {}
        table = family(frame, "y", ["x"], standard_errors={"kind": kind.key, **cluster})
        component = "within" if name == "mundlak" else "coefficient"
        found = row(table, "x", component)
        scaled = frame.with_columns((pl.col("x") - 5e7) / 1e6)
        small = row(family(scaled, "y", ["x"], standard_errors={"kind": kind.key, **cluster}), "x", component)
        assert found["std_error"] * 1e6 == pytest.approx(small["std_error"], rel=1e-6), kind.key
        assert found["p_value"] == pytest.approx(small["p_value"], abs=1e-8), kind.key


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"standard_errors": "cr9"}, "`cr9` is no kind of standard errors; expected 'classical'"),
        ({"standard_errors": {"kind": "hac", "draws": 99}}, "`hac` standard errors take no `draws`"),
        ({"standard_errors": {"kind": "cr2", "cluster": ["area_code", "wave"]}}, "`cr2` is defined for one way"),
        ({"standard_errors": "cr2", "cluster": None}, "`cr2` standard errors need clusters"),
        ({"standard_errors": "taylor"}, "not defined here: it is for the families on the survey design"),
        ({"standard_errors": {"kind": "hac", "lags": 7}}, "7 lags of a series of 3"),
        ({"standard_errors": {"kind": "cr2", "cluster": "nowhere"}}, "the table has no column `nowhere`"),
        ({"standard_errors": {"kind": "clustered", "correction": "hc9"}}, "`hc9` is no correction"),
    ],
    ids=str,
)
def test_what_is_not_understood_is_refused(options, message):
    with pytest.raises(ModelError, match=message):
        fixed_effects(panel(), "y", ["x"], **options)


def test_bootstraps_are_not_pooled():
    with pytest.raises(ValueError, match="`wild_bootstrap` gives no standard error that can be pooled"):
        declared(standard_errors="wild_bootstrap", cluster="area_code", imputation="main")


def test_a_variance_below_zero_withholds_its_own_row_alone():
    """Clustered by person and wave, what is the same for all in a wave may have none; exposures keep theirs."""
    frame = panel(treated=())
    for asked in (
        {"cluster": ("person_id", "wave")},
        {"standard_errors": {"kind": "clustered", "cluster": ("person_id", "wave")}},
        {"standard_errors": {"kind": "wild_bootstrap", "cluster": ("person_id", "wave"), "draws": 99}},
    ):
        table = pooled(frame, "y", ["x"], **asked)
        withheld = table.filter(pl.col("note").str.contains("its variance is below zero"))
        assert withheld["component"].unique().to_list() == ["wave"]
        assert withheld.select("std_error", "p_value", "conf_low").null_count().sum_horizontal().item() == 6
        assert row(table, "x")["std_error"] > 0


def test_joint_tests_of_contrasts_are_those_of_their_standard_errors():
    frame = panel().with_columns(z=pl.col("x").pow(2).sin())
    contrasts = {"first": "x - z", "second": "z - treated"}

    def joint(errors):
        return row(pooled(frame, "y", ["x", "z", "treated"], contrasts=contrasts, standard_errors=errors),
                   "contrasts", "test")  # fmt: skip

    y, columns, rows = arrays(frame, "x", "z", "treated")
    matrix = np.column_stack([columns, rows["wave"].to_dummies(drop_first=True).to_numpy(), np.ones(len(y))])
    turned = np.array([[1, -1, 0], [0, 1, -1], [1, 1, 1]])
    matrix[:, :3] = matrix[:, :3] @ np.linalg.inv(turned)  # so that the contrasts are coefficients
    expected = wald_htz(y, matrix, [0, 1], rows["area_code"].to_numpy())
    found = joint({"kind": "cr2", "cluster": "area_code"})
    assert (found["statistic"], found["p_value"]) == pytest.approx((expected[0], expected[3]), rel=1e-8)
    drawn = joint({"kind": "wild_bootstrap", "cluster": "area_code"})
    assert drawn["p_value"] is None
    assert drawn["note"].startswith("withheld: draws test one contrast at a time")
    few = joint({"kind": "clustered", "cluster": "wave"})
    assert few["p_value"] is not None  # three waves, two contrasts
    frame = frame.filter(pl.col("wave") != "w03")
    assert joint({"kind": "clustered", "cluster": "wave"})["note"].startswith("withheld: the covariance of these terms")


@pytest.mark.parametrize("errors", [None, "hc3", {"kind": "wild_bootstrap", "cluster": "area_code"}], ids=str)
def test_an_outcome_that_is_explained_but_for_rounding_has_no_errors(errors):
    frame = panel().with_columns(y=2 * pl.col("x") + 1)
    found = row(fixed_effects(frame, "y", ["x"], ["later"], standard_errors=errors, wave_effects=False), "x")
    assert found["estimate"] == pytest.approx(2)
    assert (found["std_error"], found["p_value"], found["conf_low"]) == (None, None, None)
    assert "withheld: the terms explain the outcome but for rounding" in found["note"]


def test_one_treated_area_is_cautioned_of_and_has_no_jackknife():
    frame = panel(treated=(1,))
    for errors in ("cr2", "cr0", "clustered"):
        found = row(pooled(frame, "y", ["home"], standard_errors={"kind": errors, "cluster": "area_code"}), "home")
        assert "one of 6 clusters alone differs in it" in found["note"], errors
    with pytest.raises(ModelError, match="without one of the clusters a term cannot be estimated, so that CR3"):
        pooled(frame, "y", ["home"], standard_errors={"kind": "cr3", "cluster": "area_code"})


def test_what_rests_on_one_row_has_no_robust_error():
    frame = panel().with_columns(lone=(pl.int_range(pl.len()) == 0).cast(pl.Float64))
    for kind in ("hc0", "hc2", "hc3"):
        table = pooled(frame, "y", ["x", "lone"], standard_errors=kind)
        assert row(table, "lone")["std_error"] is None
        assert row(table, "x")["std_error"] > 0


def test_a_model_without_terms_is_refused_and_one_of_an_intercept_is_fitted():
    with pytest.raises(ModelError, match="no term is left to estimate"):
        fixed_effects(panel(), "y", [], wave_effects=False)
    assert row(pooled(panel(), "y", [], wave_effects=False), "intercept", "intercept")["std_error"] > 0
