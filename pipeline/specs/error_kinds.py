"""Kinds of standard errors: one record of facts each, from which declarations, words and the table of methods derive.

``printed`` are the words beside a number, filled in by what computes it. ``stata`` and ``r`` are the calls that give
the same number to eight digits (``tests/reference/test_covariances_r.py`` for R; Stata's by its documentation).
"""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.specs.records import Records

LEAST_SQUARES = frozenset({"pooled", "fixed_effects", "first_difference"})
LEVELS = LEAST_SQUARES | {"between"}
WITH_RANDOM = LEAST_SQUARES | {"random_effects", "mundlak"}
ALL = LEVELS | {"random_effects", "mundlak"}

ONE_ROW = "it has one row for each person, so that there is no order in time"
WORKING = "the correction is for least squares, and this family weighs by variances that it has estimated"
REDRAWN = "each draw would have to estimate the variances of persons and residuals again"
NOT_THESE = {
    "hac": {"between": ONE_ROW},
    "driscoll_kraay": {"between": ONE_ROW},
    **{kind: {"random_effects": WORKING, "mundlak": WORKING} for kind in ("cr0", "cr1", "cr1s", "cr2", "cr3")},
    **{kind: {"random_effects": REDRAWN, "mundlak": REDRAWN} for kind in ("wild_bootstrap", "randomisation")},
}


@dataclass(frozen=True)
class ErrorKind:
    """What is known of a kind of standard errors.

    ``takes`` are the options that a declaration of it may have; ``families`` those that it is defined for;
    ``clusters`` whether it needs clusters; ``pooled`` whether its result can be pooled over imputations.
    """

    key: str
    label: str
    printed: str
    r: str
    stata: str
    families: frozenset[str]
    takes: frozenset[str] = frozenset()
    clusters: bool = False
    pooled: bool = True

    def refusal(self, family: str) -> str:
        """Why a family is not among those it is defined for."""
        known = NOT_THESE.get(self.key, {}).get(family)
        names = ", ".join(f"`{name}`" for name in sorted(self.families))
        return f"{known}. It is for {names}" if known else f"it is for {names or 'the families on the survey design'}"


_HC = "heteroskedasticity-robust, {kind}{dummies}"
_CLUSTERED = frozenset({"cluster"})
_SMALL = "clustered by {clusters} ({n_clusters} clusters), {kind}; t on Satterthwaite’s degrees of freedom"


def _hc(number: int, label: str) -> ErrorKind:
    kind = f"HC{number}"
    stata = {0: "regress …, vce(robust), times √((n−k)/n)", 1: "regress …, vce(robust)"}
    return ErrorKind(
        f"hc{number}",
        label,
        _HC,
        f'sandwich::vcovHC(lm(…), type = "{kind}")',
        stata.get(number, f"regress …, vce(hc{number})" if number < 4 else "none"),
        ALL,
        frozenset({"dummies"}),
    )


def _cr(key: str, label: str, stata: str = "none") -> ErrorKind:
    name = key.upper()
    r = f'clubSandwich::coef_test(m, vcov = "{name}", cluster = g)'
    return ErrorKind(
        key, f"{name}, {label}; Satterthwaite’s degrees of freedom", _SMALL, r, stata, LEVELS, _CLUSTERED, clusters=True
    )


ERROR_KINDS: Records[ErrorKind] = Records(
    "a kind of standard errors",
    ErrorKind(
        "classical",
        "Classical",
        "classical (independent errors of equal variance)",
        "vcov(lm(…)); vcov(plm(…))",
        "regress …; xtreg …, fe",
        ALL,
    ),
    _hc(0, "Heteroskedasticity-robust, no correction (White)"),
    _hc(1, "Heteroskedasticity-robust, n/(n−k)"),
    _hc(2, "Heteroskedasticity-robust, by leverage"),
    _hc(3, "Heteroskedasticity-robust, jackknife-like"),
    _hc(4, "Heteroskedasticity-robust, for points of high leverage"),
    ErrorKind(
        "clustered",
        "Clustered, one way or two",
        "clustered by {clusters} ({n_clusters} clusters), {correction}",
        "see the corrections",
        "see the corrections",
        ALL,
        frozenset({"cluster", "correction"}),
        clusters=True,
    ),
    _cr("cr0", "clustered without correction"),
    _cr("cr1", "clustered, G/(G−1)"),
    _cr("cr1s", "clustered, G/(G−1) · (n−1)/(n−k)"),
    _cr("cr2", "clustered, bias-reduced", "regress …, vce(hc2 g, dfadjust), of one way without weights"),
    _cr("cr3", "clustered, like a jackknife", "regress …, vce(hc3 g), the error up to (G−1)/G"),
    ErrorKind(
        "hac",
        "Newey–West",
        "Newey–West (Bartlett weights), {lags} lags{more}",
        "sandwich::NeweyWest(m, lag = L, prewhite = FALSE); plm::vcovNW(m, maxlag = L)",
        "newey …, lag(L), of one series with adjust: true",
        WITH_RANDOM,
        frozenset({"lags", "prewhite", "adjust"}),
    ),
    ErrorKind(
        "driscoll_kraay",
        "Driscoll–Kraay",
        "Driscoll–Kraay (Bartlett weights), {lags} lags of {periods} waves{more}",
        "plm::vcovSCC(m, maxlag = L)",
        "xtscc …, fe lag(L), up to its finite-sample factor",
        WITH_RANDOM,
        frozenset({"lags", "adjust"}),
    ),
    ErrorKind(
        "wild_bootstrap",
        "Wild cluster bootstrap",
        "clustered by {clusters} ({n_clusters} clusters), as Stata: G/(G−1) · (n−1)/(n−k); p-values and intervals (by "
        "inversion) by {bootstrap}",
        'fwildclusterboot::boottest(m, "x", clustid = "g", B = 9999); ties: left_out',
        "boottest x, cluster(g) reps(9999); ties: left_out",
        LEVELS,
        frozenset({"cluster", "draws", "distribution", "restricted", "ties", "seed"}),
        clusters=True,
        pooled=False,
    ),
    ErrorKind(
        "randomisation",
        "Randomisation inference",
        "clustered by {clusters} ({n_clusters} clusters), as Stata: G/(G−1) · (n−1)/(n−k); p-values and intervals (by "
        "inversion) by {bootstrap}",
        'ritest::ritest(m, "x", cluster = "g")',
        "ritest x _b[x]/_se[x], cluster(g): …",
        LEVELS,
        frozenset({"cluster", "draws", "statistic", "profile", "seed"}),
        clusters=True,
        pooled=False,
    ),
    ErrorKind(
        "taylor",
        "Design-based, Taylor linearisation",
        "design-based: weights, strata and clusters",
        "survey::svyglm(…)",
        "svy: regress …",
        frozenset(),
    ),
    ErrorKind(
        "replicates",
        "Design-based, replicate weights",
        "replicate weights ({kind}), every step of weighting repeated",
        "survey::withReplicates(…)",
        "svy brr …; svy jackknife …; svy bootstrap …",
        frozenset(LEAST_SQUARES),
    ),
)
"""Kind → its record, in the order of the table of methods."""
