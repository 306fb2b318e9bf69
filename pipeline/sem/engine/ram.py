"""From parameters to the means and covariances they imply, with first and second derivatives.

Reticular action model (McArdle & McDonald 1984): variables v = (observed, latent) obey v = m + A v + e, Cov(e) = S;
with B = (I − A)⁻¹, Σ = B S B′ and μ = B m, of which the observed part is kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.errors import ModelError
from pipeline.sem.engine.moments import triangle
from pipeline.sem.engine.table import Linear, Parameter, ParameterTable


@dataclass(frozen=True)
class Places:
    """Where the free parameters of one matrix stand: row, column and number of the parameter."""

    row: np.ndarray
    column: np.ndarray
    parameter: np.ndarray


@dataclass(frozen=True)
class Matrices:
    """A, S, m at some parameter values, with B, C = B S B′ and ν = B m over all variables."""

    A: np.ndarray
    S: np.ndarray
    m: np.ndarray
    B: np.ndarray
    C: np.ndarray
    nu: np.ndarray


@dataclass(frozen=True)
class GroupModel:
    """One group's paths (A), covariances (S) and means (m): fixed values and places of free parameters."""

    p: int
    fixed: tuple[np.ndarray, np.ndarray, np.ndarray]
    paths: Places
    covariances: Places
    means: Places

    def matrices(self, theta: np.ndarray) -> Matrices:
        A, S, m = (matrix.copy() for matrix in self.fixed)
        A[self.paths.row, self.paths.column] = theta[self.paths.parameter]
        S[self.covariances.row, self.covariances.column] = theta[self.covariances.parameter]
        S[self.covariances.column, self.covariances.row] = theta[self.covariances.parameter]
        m[self.means.row] = theta[self.means.parameter]
        B = np.linalg.inv(np.eye(len(A)) - A)
        return Matrices(A, S, m, B, B @ S @ B.T, B @ m)

    def implied(self, theta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Mean (p) and covariance (p × p) of the observed variables."""
        at = self.matrices(theta)
        covariance = at.C[: self.p, : self.p]
        return at.nu[: self.p], 0.5 * (covariance + covariance.T)

    def jacobian(self, theta: np.ndarray) -> np.ndarray:
        """Δ: moments (means, lower triangle) × parameters."""
        at, p, tri = self.matrices(theta), self.p, triangle(self.p)
        delta = np.zeros((tri.size, len(theta)))
        into, out = at.B[:p, self.paths.row], at.C[:p, self.paths.column]
        delta[:p, self.paths.parameter] = into * at.nu[self.paths.column]
        delta[p:, self.paths.parameter] = into[tri.rows] * out[tri.columns] + into[tri.columns] * out[tri.rows]
        into, out = at.B[:p, self.covariances.row], at.B[:p, self.covariances.column]
        both = into[tri.rows] * out[tri.columns] + into[tri.columns] * out[tri.rows]
        both[:, self.covariances.row == self.covariances.column] *= 0.5
        delta[p:, self.covariances.parameter] = both
        delta[:p, self.means.parameter] = at.B[:p, self.means.row]
        return delta

    def curvature(self, theta: np.ndarray, by_mean: np.ndarray, by_covariance: np.ndarray) -> np.ndarray:
        """Second derivatives of g′μ(θ) + ½ tr(G Σ(θ)) with g and G held fixed: parameters × parameters."""
        at, p = self.matrices(theta), self.p
        t = len(at.A)
        outer = np.zeros((t, t))
        outer[:p, :p] = by_covariance
        Q = at.B.T @ outer @ at.B
        P = at.C @ outer @ at.B
        g = at.B.T @ np.concatenate([by_mean, np.zeros(t - p)])
        result = np.zeros((len(theta), len(theta)))
        i, j, a = self.paths.row, self.paths.column, self.paths.parameter
        link = at.B[np.ix_(j, i)]  # B_{j k}: from the head of one path to the tail of another
        result[np.ix_(a, a)] = (
            link * P[np.ix_(j, i)].T  # B_jk P_li
            + at.C[np.ix_(j, j)] * Q[np.ix_(i, i)]
            + P[np.ix_(j, i)] * link.T
            + np.outer(at.nu[j], g[i]) * link.T  # ν_j g_k B_li
            + np.outer(g[i], at.nu[j]) * link
        )
        k, m, s = self.covariances.row, self.covariances.column, self.covariances.parameter
        mixed = at.B[np.ix_(j, k)] * Q[np.ix_(m, i)].T + at.B[np.ix_(j, m)] * Q[np.ix_(k, i)].T
        mixed[:, k == m] *= 0.5
        result[np.ix_(a, s)] = mixed
        result[np.ix_(s, a)] = mixed.T
        leap = g[i][:, None] * at.B[np.ix_(j, self.means.row)]
        result[np.ix_(a, self.means.parameter)] = leap
        result[np.ix_(self.means.parameter, a)] = leap.T
        return result


@dataclass(frozen=True)
class Model:
    """A compiled parameter table: θ (every free parameter) = basis @ x + offset (x unconstrained)."""

    table: ParameterTable
    observed: tuple[str, ...]
    latents: tuple[str, ...]
    groups: tuple[GroupModel, ...]
    free: tuple[Parameter, ...]  # the rows that θ numbers
    basis: np.ndarray
    offset: np.ndarray

    @property
    def variables(self) -> tuple[str, ...]:
        return (*self.observed, *self.latents)

    @property
    def npar(self) -> int:
        """Free parameters less the equality constraints among them."""
        return int(self.basis.shape[1])

    def full(self, x: np.ndarray) -> np.ndarray:
        return np.asarray(self.basis @ x + self.offset)

    def reduced(self, theta: np.ndarray) -> np.ndarray:
        """The x whose θ lies nearest."""
        return np.asarray(np.linalg.lstsq(self.basis, theta - self.offset, rcond=None)[0])


def compile_model(table: ParameterTable, groups: int = 1, observed: Sequence[str] | None = None) -> Model:
    """Raises ModelError for an unknown label in a constraint, or contradictory constraints."""
    _check_rows(table, groups)
    written = table.over_groups(groups)
    names = tuple(observed) if observed is not None else tuple(written.observed)
    latents = tuple(written.latents)
    both = [name for name in names if name in set(latents)]
    if both:
        raise ModelError(
            "a variable has the name of a latent variable of the model",
            where=", ".join(both),
            todo="Rename the column.",
        )
    free = tuple(row for row in written.parameters if row.free)
    number = {id(row): k for k, row in enumerate(free)}
    parts = tuple(
        _group([row for row in written.parameters if row.group == group], names, latents, number)
        for group in range(1, groups + 1)
    )
    basis, offset = constrained_basis(free, written.constraints)
    return Model(written, names, latents, parts, free, basis, offset)


def _check_rows(table: ParameterTable, groups: int) -> None:
    beyond = [row for row in table.parameters if row.group > groups]
    if beyond:
        raise ModelError(
            f"the table has a group {beyond[0].group}, the answers have {groups}", where=str(beyond[0]),
            todo="Name the grouping column, or mend the table.",
        )  # fmt: skip
    ordered = [row for row in table.parameters if row.op in ("|", "~*~")]
    if ordered:
        raise ModelError(
            "thresholds and scales belong to ordered items", where=str(ordered[0]), todo="Use cfa(…, ordered=True)."
        )


def _group(
    rows: Sequence[Parameter], observed: Sequence[str], latents: Sequence[str], number: dict[int, int]
) -> GroupModel:
    at = {name: k for k, name in enumerate([*observed, *latents])}
    t = len(at)
    A, S, m = np.zeros((t, t)), np.zeros((t, t)), np.zeros(t)
    places: dict[str, list[tuple[int, int, int]]] = {"A": [], "S": [], "m": []}
    for row in rows:
        matrix, i, j = _cell(row, at)
        if row.free:
            places[matrix].append((i, j, number[id(row)]))
        elif matrix == "m":
            m[i] = row.value
        elif matrix == "A":
            A[i, j] = row.value
        else:
            S[i, j] = S[j, i] = row.value
    return GroupModel(len(observed), (A, S, m), *(_places(places[matrix]) for matrix in "ASm"))


def _cell(row: Parameter, at: dict[str, int]) -> tuple[str, int, int]:
    if row.op == "=~":
        return "A", at[row.rhs], at[row.lhs]
    if row.op == "~":
        return "A", at[row.lhs], at[row.rhs]
    if row.op == "~~":
        return "S", at[row.lhs], at[row.rhs]
    return "m", at[row.lhs], 0


def _places(cells: list[tuple[int, int, int]]) -> Places:
    columns = np.array(cells, dtype=np.intp).reshape(-1, 3).T
    return Places(*columns)


def constrained_basis(free: Sequence[Parameter], constraints: Sequence[Linear]) -> tuple[np.ndarray, np.ndarray]:
    """θ = basis @ x + offset for all θ that keep equal labels equal and obey the linear constraints."""
    names = [row.label or k for k, row in enumerate(free)]
    first = {name: k for k, name in enumerate(dict.fromkeys(names))}
    columns, count = [first[name] for name in names], len(first)
    basis = np.zeros((len(free), count))
    basis[np.arange(len(free)), columns] = 1.0
    if not constraints:
        return basis, np.zeros(len(free))
    rules, values = np.zeros((len(constraints), count)), np.array([rule[1] for rule in constraints])
    for k, (terms, _) in enumerate(constraints):
        unknown = [label for label in terms if label not in first]
        if unknown:
            raise ModelError("a constraint names no free parameter", where=", ".join(unknown), todo="Check the labels.")
        rules[k, [first[label] for label in terms]] = list(terms.values())
    particular = np.linalg.lstsq(rules, values, rcond=None)[0]
    if not np.allclose(rules @ particular, values):
        raise ModelError("the linear constraints contradict each other", count=len(constraints))
    _, singular, right = np.linalg.svd(rules)
    rank = int((singular > 1e-10 * singular.max()).sum())
    return basis @ right[rank:].T, basis @ particular
