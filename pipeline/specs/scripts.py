"""How a model of each family is computed in R and in Stata: one record a family, from which scripts are made.

A family is one record here (or one that is registered); its functions are in ``pipeline/exports/scripts``.
"""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.specs.records import Records

_ODDS = ("coefficient", "intercept", "odds_ratio", "marginal_effect", "fit")


@dataclass(frozen=True)
class ScriptFamily:
    """What is known of a family in other programs. ``r`` and ``stata``: ``module:name``, called with a ``Call``, gives
    the lines of a script; ``components``: those of its estimates that both compare. ``packages``: of R, where base R
    does not do; ``why_not``: why there is no call that gives the same numbers; ``limits``: ``module:name`` that says so
    of a single ``Call``.
    """

    key: str
    r: str = ""
    stata: str = ""
    components: tuple[str, ...] = ()
    packages: tuple[str, ...] = ()
    why_not: str = ""
    limits: str = ""


def _panel(key: str, *components: str, limits: str = "") -> ScriptFamily:
    folder = "pipeline.exports.scripts"
    return ScriptFamily(
        key, f"{folder}.regressions:in_r", f"{folder}.stata_regressions:lines", components, limits=limits
    )


def _design(key: str, *components: str, limits: str = "") -> ScriptFamily:
    folder = "pipeline.exports.scripts"
    return ScriptFamily(key, f"{folder}.designs:in_r", f"{folder}.stata_designs:lines", components, limits=limits)


def _lagged(key: str) -> ScriptFamily:
    module = "pipeline.exports.scripts.lagged"
    return ScriptFamily(key, f"{module}:in_r", "", ("lag",), packages=("lavaan",), limits=f"{module}:limits")


def _not_alone(key: str, calls: str) -> ScriptFamily:
    """A family that needs more than base R; ``calls`` are those that give the same numbers."""
    return ScriptFamily(key, why_not=f"It needs more than base R: {calls}.")


