"""Linear combinations of a regression's coefficients: each tested against zero, and all of them together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.errors import ModelError
from pipeline.models.inference import Basis, Term, tested_row, wald_row
from pipeline.specs.contrasts import Contrast, Part

KINDS = ("within", "between", "contextual")
"""Components of a term that has several: a contrast of such terms is one of each component."""
JOINT = "contrasts"


@dataclass(frozen=True)
class Combination:
    """A sum of coefficients, each (component, term) with its weight, and the row that it becomes: a simple slope."""

    term: Term
    weights: tuple[tuple[tuple[str, str], float], ...]


@dataclass(frozen=True)
class Combined:
    """Combinations (q × terms) with what each is called."""

    terms: tuple[Term, ...]
    matrix: np.ndarray

    def rows(
        self,
        basis: Basis,
        estimates: np.ndarray,
        covariance: np.ndarray,
        df: float | np.ndarray | None,
        own: np.ndarray | None = None,
    ) -> list[dict[str, object]]:
        """A row of component ``contrast`` each, and where there are several the Wald test of all (χ²).

        ``df``: of all, or of each coefficient, of which a contrast takes the fewest; ``own``: of each contrast.
        """
        if not self.terms:
            return []
        values, joint = self.matrix @ estimates, self.matrix @ covariance @ self.matrix.T
        degrees = np.broadcast_to(np.inf if df is None else np.asarray(df, dtype=float), estimates.shape)
        each = [degrees[row != 0].min() for row in self.matrix] if own is None else own
        found = [
            tested_row(basis, term, float(value), float(variance), float(degree))
            for term, value, variance, degree in zip(self.terms, values, np.diag(joint), each, strict=True)
        ]
        return [*found, *self.joint_rows(basis, values, joint)]

    def joint_rows(self, basis: Basis, values: np.ndarray, covariance: np.ndarray) -> list[dict[str, object]]:
        """The test that all are zero: of those of each component, where terms have several."""
        made = []
        for kind in dict.fromkeys(term.group for term in self.terms if term.component == "contrast"):
            chosen = np.array([term.component == "contrast" and term.group == kind for term in self.terms])
            rank = np.linalg.matrix_rank(self.matrix[chosen])
            if chosen.sum() < 2 or rank < chosen.sum():
                continue
            block = covariance[np.ix_(chosen, chosen)]
            made.append(wald_row(basis, JOINT, values[chosen], block) | {"group": kind})
        return made


def combined(contrasts: Sequence[Contrast | Combination], terms: Sequence[Term]) -> Combined:
    """The contrasts as rows over ``terms``. Raises ModelError for a term that the model does not have.

    A contrast of exposures with effects within people and between them is one of each (``group``).
    """
    found: list[tuple[Term, np.ndarray]] = []
    for contrast in contrasts:
        if isinstance(contrast, Combination):
            found.append((contrast.term, _weights(contrast, terms)))
            continue
        kinds = _kinds(contrast, terms)
        found += [(Term("contrast", contrast.name, group=kind), _row(contrast, terms, kind)) for kind in kinds]
    if not found:
        return Combined((), np.zeros((0, len(terms))))
    return Combined(tuple(term for term, _ in found), np.stack([row for _, row in found]))


def _weights(combination: Combination, terms: Sequence[Term]) -> np.ndarray:
    row, place = np.zeros(len(terms)), {(term.component, term.term): index for index, term in enumerate(terms)}
    for cell, weight in combination.weights:
        if cell not in place:
            what = f"`{cell[1]}` has no coefficient in this model"
            raise ModelError(what, where=f"slopes of {combination.term.term}")
        row[place[cell]] += weight
    return row


def _kinds(contrast: Contrast, terms: Iterable[Term]) -> list[str | None]:
    named = {part.name for part in contrast.parts}
    kinds = [kind for kind in KINDS if any(term.component == kind and term.term in named for term in terms)]
    return [*kinds] or [None]


def _row(contrast: Contrast, terms: Sequence[Term], kind: str | None) -> np.ndarray:
    row = np.zeros(len(terms))
    for part in contrast.parts:
        row[_place(part, terms, kind, contrast.name)] += part.times
    return row


def _place(part: Part, terms: Sequence[Term], kind: str | None, where: str) -> int:
    wanted = (kind, "coefficient") if kind else ("coefficient",)
    for component in wanted:
        for place, term in enumerate(terms):
            if component == term.component and term.term == part.name and term.group == part.level:
                return place
    for place, term in enumerate(terms):
        if part.name == "wave" and term.component == "wave" and term.wave == part.level:
            return place
    levels = sorted({term.group for term in terms if term.term == part.name and term.group})
    names = list(dict.fromkeys(term.term for term in terms if term.component not in ("wave", "intercept")))
    todo = f"Name one of its levels: {', '.join(f'{part.name}[{level}]' for level in levels)}."
    raise ModelError(
        f"the contrast has the term `{part.words}`, which the model does not estimate",
        where=f"contrasts, {where}",
        todo=todo if levels else f"It has: {', '.join(names)}.",
    )
