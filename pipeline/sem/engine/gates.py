"""What stands between a search's end and a result: did it converge, is it identified, is it proper?"""

from __future__ import annotations

import numpy as np

from pipeline.sem.engine.likelihood import is_positive_definite
from pipeline.sem.engine.saturated import never_together
from pipeline.sem.engine.state import State

SINGULAR = 1e-9  # eigenvalue of the information, scaled to unit diagonal, at and below which it is flat


def problems(state: State) -> list[str]:
    """Why the result cannot stand, in order of what to mend first; empty if it can."""
    found = _unidentified(state) or _unconverged(state)
    if found:
        return found
    return _information(state) + _improper(state)


def untested_covariances(state: State) -> list[str]:
    """Notes on covariances that rest on the model alone: nobody answered both variables."""
    found = []
    for data in state.data.groups:
        pairs = never_together(data, state.data.variables)
        place = f" in group {data.label}" if data.label else ""
        if pairs:
            names = ", ".join(f"{a} and {b}" for a, b in pairs[:3]) + (", …" if len(pairs) > 3 else "")
            found.append(f"nobody answered both of {len(pairs)} pairs of variables{place} ({names}): not tested")
    return found


def _unconverged(state: State) -> list[str]:
    if state.optimum.is_converged:
        return []
    gradient = np.abs(state.optimum.gradient)
    if not np.isfinite(gradient).all():
        return ["the start values imply no valid covariance matrix; give start values"]
    return [
        f"the search did not converge in {state.optimum.iterations} steps: the likelihood still rises with "
        f"{_names(state, gradient)}"
    ]


def _unidentified(state: State) -> list[str]:
    """Directions in which the expected information is flat at the estimates, and the parameters they move."""
    information = state.information_of("expected")
    scale = np.sqrt(np.maximum(information.diagonal(), 1e-300))
    flat = information.diagonal() <= 0
    if flat.any():
        return [f"not identified: the answers say nothing about {_names(state, flat.astype(float))}"]
    values, vectors = np.linalg.eigh(information / np.outer(scale, scale))
    low = values < SINGULAR
    if not low.any():
        return []
    weight = np.abs(vectors[:, low]).max(1)
    return [f"not identified: these parameters can be traded for one another: {_names(state, weight, 0.1)}"]


def _information(state: State) -> list[str]:
    if state.kind == "observed" and not is_positive_definite(state.information):
        values, vectors = np.linalg.eigh(state.information)
        weight = np.abs(vectors[:, values <= 0]).max(1)
        return [f"the information matrix is not positive definite: no top of the likelihood in {_names(state, weight)}"]
    return []


def _improper(state: State) -> list[str]:
    """Negative variances (Heywood cases), correlations beyond ±1, and covariance matrices that no variables have."""
    found = []
    label = [data.label for data in state.data.groups]
    for group, part in enumerate(state.model.groups):
        place = f" in group {label[group]}" if label[group] else ""
        matrices = part.matrices(state.theta)
        names = state.model.variables
        variance = matrices.S.diagonal()
        tiny = 1e-8 * np.abs(matrices.C.diagonal())
        negative = [names[k] for k in np.flatnonzero(variance < -tiny)]
        found += [f"negative variance of {name}{place} (a Heywood case)" for name in negative]
        if negative:
            continue
        positive = np.flatnonzero(variance > tiny)
        block = matrices.S[np.ix_(positive, positive)]
        correlation = block / np.sqrt(np.outer(block.diagonal(), block.diagonal()))
        beyond = np.argwhere(np.tril(np.abs(correlation) > 1 + 1e-8, -1))
        found += [
            f"correlation beyond 1 of {names[positive[j]]} and {names[positive[i]]}{place}" for i, j in beyond
        ]  # fmt: skip
        if not len(beyond) and len(block) and np.linalg.eigvalsh(correlation)[0] < -1e-8:
            vector = np.abs(np.linalg.eigh(correlation)[1][:, 0])
            worst = ", ".join(names[positive[k]] for k in np.argsort(-vector)[:4])
            found.append(f"the covariances of {worst}{place} cannot all hold at once")
    return found


def _names(state: State, weight: np.ndarray, share: float = 0.5) -> str:
    """The parameters behind the heaviest unconstrained ones, by name, at most six."""
    heavy = np.flatnonzero(weight >= share * weight.max())
    heavy = heavy[np.argsort(-weight[heavy], kind="stable")][:6]
    names: list[str] = []
    for k in heavy:
        rows = np.flatnonzero(np.abs(state.model.basis[:, k]) > 1e-8)
        names += [str(state.model.free[row]) for row in rows[:1]]
    return "; ".join(dict.fromkeys(names))
