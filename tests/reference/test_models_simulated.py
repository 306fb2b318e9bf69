"""Every family against R on one simulated panel: unbalanced, with gaps, missing answers, weights and nested clusters.

Judge: plm, lme4, sandwich, survey and glm (``data/models/run.R`` makes the panel and the numbers). Closed forms 1e-8
relative, likelihoods 1e-6.
"""

import json

import polars as pl
import pytest
from shared import SHIPPED

from pipeline.models import (
    design_means,
    design_shares,
    first_difference,
    fixed_effects,
    hausman,
    logit,
    pooled,
    random_effects,
    within_between,
)

REFERENCE = json.loads((SHIPPED / "models" / "reference.json").read_text(encoding="utf-8"))
PANEL = pl.read_csv(SHIPPED / "models" / "panel.csv")
EXPOSURES = ["contact", "threat"]
CLOSED_FORM = 1e-8
WAVES = ["w01", "w02", "w03", "w04", "w05"]
COVARIANCES = {
    "classical": (None, "hc1"),
    "hc1": ("person_id", "hc1"),
    "stata": ("person_id", "stata"),
    "none": ("person_id", "none"),
}
FAMILIES = {
    "pooled": (pooled, {"covariates": ["is_woman", "education"]}),
    "within": (fixed_effects, {}),
    "within_twoways": (fixed_effects, {"effects": "person_and_wave"}),
    "fd": (first_difference, {"wave_effects": False}),
    "random": (random_effects, {"covariates": ["is_woman", "education"]}),
}


def of(table: pl.DataFrame, name: str) -> dict[str, object]:
    """The row of R's coefficient ``name``: a term, a wave, or a level of education."""
    if name in ("none", "school"):
        return table.filter(component="coefficient", group=name).row(0, named=True)
    term = {"(Intercept)": "intercept"}.get(name, name)
    return table.filter(pl.col("component").is_in(["coefficient", "wave", "intercept"]), term=term).row(0, named=True)


@pytest.mark.parametrize("covariance", COVARIANCES)
@pytest.mark.parametrize("kind", FAMILIES)
def test_linear_models(kind, covariance):
    family, options = FAMILIES[kind]
    cluster, correction = COVARIANCES[covariance]
    ours = family(PANEL, "trust", EXPOSURES, cluster=cluster, correction=correction, **options)
    theirs = REFERENCE[kind][covariance]
    if (kind, covariance) == (
        "within_twoways",
        "stata",
    ):  # plm counts no wave that it absorbs; Stata has them as dummies
        dummies = REFERENCE["within"]["stata"]
        assert dummies["coef"]["contact"] == pytest.approx(theirs["coef"]["contact"], rel=CLOSED_FORM)
        theirs = {**theirs, "se": {name: dummies["se"][name] for name in theirs["se"]}}
    assert len(theirs["coef"]) == ours.filter(pl.col("component").is_in(["coefficient", "wave", "intercept"])).height
    for name, estimate in theirs["coef"].items():
        found = of(ours, name)
        assert found["estimate"] == pytest.approx(estimate, rel=CLOSED_FORM)
        assert found["std_error"] == pytest.approx(theirs["se"][name], rel=CLOSED_FORM)
        assert found["n_obs"] == theirs["n"]
        if kind != "random" and covariance != "stata":
            assert found["df"] == theirs["df"]


def test_first_differences_of_neighbouring_waves_only():
    ours = first_difference(PANEL, "trust", EXPOSURES, wave_effects=False, gaps="adjacent", cluster=None)
    theirs = REFERENCE["fd_adjacent"]
    assert of(ours, "contact")["n_obs"] == theirs["n"] < REFERENCE["fd"]["classical"]["n"]
    for name, estimate in theirs["coef"].items():
        assert of(ours, name)["estimate"] == pytest.approx(estimate, rel=CLOSED_FORM)
        assert of(ours, name)["std_error"] == pytest.approx(theirs["se"][name], rel=CLOSED_FORM)


def test_weighted_models():
    weighted = pooled(PANEL, "trust", EXPOSURES, weights="design_weight", cluster=None, wave_effects=False)
    growing = PANEL.with_columns(
        weight=pl.col("design_weight") * (1 + 0.1 * pl.col("wave").str.slice(2).cast(pl.Float64))
    )
    within = fixed_effects(growing, "trust", EXPOSURES, weights="weight", cluster=None)
    for ours, key in ((weighted, "pooled_weighted"), (within, "within_weighted")):
        for name, estimate in REFERENCE[key]["coef"].items():
            assert of(ours, name)["estimate"] == pytest.approx(estimate, rel=CLOSED_FORM)
            assert of(ours, name)["std_error"] == pytest.approx(REFERENCE[key]["se"][name], rel=CLOSED_FORM)


def test_clustering_by_sampling_unit():
    nested = PANEL.with_columns(unit=pl.concat_str("stratum", pl.lit("/"), "psu"))
    ours = pooled(nested, "trust", EXPOSURES, cluster="unit", correction="stata")
    for name, std_error in REFERENCE["pooled_by_psu"]["se"].items():
        assert of(ours, name.removeprefix("factor(wave)"))["std_error"] == pytest.approx(std_error, rel=CLOSED_FORM)


