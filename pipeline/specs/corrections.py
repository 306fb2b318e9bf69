"""Finite-sample corrections of clustered standard errors: one record each."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.specs.records import Records


@dataclass(frozen=True)
class ClusterCorrection:
    """``printed`` stands beside the number; ``groups``: t on G − 1 (of two ways, the fewer) in place of residual df."""

    key: str
    printed: str
    r: str
    stata: str
    groups: bool = False


CORRECTIONS: Records[ClusterCorrection] = Records(
    "a correction of clustered errors",
    ClusterCorrection(
        "hc1",
        "HC1",
        'plm::vcovHC(m, type = "HC1"); two ways: plm::vcovDC(m, type = "HC1")',
        "xtreg …, fe vce(cluster g), times √((G−1)/G · n/(n−1))",
    ),
    ClusterCorrection(
        "stata",
        "as Stata: G/(G−1) · (n−1)/(n−k)",
        'plm::vcovHC(m, type = "sss"), with dummies of waves; sandwich::vcovCL(lm(…), ~g, type = "HC1")',
        "regress …, vce(cluster g); xtreg … i.wave, fe vce(cluster g), whose k has the constant, too",
        groups=True,
    ),
    ClusterCorrection(
        "none",
        "no finite-sample correction",
        'plm::vcovHC(m, type = "HC0"); two ways: plm::vcovDC(m, type = "HC0")',
        "none",
    ),
    ClusterCorrection("cr1", "G/(G−1)", 'sandwich::vcovCL(m, ~g, type = "HC0", cadjust = TRUE)', "none", groups=True),
    ClusterCorrection(
        "lsdv",
        "G/(G−1) · (n−1)/(n−k), k with the absorbed effects",
        'sandwich::vcovCL(lm(… + factor(person)), ~g, type = "HC1"); multiwayvcov::cluster.vcov(…)',
        "areg …, absorb(person) vce(cluster g); cgmreg …, cluster(g h)",
    ),
    ClusterCorrection(
        "multi0",
        "G/(G−1) · (n−1)/(n−k), rows for the intersections, k with the absorbed effects",
        'sandwich::vcovCL(lm(…), ~ g + h, type = "HC1", multi0 = TRUE)',
        "none",
    ),
    ClusterCorrection(
        "reghdfe",
        "G/(G−1) · (n−1)/(n−k) with the smaller G of two ways, k with effects that are not nested in clusters",
        'fixest::feols(…, cluster = ~ g + h, ssc = ssc(fixef.K = "nested", cluster.df = "min"))',
        "reghdfe …, absorb(…) vce(cluster g h); xtreg … i.wave, fe vce(cluster g)",
        groups=True,
    ),
    *(
        ClusterCorrection(
            f"hc{number}",
            f"residuals adjusted for leverage as in HC{number}",
            f'plm::vcovHC(m, method = "arellano", type = "HC{number}")',
            "none",
        )
        for number in (2, 3, 4)
    ),
)
"""Correction → its record."""
