"""Kenward and Roger's covariance of fixed effects and their degrees of freedom.

Kenward & Roger (1997), Biometrics 53, 983-997, for covariances that are linear in their parameters, as pbkrtest has it
(Halekoh & Højsgaard 2014, J. Stat. Softw. 59(9)): Φ + 2 Φ {Σ W_rs (Q_rs − P_r Φ P_s)} Φ, with W the inverse of the
expected information of the restricted likelihood.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipeline.errors import ModelError
from pipeline.models.multilevel.gaussian.blocks import blocks
from pipeline.models.multilevel.gaussian.maximum import MixedFit


@dataclass(frozen=True)
class KenwardRoger:
    """The adjusted covariance (p × p), and what degrees of freedom are made of."""

    covariance: np.ndarray
    unadjusted: np.ndarray
    parameters: np.ndarray  # W: covariance of the variance parameters
    slopes: np.ndarray  # parameters × p × p: Φ P_r Φ

    def degrees(self, contrast: np.ndarray) -> float:
        """Of one contrast (p): 2 / A with A = Σ W_rs tr(ΘΦP_rΦ) tr(ΘΦP_sΦ)."""
        variance = float(contrast @ self.unadjusted @ contrast)
        gradient = np.einsum("i,kij,j->k", contrast, self.slopes, contrast) / variance
        spread = float(gradient @ self.parameters @ gradient)
        return 2 / spread if spread > 0 else np.inf


def kenward_roger(fit: MixedFit) -> KenwardRoger:
    """The adjustment of a restricted fit.

    Raises ModelError for a full likelihood, for serially correlated residuals, and for blocks that are too large.
    """
    rows = fit.rows
    if not rows.reml or rows.serial is not None or not all(factor.linear for factor in rows.factors):
        raise ModelError(
            "Kenward and Roger's adjustment is of restricted likelihood and independent residuals",
            where="degrees",
            todo="Declare `degrees: satterthwaite`.",
        )
    phi = fit.variance * fit.at.inverse
    first, second, traces = _sums(fit, rows.basis)
    adjusted = first @ phi  # P_r Φ, but for the sign
    expected = traces - 2 * np.einsum("ij,rsji->rs", phi, second)
    expected += np.einsum("rij,sji->rs", adjusted, adjusted)
    parameters = 2 * _inverse((expected + expected.T) / 2)
    middle = np.einsum("rs,rsij->ij", parameters, second - np.einsum("rij,sjk->rsik", adjusted, first))
    grown = phi + 2 * phi @ ((middle + middle.T) / 2) @ phi
    back = rows.back
    return KenwardRoger(
        covariance=back @ grown @ back.T,
        unadjusted=fit.covariance,
        parameters=parameters,
        slopes=np.einsum("ia,rab,jb->rij", back, phi @ adjusted, back),
    )


def _sums(fit: MixedFit, matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """X'V⁻¹G_rV⁻¹X, X'V⁻¹G_rV⁻¹G_sV⁻¹X and tr(V⁻¹G_rV⁻¹G_s), summed over independent blocks."""
    total: list[np.ndarray] = []
    for block in blocks(fit):
        columns = matrix[block.rows]
        turned = [np.linalg.solve(block.whole, part) for part in block.parts]  # V⁻¹G_r
        weighted = np.linalg.solve(block.whole, columns)  # V⁻¹X
        moved = [one @ weighted for one in turned]  # V⁻¹G_rV⁻¹X
        pulled = [part @ weighted for part in block.parts]  # G_rV⁻¹X
        size, p = len(turned), columns.shape[2]
        first, second, traces = np.empty((size, p, p)), np.empty((size, size, p, p)), np.empty((size, size))
        for r in range(size):
            first[r] = np.einsum("bni,bnj->ij", weighted, pulled[r])
            for s in range(size):
                second[r, s] = np.einsum("bni,bnj->ij", pulled[r], moved[s])
                traces[r, s] = np.einsum("bij,bji->", turned[r], turned[s])
        part = [first, second, traces]
        total = part if not total else [one + other for one, other in zip(total, part, strict=True)]
    return total[0], total[1], total[2]


def _inverse(matrix: np.ndarray) -> np.ndarray:
    """The inverse, on a common scale, of the directions that carry information."""
    size = np.sqrt(np.diag(matrix))
    values, vectors = np.linalg.eigh(matrix / np.outer(size, size))
    seen = values > 1e-10
    return np.asarray((vectors[:, seen] / values[seen]) @ vectors[:, seen].T / np.outer(size, size))