def test_variance_components_of_random_effects():
    ours = random_effects(PANEL, "trust", EXPOSURES, ["is_woman", "education"]).filter(component="variance")
    theirs = REFERENCE["random"]["ercomp"]
    assert ours["estimate"][:2].to_list() == pytest.approx([theirs["id"], theirs["idios"]], rel=CLOSED_FORM)


@pytest.mark.parametrize(
    ("key", "covariates", "wave_effects"),
    [
        ("hausman", [], True),
        ("hausman_no_waves", [], False),
        ("hausman_time_constant", ["is_woman", "education"], True),
    ],
)
def test_hausman(key, covariates, wave_effects):
    table = hausman(PANEL, "trust", EXPOSURES, covariates, wave_effects=wave_effects)
    ours, theirs = table.filter(component="test").row(0, named=True), REFERENCE[key]
    assert ours["statistic"] == pytest.approx(theirs["statistic"]["chisq"], rel=1e-7)
    assert (ours["df"], ours["p_value"]) == (theirs["parameter"]["df"], pytest.approx(theirs["p"], rel=1e-6))


@pytest.mark.parametrize(("key", "reml"), [("mixed_reml", True), ("mixed_ml", False)])
def test_within_between(key, reml):
    theirs = REFERENCE[key]
    ours = within_between(PANEL, "trust", EXPOSURES, ["is_woman", "education"], reml=reml)
    for name, expected in theirs["fixed"].items():
        if name.endswith(("_w", "_m")):
            component = "within" if name.endswith("_w") else "between"
            found = ours.filter(component=component, term=name[:-2]).row(0, named=True)
        else:
            found = of(ours, name.removeprefix("factor(wave)").removeprefix("education"))
        assert found["estimate"] == pytest.approx(expected["estimate"], rel=1e-6)
        assert found["std_error"] == pytest.approx(expected["se"], rel=1e-6)
    single = dict(ours.filter(pl.col("component").is_in(["variance", "fit"])).select("term", "estimate").rows())
    assert single["person"] == pytest.approx(theirs["person"], rel=1e-5)
    assert single["residual"] == pytest.approx(theirs["residual"], rel=1e-5)
    assert single["log_likelihood"] == pytest.approx(theirs["logLik"], rel=1e-9)
    test = ours.filter(term="within_equals_between").row(0, named=True)
    assert (test["statistic"], test["df"]) == (pytest.approx(theirs["wald"], rel=1e-5), 2)


@pytest.mark.parametrize("cluster", [None, "person_id"])
def test_logit(cluster):
    ours = logit(PANEL, "helped", ["contact", "threat", "is_woman"], ["education"], cluster=cluster)
    for name, expected in REFERENCE["logit"]["coef"].items():
        found = of(ours, name.removeprefix("education"))
        assert found["estimate"] == pytest.approx(expected["estimate"], rel=1e-8)
        std_error = expected["se"] if cluster is None else REFERENCE["logit"]["se_person_HC1"][name]
        assert found["std_error"] == pytest.approx(std_error, rel=1e-7)
    fit = ours.filter(term="mcfadden_r2")["estimate"][0]
    assert fit == pytest.approx(REFERENCE["logit"]["mcfadden"], rel=1e-10)


DESIGN = {"weight": "design_weight", "strata": "stratum", "psu": "psu"}


@pytest.mark.parametrize("rule", ["certainty", "adjust", "remove", "average"])
@pytest.mark.parametrize("subset", ["answered", "domain"])
def test_design_means_under_every_rule_for_lonely_units(rule, subset):
    everyone = design_means(PANEL, ["trust"], lonely_psu=rule, subset=subset, **DESIGN)
    by_sex = design_means(PANEL, ["trust"], by=("wave", "is_woman"), lonely_psu=rule, subset=subset, **DESIGN)
    women = by_sex.filter(group="1")
    for ours, key in ((everyone, subset), (women, f"{subset}_women")):
        theirs = REFERENCE["means"][rule][key]
        assert ours["wave"].to_list() == WAVES
        for wave, estimate, std_error in ours.select("wave", "estimate", "std_error").iter_rows():
            assert estimate == pytest.approx(theirs[wave]["est"], rel=CLOSED_FORM)
            assert std_error == pytest.approx(theirs[wave]["se"], rel=CLOSED_FORM)


def test_design_effects():
    ours = design_means(PANEL, ["trust"], subset="answered", design_effects=True, **DESIGN)
    ours = ours.filter(component="design_effect")
    theirs = [REFERENCE["deff"][wave] for wave in WAVES]
    assert ours["estimate"].to_list() == pytest.approx(theirs, rel=CLOSED_FORM)


def test_design_shares():
    levels = {level: [level] for level in ("degree", "none", "school")}
    ours = design_shares(PANEL, {"education": levels}, **DESIGN)
    for wave, level, estimate, std_error in ours.select("wave", "term", "estimate", "std_error").iter_rows():
        theirs = REFERENCE["shares"][wave]
        assert estimate == pytest.approx(theirs["est"][f"education{level}"], rel=CLOSED_FORM)
        assert std_error == pytest.approx(theirs["se"][f"education{level}"], rel=CLOSED_FORM)


def test_means_without_a_design():
    ours = design_means(PANEL, ["trust"], subset="answered")
    for wave, estimate, std_error in ours.select("wave", "estimate", "std_error").iter_rows():
        theirs = REFERENCE["unweighted"][wave]
        assert (estimate, std_error) == pytest.approx((theirs["est"], theirs["se"]), rel=CLOSED_FORM)
