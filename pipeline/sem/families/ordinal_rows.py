"""Parameter tables of factor models of ordered items, over groups and over waves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from pipeline.errors import ModelError
from pipeline.sem.engine.table import Parameter
from pipeline.sem.families.cfa_rows import CfaModel, cfa_rows
from pipeline.sem.families.invariance_table import Scale, covariance_rows

HELD = 2  # thresholds that set the origin and unit of each wave's response, where the others are free
ORDERED_LEVELS = ("configural", "thresholds", "metric", "scalar")


def group_rows(model: CfaModel, levels: Sequence[int], groups: int) -> list[Parameter]:
    """lavaan's ``group.equal`` for ordered items: equal thresholds free the factor means and scales of later groups.

    Raises ModelError for parts that ordered items do not have (intercepts, residuals).
    """
    wrong = set(model.equal) & {"intercepts", "residuals"}
    if wrong:
        raise ModelError(f"ordered items have no {', '.join(sorted(wrong))}", todo="Hold thresholds equal instead.")
    same = "thresholds" in model.equal and groups > 1
    exempt, items = {tuple(item) for item in model.free}, set(model.items)
    rows = [
        replace(row, free=False, value=0.0) if row.lhs in items and (row.op == "~1" or row.lhs == row.rhs) else row
        for row in cfa_rows(model, groups, ("intercepts",) if same else ())
    ]
    for group in range(1, groups + 1):
        for item, count in zip(model.items, levels, strict=True):
            labels = [same and (item, "|", f"t{t}") not in exempt for t in range(1, count)]
            rows += item_rows(item, group, [f"threshold_{item}_{t}" if on else "" for t, on in enumerate(labels, 1)],
                              moves=same and group > 1)  # fmt: skip
    return rows


def item_rows(item: str, group: int, labels: Sequence[str], moves: bool) -> list[Parameter]:
    """An item's thresholds, and its scale: 1, or free where equal thresholds let it move."""
    rows = [Parameter(item, "|", f"t{t}", group, label=label) for t, label in enumerate(labels, start=1)]
    return [*rows, Parameter(item, "~*~", item, group, free=moves, value=None if moves else 1.0)]


def scale_rows(scale: Scale, level: str, places: int, levels: Mapping[str, int]) -> list[Parameter]:
    """The ladder for ordered items of Wu & Estabrook (2016, Psychometrika 81): each level nested in the last.

    ``thresholds``: thresholds equal, intercepts and scales of later places free; ``metric``: loadings too;
    ``scalar``: intercepts (zero) too, and the factor means of later places free.
    """
    rows: list[Parameter] = []
    for place in range(1, places + 1):
        group, later = 1 if scale.over_waves else place, place > 1
        for factor in scale.factors:
            latent = scale.factor_name(factor, place)
            for k, item in enumerate(scale.at(factor, place)):
                label = f"loading_{factor}_{k}" if level in ("metric", "scalar") else ""
                loading = Parameter(latent, "=~", item, group, label=label)
                rows.append(loading if k else replace(loading, free=False, value=1.0, label=""))
                rows.append(Parameter(item, "~~", item, group, free=False, value=0.0))
                drifts = later and level in ("thresholds", "metric")
                rows.append(Parameter(item, "~1", "", group, free=drifts, value=None if drifts else 0.0))
                names = [f"threshold_{factor}_{k}_{t}" for t in range(1, levels[item])]
                same = level != "configural"
                rows += item_rows(item, group, names if same else [""] * len(names), moves=later and same)
            moves = later and level == "scalar"
            rows.append(Parameter(latent, "~1", "", group, free=moves, value=None if moves else 0.0))
    return rows + [replace(row, group=row.group or 1) for row in covariance_rows(scale, places)]


def threshold_labels(stem: str, levels: int, equal: bool) -> list[str]:
    """Labels of a question's thresholds, alike at every wave: of all, or of the first two."""
    return [f"threshold_{stem}_{t}" if equal or t <= HELD else "" for t in range(1, levels)]


def refuse_two_answers(items: Sequence[str], levels: Sequence[int]) -> None:
    """Raises ModelError where equal thresholds do not set the unit of later waves."""
    two = [item for item, count in zip(items, levels, strict=True) if count <= HELD]
    if two:
        raise ModelError(
            "equal thresholds of two answers do not set the scale of later waves", where=", ".join(two), count=len(two),
            todo="Use a question with three answers or more.",
        )  # fmt: skip
