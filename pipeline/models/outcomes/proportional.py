"""Whether odds are proportional: are the coefficients of separate logits at each threshold equal?

Brant (1990), Biometrics 46, 1171–1178; R: ``brant::brant``; Stata: ``brant``. With clusters or weights, the joint
covariance of the separate logits is that of their scores, as in Stata's ``suest``.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from pipeline.errors import ModelError
from pipeline.models.inference import Basis, Term, wald_row
from pipeline.models.likelihood.binary import Binary
from pipeline.models.likelihood.links import distribution
from pipeline.models.likelihood.maximum import maximise
from pipeline.models.likelihood.robust import cluster_meat
from pipeline.models.outcomes.rows import OutcomeData

VIOLATED = 0.05

Rows = list[dict[str, object]]


def proportional_odds_rows(basis: Basis, rows: OutcomeData, link: str) -> tuple[Rows, str | None]:
    """One test for all terms and one for each; and the note where all terms' is below 0.05.

    Where a term separates the answers at one of the thresholds, the row is there without a statistic, and says why.
    """
    levels = len(rows.levels)
    if levels < 3 or not rows.coefficients:
        return [], None
    terms = [Term("test", _named(term)) for term in rows.coefficients]
    try:
        slopes, covariance = _separate(rows, link)
    except ModelError:
        why = "withheld: at one of the thresholds a term predicts the answers perfectly"
        return [basis.row(Term("test", "proportional_odds", note=why), covariance=None)], why.replace(
            "withheld", "proportional odds could not be tested"
        )
    k = len(terms)
    words = "coefficients at each threshold are equal"
    apart = _contrasts(levels - 1)
    made: Rows = []
    for term, chosen in [
        (Term("test", "proportional_odds"), np.arange(k)),
        *zip(terms, np.arange(k)[:, None], strict=True),
    ]:
        contrast = np.kron(apart, np.eye(k)[chosen])
        if rows.data.clusters is not None and rows.data.n_clusters <= len(contrast):
            few = Term("test", term.term, note=f"withheld: {rows.data.n_clusters} clusters are too few for this test")
            made.append(basis.row(few, covariance=None))
            continue
        made.append(wald_row(basis, term.term, contrast @ slopes, contrast @ covariance @ contrast.T, words))
    p: Any = made[0].get("p_value")
    if p is None or float(p) >= VIOLATED:
        return made, None
    return (
        made,
        f"odds are not proportional (Brant, p {_p(float(p))}): one coefficient for all thresholds is an average",
    )


def _p(p: float) -> str:
    return "< 0.001" if p < 0.001 else f"= {p:.3f}"


def _named(term: Term) -> str:
    level = term.group or term.wave
    return f"proportional_odds_{term.term}" + (f"_{level}" if level and level != term.term else "")


def _contrasts(count: int) -> np.ndarray:
    """The first less each other threshold."""
    return np.column_stack([np.ones(count - 1), -np.eye(count - 1)])


def _separate(rows: OutcomeData, link: str) -> tuple[np.ndarray, np.ndarray]:
    """Coefficients (thresholds × k, flat) of a logit at each threshold, without intercepts; and their covariance."""
    codes, matrix = rows.codes, rows.scaled.data.matrix
    weights, k = rows.weights, matrix.shape[1]
    fits = [maximise(Binary((codes > cut).astype(float), matrix, link, rows.data.outcome_name), weights)
            for cut in range(len(rows.levels) - 1)]  # fmt: skip
    if link == "logit" and rows.data.clusters is None and rows.data.weights is None:
        covariance = _model_based([fit.parameters for fit in fits], [fit.inverse for fit in fits], matrix, link)
    else:
        influence = np.hstack([(fit.scores * weights[:, None]) @ fit.inverse for fit in fits])
        clusters = rows.data.clusters
        covariance = cluster_meat(influence, np.arange(len(codes)) if clusters is None else clusters)
    back = np.kron(np.eye(len(fits)), rows.scaled.back)
    kept = np.tile(np.arange(k) > 0, len(fits))
    slopes = back @ np.concatenate([fit.parameters for fit in fits])
    return slopes[kept], (back @ covariance @ back.T)[np.ix_(kept, kept)]


def _model_based(parameters: list[np.ndarray], inverses: list[np.ndarray], matrix: np.ndarray, link: str) -> np.ndarray:
    """Brant's covariance: between thresholds l ≤ m, H_l⁻¹ X' (F_m − F_l F_m) X H_m⁻¹, F of a higher answer."""
    chances = [distribution(link, matrix @ each) for each in parameters]
    count, k = len(parameters), matrix.shape[1]
    whole = np.empty((count, k, count, k))
    for one in range(count):
        for other in range(one, count):
            shared = chances[other] - chances[one] * chances[other]
            cross = (matrix * shared[:, None]).T @ matrix
            block = inverses[one] @ cross @ inverses[other]
            whole[one, :, other] = block
            whole[other, :, one] = block.T
    return whole.reshape(count * k, count * k)
