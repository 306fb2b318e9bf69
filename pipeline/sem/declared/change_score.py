"""Declared latent change score models: what change from wave to wave depends on."""

from __future__ import annotations

import polars as pl

from pipeline.sem.declared.further import Names, add_further, add_parameters, fitted
from pipeline.sem.declared.material import chosen
from pipeline.sem.declared.rows import Rows
from pipeline.sem.families.change_score import change_score
from pipeline.specs.project import Study
from pipeline.specs.structural import StructuralModel


def fit(
    name: str, model: StructuralModel, panel: pl.DataFrame, study: Study, answers: pl.DataFrame | None
) -> pl.DataFrame:
    """One row per effect on change, growth factor, pair of them, error variance and fit measure.

    Component ``feedback``: how change of ``outcome`` depends on its level a wave before; ``coupling``: on that of
    ``term``; ``growth``: the mean ``level`` at the first wave and the mean ``constant_change``; ``growth_variance``,
    ``growth_covariance``; ``variance``: of errors; ``derived``; ``fit``.
    """
    material, rows = chosen(model, panel, study, answers), Rows(model.confidence)
    waves = material.waves(*model.constructs)
    frame = material.wide(model.constructs, waves)
    result = change_score(
        frame, {one: [f"{one}_{wave}" for wave in waves] for one in model.constructs}, coupling=model.coupling,
        constant_change=model.constant_change, times=material.times(waves), gate=False, **material.options,
    )  # fmt: skip
    made, names = fitted(material, result), _names(model, waves)
    if result.problems:
        for component, outcome, term, _ in dict.fromkeys(names.values()):
            if component in ("feedback", "coupling", "growth"):
                rows.withheld(outcome, component, term, "; ".join(result.problems))
    else:
        add_parameters(rows, made, names)
        held = {f"{stem}{one}{k}": wave for k, wave in enumerate(waves, 1) for one in model.constructs for stem in "dl"}
        held |= {f"{one}_{wave}": wave for one in model.constructs for wave in waves}
        add_further(rows, material, made, names, held)
        rows.fit(result)
    rows.sample(result)
    return rows.table(name, model.family, n_persons=result.n, covariance=made.errors)


def _names(model: StructuralModel, waves: tuple[str, ...]) -> Names:
    names: Names = {}
    for one in model.constructs:
        for number, wave in enumerate(waves, start=1):
            names[f"{one}_{wave}", "~~", f"{one}_{wave}"] = ("variance", one, "error", None)
            if number > 1:
                for source in model.constructs:
                    called = "feedback" if source == one else "coupling"
                    names[f"d{one}{number}", "~", f"l{source}{number - 1}"] = (called, one, source, None)
                names[f"d{one}{number}", "~1", ""] = ("growth", one, "constant_change", None)
    factors = [(f"l{one}1", one, "level") for one in model.constructs]
    factors += [(f"s_{one}", one, "constant_change") for one in model.constructs]
    for k, (factor, one, called) in enumerate(factors):
        names[factor, "~1", ""] = ("growth", one, called, None)
        names[factor, "~~", factor] = ("growth_variance", one, called, None)
        for other, second, also in factors:
            if (other, second, also) not in factors[: k + 1]:
                term = f"{called} with {also}" if one == second else f"{called} with {also} of {second}"
                names[factor, "~~", other] = names[other, "~~", factor] = ("growth_covariance", one, term, None)
    return names
