"""Declared autoregressive latent trajectories: levels and trends, with effects of the scores of the wave before."""

from __future__ import annotations

import polars as pl

from pipeline.sem.declared.further import Names, add_further, add_parameters, fitted
from pipeline.sem.declared.lags import trend_names
from pipeline.sem.declared.material import chosen
from pipeline.sem.declared.rows import Rows
from pipeline.sem.families.curves import alt
from pipeline.specs.project import Study
from pipeline.specs.structural import StructuralModel


def fit(
    name: str, model: StructuralModel, panel: pl.DataFrame, study: Study, answers: pl.DataFrame | None
) -> pl.DataFrame:
    """One row per lag, growth factor, pair of them, residual and fit measure.

    Component ``lag``: the score at one wave on that at the next, which levels and trends shape as well, so that it is
    no effect of a deviation; ``growth``, ``growth_variance``, ``growth_covariance``; ``variance`` and ``covariance`` of
    residuals; ``derived``; ``fit``.
    """
    material, rows = chosen(model, panel, study, answers), Rows(model.confidence)
    waves = material.waves(*model.constructs)
    frame = material.wide(model.constructs, waves)
    result = alt(
        frame, {one: [f"{one}_{wave}" for wave in waves] for one in model.constructs}, lags=model.lags,
        residuals=model.residuals, times=material.times(waves), gate=False, **material.options,
    )  # fmt: skip
    made = fitted(material, result)
    names = _names(model, waves)
    if result.problems:
        for component, outcome, term, wave in dict.fromkeys(names.values()):
            if component in ("lag", "growth"):
                rows.withheld(outcome, component, term, "; ".join(result.problems), wave=wave)
    else:
        add_parameters(rows, made, names)
        held = {f"{one}_{wave}": wave for one in model.constructs for wave in waves}
        add_further(rows, material, made, names, held)
        rows.fit(result)
    rows.sample(result)
    return rows.table(name, model.family, n_persons=result.n, covariance=made.errors)


def _names(model: StructuralModel, waves: tuple[str, ...]) -> Names:
    names = trend_names(model.constructs, "i_", "s_")
    for number, wave in enumerate(waves[1:], start=1):
        for k, to in enumerate(model.constructs):
            for source in model.constructs:
                own = None if model.lags == "equal" else wave
                names[f"{to}_{wave}", "~", f"{source}_{waves[number - 1]}"] = ("lag", to, source, own)
            for other in model.constructs[k:]:
                called = ("variance", to, "residual", wave) if to == other else ("covariance", to, other, wave)
                names[f"{to}_{wave}", "~~", f"{other}_{wave}"] = called
    return names