SCRIPT_FAMILIES: Records[ScriptFamily] = Records(
    "a family in R and Stata",
    _panel("pooled", "coefficient", "wave", "intercept"),
    _panel("fixed_effects", "coefficient", "wave"),
    _panel("random_effects", "coefficient", "wave", "intercept", "variance"),
    _panel("first_difference", "coefficient", "wave", "intercept"),
    _panel(
        "within_between",
        *("within", "between", "coefficient", "wave", "intercept", "within_minus_between", "variance", "fit"),
        limits="pipeline.exports.scripts.slopes:limits",
    ),
    ScriptFamily(
        "mixed",
        why_not="lme4::lmer in R and mixed in Stata fit it: write the random part from the declaration.",
    ),
    ScriptFamily(
        "mixed_growth",
        why_not="Times are those of each wave's fieldwork: write it with lme4::lmer from the declaration.",
    ),
    ScriptFamily(
        "mixed_logit",
        why_not="lme4::glmer in R and melogit in Stata fit it: write the random part from the declaration.",
    ),
    ScriptFamily(
        "mixed_ordinal",
        why_not="ordinal::clmm in R and meologit in Stata fit it: write the random part from the declaration.",
    ),
    _panel("between", "coefficient", "intercept"),
    _panel("hausman", "fixed_minus_random"),
    _panel("mundlak", "within", "contextual", "coefficient", "wave", "intercept", "variance"),
    _panel("logit", *_ODDS, "wave"),
    _not_alone("panel_tests", "plm’s plmtest, pFtest, pwartest, pcdtest and others in R; xttest0, xtserial in Stata"),
    _panel("attrition", *_ODDS),
    _not_alone("mediation", "lavaan::sem in R with products of coefficients (:=); sem with nlcom in Stata"),
    _not_alone("variance_shares", "plm::plm with models within and between in R; xtreg, fe and be in Stata"),
    _not_alone("ordered_logit", "MASS::polr in R, with sandwich::vcovCL; ologit in Stata, with vce(cluster)"),
    _not_alone("multinomial_logit", "nnet::multinom in R; mlogit in Stata"),
    _not_alone("conditional_logit", "survival::clogit in R; clogit in Stata"),
    _not_alone("fixed_effects_ordered_logit", "survival::clogit in R on stacked copies; feologit in Stata"),
    _not_alone("poisson", "glm(family = poisson) in R, with sandwich::vcovCL; poisson in Stata"),
    _not_alone("negative_binomial", "MASS::glm.nb in R, with sandwich::vcovCL; nbreg in Stata"),
    _not_alone("gee", "geepack::geeglm in R; xtgee in Stata"),
    _not_alone("quantile_regression", "quantreg::rq in R; qreg2 in Stata"),
    _not_alone("fixed_effects_poisson", "glm(family = poisson) in R with a dummy for each person; xtpoisson in Stata"),
    _design("design_means", "mean"),
    _design("design_shares", "share"),
    _design("design_changes", "change", "difference_of_changes"),
    _design("design_differences", "difference"),
    _design("design_regression", "coefficient", "wave", "intercept", limits="pipeline.exports.scripts.links:limits"),
    _not_alone("design_ordered", "survey::svyolr in R; svy: ologit in Stata"),
    ScriptFamily(
        "design_quantiles",
        why_not="Programs define a weighted quantile, and its interval, in several ways; none has this one by name.",
    ),
    _not_alone("difference_in_differences", "fixest::feols in R; reghdfe in Stata"),
    _not_alone("event_study", "fixest::feols with sunab() in R; eventstudyinteract in Stata"),
    _not_alone("group_time_effects", "did::att_gt and did::aggte in R; csdid in Stata"),
    _not_alone("imputation_effects", "didimputation::did_imputation in R; did_imputation in Stata"),
    _not_alone("synthetic_control", "Synth::synth in R; synth in Stata, with outcomes before as predictors"),
    _not_alone("difference_gmm", "plm::pgmm in R; xtabond2 …, noleveleq in Stata"),
    _not_alone("system_gmm", 'plm::pgmm with transformation = "ld" in R; xtabond2 in Stata'),
    _not_alone("hausman_taylor", 'plm::plm with random.method = "ht" in R; xthtaylor in Stata'),
    _not_alone("chamberlain", "plm::plm on the values of every wave as columns in R; xtreg, re on these in Stata"),
    _not_alone("interrupted_time_series", "sandwich::NeweyWest or nlme::gls in R; newey or prais in Stata"),
    ScriptFamily(
        "design_association",
        why_not="It has a test alone, without an estimate; survey::svychisq in R gives it.",
    ),
    _not_alone("multiverse", "specr::specr in R, from the declared choices, for the cells; a loop over them in Stata"),
    _not_alone("corrections", "p.adjust in R on the p-values of the models named; qqvalue in Stata"),
    ScriptFamily(
        "sensitivity",
        why_not="It rests on panels with imputed answers, which the export does not hold; the model that it asks about "
        "is compared by itself.",
    ),
    _lagged("riclpm"),
    _lagged("clpm"),
    ScriptFamily(
        "growth",
        why_not="Times are those of each wave's fieldwork: write it in lavaan or gsem from the declaration.",
    ),
    _not_alone("lcm_sr", "lavaan::lavaan in R; sem in Stata, from the declaration"),
    _not_alone("autoregressive_trajectory", "lavaan::lavaan in R; sem in Stata, from the declaration"),
    _not_alone("change_score", "lavaan::lavaan in R; sem in Stata, from the declaration"),
    ScriptFamily(
        "cfa", why_not="It is a model of single items in a wide table: write it in lavaan from the declaration."
    ),
    ScriptFamily(
        "invariance",
        why_not="It is a ladder of models with decisions between the steps; semTools in R has the steps one by one.",
    ),
    ScriptFamily("reliability", why_not="It is a table of coefficients of scales: psych::alpha and psych::omega in R."),
)
"""Family → its record; a test holds that each family of ``FAMILIES`` has one."""
