"""Within–between models and logits against lme4, lmerTest, glm and sandwich, on a simulated panel of contact and trust.

Judge: lme4 1.1-31, lmerTest 3.1-3 (``data/lme4/run.R``). Iterative, so 1e-4 relative on estimates and 1e-3 on standard
errors would do; both maximise to far more, and are held to 1e-6.
"""

import json

import numpy as np
import polars as pl
import pytest
from shared import SHIPPED

from pipeline.models import logit, within_between
from pipeline.models.multilevel.random_intercept import fit_random_intercept

REFERENCE = json.loads((SHIPPED / "lme4" / "reference.json").read_text(encoding="utf-8"))
PANEL = pl.read_csv(SHIPPED / "lme4" / "trust_panel.csv")
WHO = {"person": "id", "wave": "wave", "wave_effects": False}
ROWS = {
    "(Intercept)": ("intercept", "intercept"),
    "contact_w": ("within", "contact"),
    "contact_m": ("between", "contact"),
    "wave": ("coefficient", "wave"),
    "female": ("coefficient", "female"),
}
SAME_MAXIMUM = 1e-6


def of(table: pl.DataFrame, component: str, term: str) -> dict[str, object]:
    return table.filter(component=component, term=term).row(0, named=True)


@pytest.fixture(scope="module")
def hybrid() -> pl.DataFrame:
    return within_between(PANEL, "trust", ["contact"], ["wave", "female"], degrees="satterthwaite", **WHO)


@pytest.mark.parametrize("term", ROWS)
def test_fixed_effects_with_satterthwaite_degrees_of_freedom(hybrid, term):
    theirs = REFERENCE["trust"]["rewb_random_intercept"]["fixed"][term]
    ours = of(hybrid, *ROWS[term])
    assert ours["estimate"] == pytest.approx(theirs["estimate"], rel=SAME_MAXIMUM)
    assert ours["std_error"] == pytest.approx(theirs["se"], rel=SAME_MAXIMUM)
    assert ours["df"] == pytest.approx(theirs["df"], rel=SAME_MAXIMUM)
    assert ours["p_value"] == pytest.approx(theirs["p"], rel=1e-5)


def test_variances_likelihood_and_size(hybrid):
    theirs = REFERENCE["trust"]["rewb_random_intercept"]
    person, residual = (part["vcov"] for part in theirs["varcorr"])
    assert of(hybrid, "variance", "person")["estimate"] == pytest.approx(person, rel=SAME_MAXIMUM)
    assert of(hybrid, "variance", "residual")["estimate"] == pytest.approx(residual, rel=SAME_MAXIMUM)
    assert of(hybrid, "fit", "log_likelihood")["estimate"] == pytest.approx(theirs["logLik"], rel=1e-10)
    assert of(hybrid, "within", "contact")["n_obs"] == theirs["nobs"]
    assert of(hybrid, "within", "contact")["n_persons"] == theirs["ngrps"]["id"]


def test_within_equals_between(hybrid):
    theirs = REFERENCE["trust_within_equals_between_test"]
    ours = of(hybrid, "within_minus_between", "contact")
    assert ours["estimate"] == pytest.approx(theirs["diff"], rel=SAME_MAXIMUM)
    assert ours["std_error"] == pytest.approx(theirs["se"], rel=SAME_MAXIMUM)
    assert of(hybrid, "test", "within_equals_between")["statistic"] == pytest.approx(theirs["z"] ** 2, rel=SAME_MAXIMUM)


def test_share_between_persons_of_a_model_without_exposures():
    outcome, person = PANEL["trust"].to_numpy(), PANEL["id"].to_numpy() - 1
    fit = fit_random_intercept(outcome, np.ones((PANEL.height, 1)), person)
    share = fit.person_variance / (fit.person_variance + fit.residual_variance)
    assert share == pytest.approx(REFERENCE["trust_icc_null"], rel=SAME_MAXIMUM)
    assert fit.log_likelihood == pytest.approx(REFERENCE["trust"]["null"]["logLik"], rel=1e-10)


@pytest.mark.parametrize(("cluster", "coefficient", "marginal"), [(None, "se", "se"), ("id", "hc1", "se_cluster_HC1")])
def test_logit_and_average_marginal_effects(cluster, coefficient, marginal):
    ours = logit(PANEL, "agree", ["contact", "wave", "female", "age"], person="id", wave="wave", cluster=cluster)
    for term, effect in REFERENCE["trust_logit_ame"].items():
        theirs = REFERENCE["trust_logit"]["coef"][term]
        std_error = theirs["se"] if coefficient == "se" else REFERENCE["trust_logit"]["se_cluster_HC1"][term]
        assert of(ours, "coefficient", term)["estimate"] == pytest.approx(theirs["estimate"], rel=1e-4)
        assert of(ours, "coefficient", term)["std_error"] == pytest.approx(std_error, rel=1e-3)
        assert of(ours, "marginal_effect", term)["estimate"] == pytest.approx(effect["ame"], rel=1e-4)
        assert of(ours, "marginal_effect", term)["std_error"] == pytest.approx(effect[marginal], rel=1e-3)
