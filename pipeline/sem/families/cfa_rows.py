"""Parameter tables of factor models."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pipeline.sem.engine.table import Parameter


def cfa_rows(
    factors: Mapping[str, Sequence[str]],
    groups: int = 1,
    equal: Sequence[str] = (),
    free: Sequence[tuple[str, str, str]] = (),
    residual_covariances: Sequence[tuple[str, str]] = (),
    standardise_factors: bool = False,
) -> list[Parameter]:
    """The parameter table of a factor model, group by group."""
    shared = set(equal) if groups > 1 else set()
    exempt = {tuple(item) for item in free}
    rows: list[Parameter] = []

    def row(part: str, lhs: str, op: str, rhs: str, group: int) -> Parameter:
        same = part in shared and (lhs, op, rhs) not in exempt
        return Parameter(lhs, op, rhs, group, label=f"{part}_{lhs}_{rhs}" if same else "")

    for group in range(1, groups + 1):
        for factor, items in factors.items():
            for k, item in enumerate(items):
                marker = k == 0 and not standardise_factors
                fixed = Parameter(factor, "=~", item, group, free=False, value=1.0)
                rows.append(fixed if marker else row("loadings", factor, "=~", item, group))
        items = list(dict.fromkeys(item for held in factors.values() for item in held))
        rows += [row("intercepts", item, "~1", "", group) for item in items]
        rows += [row("residuals", item, "~~", item, group) for item in items]
        rows += [row("residual_covariances", one, "~~", other, group) for one, other in residual_covariances]
        names = list(factors)
        for k, one in enumerate(names):
            unit = standardise_factors and (group == 1 or "loadings" not in shared)
            fixed = Parameter(one, "~~", one, group, free=False, value=1.0)
            rows.append(fixed if unit else row("latent_variances", one, "~~", one, group))
            rows += [row("latent_covariances", one, "~~", other, group) for other in names[k + 1 :]]
            moves = group > 1 and "intercepts" in shared and "means" not in shared
            mean = Parameter(one, "~1", "", group, free=moves, value=None if moves else 0.0)
            rows.append(mean)
    return rows
