"""Factor models, and their parameter tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pipeline.errors import ModelError
from pipeline.sem.engine.table import Parameter

EQUAL = (
    "loadings", "intercepts", "thresholds", "residuals", "residual_covariances", "means", "latent_variances",
    "latent_covariances",
)  # fmt: skip


@dataclass(frozen=True)
class CfaModel:
    """What a factor model says; the words are those of ``cfa``. Raises ModelError for what does not fit together."""

    factors: Mapping[str, Sequence[str]]
    equal: Sequence[str] = ()
    free: Sequence[tuple[str, str, str]] = ()
    residual_covariances: Sequence[tuple[str, str]] = ()
    standardise_factors: bool = False

    def __post_init__(self) -> None:
        self._check_factors()
        if self.free and not self.equal:
            raise ModelError("`free` lets parameters out of what is `equal`, and nothing is", where="free")
        unknown = set(self.equal) - set(EQUAL)
        if unknown:
            raise ModelError(f"unknown part to hold equal: {', '.join(sorted(unknown))}", todo=f"Choose from {EQUAL}.")
        known = set(self.items)
        odd = [name for pair in self.residual_covariances for name in pair if name not in known]
        if odd:
            raise ModelError("a residual covariance is between items of the model", where=", ".join(dict.fromkeys(odd)))
        named = known | set(self.factors)
        odd = [name for parameter in self.free for name in (parameter[0],) if name not in named]
        if odd:
            raise ModelError("`free` names nothing of the model", where=", ".join(dict.fromkeys(odd)))

    def _check_factors(self) -> None:
        """Each factor has a list of items, none of them its own name or named twice."""
        if not isinstance(self.factors, Mapping) or not self.factors:
            raise ModelError("factors are named with their items", todo='Write {"trust": ["item1", "item2", "item3"]}.')
        for factor, items in self.factors.items():
            if isinstance(items, str) or not items:
                raise ModelError("a factor has a list of items", where=factor, todo="Name its items.")
            if len(set(items)) < len(items):
                raise ModelError("an item is named twice", where=factor, todo="Name each item once.")
        clash = sorted(set(self.items) & set(self.factors))
        if clash:
            raise ModelError(
                "a factor has the name of an item", where=", ".join(clash), todo="Give the factor another name."
            )

    @property
    def items(self) -> list[str]:
        """Every item, in order of first appearance."""
        return list(dict.fromkeys(item for own in self.factors.values() for item in own))


def cfa_rows(model: CfaModel, groups: int = 1, also_equal: Sequence[str] = ()) -> list[Parameter]:
    """The parameter table of a factor model, group by group; ``also_equal``: parts equal beyond the model's own."""
    shared = {*model.equal, *also_equal} if groups > 1 else set()
    exempt = {tuple(item) for item in model.free}
    rows: list[Parameter] = []

    def row(part: str, lhs: str, op: str, rhs: str, group: int) -> Parameter:
        same = part in shared and (lhs, op, rhs) not in exempt
        return Parameter(lhs, op, rhs, group, label=f"{part}_{lhs}_{rhs}" if same else "")

    for group in range(1, groups + 1):
        for factor, items in model.factors.items():
            for k, item in enumerate(items):
                marker = k == 0 and not model.standardise_factors
                fixed = Parameter(factor, "=~", item, group, free=False, value=1.0)
                rows.append(fixed if marker else row("loadings", factor, "=~", item, group))
        rows += [row("intercepts", item, "~1", "", group) for item in model.items]
        rows += [row("residuals", item, "~~", item, group) for item in model.items]
        rows += [row("residual_covariances", one, "~~", other, group) for one, other in model.residual_covariances]
        names = list(model.factors)
        for k, one in enumerate(names):
            unit = model.standardise_factors and (group == 1 or "loadings" not in shared)
            fixed = Parameter(one, "~~", one, group, free=False, value=1.0)
            rows.append(fixed if unit else row("latent_variances", one, "~~", one, group))
            rows += [row("latent_covariances", one, "~~", other, group) for other in names[k + 1 :]]
            moves = group > 1 and "intercepts" in shared and "means" not in shared
            mean = Parameter(one, "~1", "", group, free=moves, value=None if moves else 0.0)
            rows.append(mean)
    return rows
