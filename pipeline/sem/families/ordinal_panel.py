"""Random-intercept cross-lagged models of ordered questions: lags among the latent responses behind the answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Unpack

import polars as pl

from pipeline.errors import ModelError
from pipeline.options import known_options
from pipeline.sem.engine.data import as_frame
from pipeline.sem.engine.fitting import SearchOptions
from pipeline.sem.engine.table import Linear, Parameter
from pipeline.sem.families.ordinal_rows import item_rows, refuse_two_answers, threshold_labels
from pipeline.sem.families.panel_model import PanelModel, Waves
from pipeline.sem.families.panel_table import panel_table
from pipeline.sem.ordinal.fit import OrdinalData, fit_ordinal, ordinal_data
from pipeline.sem.ordinal.fitting import OrdinalFitting
from pipeline.sem.ordinal.result import OrdinalResult


@known_options
def ordinal_riclpm(
    frame: pl.DataFrame,
    constructs: Mapping[str, Waves],
    lags: str = "free",
    residuals: str = "free",
    means: str = "free",
    random_intercepts: str | Mapping[str, str] = "free",
    thresholds: str = "equal",
    **options: Unpack[SearchOptions],
) -> OrdinalResult:
    """Random-intercept cross-lagged model of questions with three or more ordered answers, by WLSMV.

    ``constructs`` as in ``riclpm``: one ordered question a wave, or several. Of one question, the latent response is
    y*_t = RI + w_t, without a rest, as the score is in ``riclpm``; of several, y*_jt = λ_j (RI + w_t + μ_t) + e_jt with
    equal loadings. Thresholds are equal over waves (with them the model says that a question is answered alike in every
    wave; ``thresholds="free"`` leaves but the first two equal, which set origin and unit, so that ``compare`` tests the
    others). The response has variance one at the first wave (delta parameterisation) and whatever follows later;
    ``theta_estimates`` puts the first wave's within-person part (of several questions: the residual) at one. The first
    wave's mean is zero. ``residuals``: of the within-person parts, after the first wave. ``random_intercepts``: free or
    zero. ``options`` as in ``OrdinalFitting``, without groups. Judge: lavaan 0.6-14.

    Raises ModelError for two answers, too few waves, and where the result cannot stand.
    """
    model, fitting, data = _prepared(frame, constructs, lags, residuals, means, random_intercepts, dict(options))
    if thresholds not in ("equal", "free"):
        raise ModelError(f"thresholds are equal or free over waves, not {thresholds!r}", where="thresholds")
    rows, rules = _table(model, dict(zip(data.items, data.levels, strict=True)), thresholds == "equal")
    return fit_ordinal(rows, data, fitting, rules)


def _prepared(
    frame: pl.DataFrame,
    constructs: Mapping[str, Waves],
    lags: str,
    residuals: str,
    means: str,
    random_intercepts: str | Mapping[str, str],
    options: dict[str, object],
) -> tuple[PanelModel, OrdinalFitting, OrdinalData]:
    model = PanelModel.of(constructs, lags=lags, residuals=residuals, means=means, random_intercepts=random_intercepts)
    if any(model.intercept(name) == "bounded" for name in model.names):
        raise ModelError(
            "a random intercept of ordered questions is free or zero", where="random_intercepts", todo="Choose one."
        )
    if options.get("group") is not None:
        raise ModelError("cross-lagged models of ordered questions have no groups", where="group", todo="Leave it out.")
    fitting, names = OrdinalFitting.of(options), model.variables
    if len(set(names)) < len(names):
        raise ModelError("a variable stands for two constructs or waves", todo="Name each variable once.")
    data = ordinal_data(as_frame(frame), names, fitting, _alike(model))
    refuse_two_answers(data.items, data.levels)
    return model, fitting, data


def _alike(model: PanelModel) -> list[list[str]]:
    """Each question's variables over the waves."""
    return [
        [model.items(name, wave)[k] for wave in model.asked(name)]
        for name in model.names
        for k in range(len(model.items(name, 1)))
    ]


def _table(model: PanelModel, levels: Mapping[str, int], equal: bool) -> tuple[list[Parameter], list[Linear]]:
    """The rows of the continuous model with thresholds for intercepts, and what sets the unit of single questions."""
    single = {name for name in model.names if isinstance(model.constructs[name][0], str)}
    place = {
        item: (name, k, wave)
        for name in model.names
        for wave in model.asked(name)
        for k, item in enumerate(model.items(name, wave))
    }
    rules: list[Linear] = [
        ({f"between_{name}": 1.0, f"first_{name}": 1.0}, 1.0) for name in single if model.intercept(name) != "zero"
    ]
    rows = [_set(row, model, single, place) for row in panel_table(model).parameters]
    for item, (name, k, wave) in place.items():
        own = item_rows(item, 1, threshold_labels(f"{name}_{k}", levels[item], equal), moves=wave > 1)
        rows += own[:-1] if name in single else own
    return rows, rules


def _set(row: Parameter, model: PanelModel, single: set[str], place: Mapping[str, tuple[str, int, int]]) -> Parameter:
    """A row as ordered answers have it: no intercepts or residuals of questions, and each response in its unit."""
    if row.lhs in place and row.op == "~1":
        name, _, wave = place[row.lhs]
        moves = name in single and wave > 1 and model.means == "free"
        return replace(row, label="") if moves else replace(row, free=False, value=0.0, label="")
    if row.op == "~~" and row.lhs == row.rhs:
        if row.lhs in place:
            return replace(row, free=False, value=0.0, label="")
        for name in single:
            zero = model.intercept(name) == "zero"
            if row.lhs == f"RI{name}" and not zero:
                return replace(row, label=f"between_{name}")
            if row.lhs == f"w{name}1":
                return replace(row, free=False, value=1.0) if zero else replace(row, label=f"first_{name}")
    return row
