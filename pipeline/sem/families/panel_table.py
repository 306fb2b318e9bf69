"""Parameter tables of cross-lagged panel models, from construct names and waves."""

from __future__ import annotations

from pipeline.sem.engine.table import Parameter, ParameterTable
from pipeline.sem.families.panel_model import PanelModel


def panel_table(model: PanelModel) -> ParameterTable:
    """The parameter table: within-person parts ``w<construct><wave>``, random intercepts ``RI<construct>``."""
    rows: list[Parameter] = []
    for group in range(1, model.groups + 1):
        rows += _measurement(model, group)
        if model.between:
            rows += _between(model, group)
        rows += _lagged(model, group)
        rows += _residuals(model, group)
        rows += _means(model, group)
        rows += _covariates(model, group)
    return ParameterTable(tuple(rows))


def factor(model: PanelModel, name: str, wave: int) -> str:
    """What carries the construct at a wave: the variable itself, or the factor of several indicators."""
    held = model.constructs[name][wave - 1]
    return held if isinstance(held, str) else f"F{name}{wave}"


def _fixed(lhs: str, op: str, rhs: str, group: int, value: float) -> Parameter:
    return Parameter(lhs, op, rhs, group, free=False, value=value)


def _measurement(model: PanelModel, group: int) -> list[Parameter]:
    rows = _indicators(model, group) if model.is_multiple else []
    if model.between:
        rows += [
            _fixed(f"RI{name}", "=~", factor(model, name, wave), group, 1.0)
            for name in model.names
            for wave in model.asked(name)
        ]
    if model.slopes:
        times = model.loadings if model.loadings is not None else range(model.waves)
        rows += [
            _fixed(f"S{name}", "=~", factor(model, name, wave), group, float(times[wave - 1] - times[0]))
            for name in model.names
            for wave in model.asked(name)
        ]
    for name in model.names:
        asked = model.asked(name)
        rows += [_fixed(f"w{name}{wave}", "=~", factor(model, name, wave), group, 1.0) for wave in asked]
        # a phantom has no indicator: a loading of zero makes it a latent variable of the model, as in lavaan
        first = factor(model, name, asked[0])
        rows += [_fixed(f"w{name}{wave}", "=~", first, group, 0.0) for wave in model.phantoms(name)]
    return rows


def _indicators(model: PanelModel, group: int) -> list[Parameter]:
    """Factors of several indicators with loadings and intercepts equal over time (scalar invariance).

    The first indicator's loading is 1 and the first wave's factor mean 0 (Mulder & Hamaker 2021, extension 3).
    """
    rows: list[Parameter] = []
    for name in model.names:
        for wave in model.asked(name):
            if isinstance(model.constructs[name][wave - 1], str):
                continue
            for k, item in enumerate(model.items(name, wave)):
                slope = model.label("loadings", f"load_{name}_{k}", wave, group, over_time=True)
                level = model.label("intercepts", f"int_{name}_{k}", wave, group, over_time=True)
                own = Parameter(f"F{name}{wave}", "=~", item, group, label=slope)
                rows.append(own if k else _fixed(f"F{name}{wave}", "=~", item, group, 1.0))
                rows += [Parameter(item, "~~", item, group), Parameter(item, "~1", "", group, label=level)]
                if model.item_covariances:
                    later = [model.items(name, other)[k] for other in model.asked(name) if other > wave]
                    rows += [Parameter(item, "~~", other, group) for other in later]
    return rows


def _between(model: PanelModel, group: int) -> list[Parameter]:
    stable = [f"RI{name}" for name in model.names]
    if model.slopes:
        stable += [f"S{name}" for name in model.names]
    zero = {f"RI{name}" for name in model.names if model.intercept(name) == "zero"}
    rows = []
    for k, one in enumerate(stable):
        for other in stable[k:]:
            label = model.label("between", f"{one}_{other}", None, group)
            free = not {one, other} & zero
            rows.append(
                Parameter(one, "~~", other, group, label=label) if free else _fixed(one, "~~", other, group, 0.0)
            )
    if model.slopes:
        rows += [
            Parameter(name, "~1", "", group, label=model.label("means", f"mean_{name}", None, group)) for name in stable
        ]
    return rows


def _lagged(model: PanelModel, group: int) -> list[Parameter]:
    rows = []
    for wave in range(2, model.waves + 1):
        for to in model.names:
            for source in model.names:
                if wave in model.parts(to) and wave - 1 in model.parts(source) and model.has_lag(to, source):
                    label = model.label(
                        "lags", f"lag_{to}_{source}", model.twin(wave, to), group, model.lags == "equal",
                        bool(model.phantoms(to)),
                    )  # fmt: skip
                    rows.append(Parameter(f"w{to}{wave}", "~", f"w{source}{wave - 1}", group, label=label))
    return rows


def _residuals(model: PanelModel, group: int) -> list[Parameter]:
    """Variances and covariances of the within-person parts at the first wave, of their residuals after."""
    rows = []
    for wave in range(1, model.waves + 1):
        part, same = ("first_wave", False) if wave == 1 else ("residuals", model.residuals == "equal")
        here = [name for name in model.names if wave in model.parts(name)]
        for k, one in enumerate(here):
            for other in here[k:]:
                tied = wave > 1 and bool(model.phantoms(one) or model.phantoms(other))
                twin = model.twin(wave, one, other)
                label = model.label(part, f"res_{one}_{other}", twin, group, same, tied)
                rows.append(Parameter(f"w{one}{wave}", "~~", f"w{other}{wave}", group, label=label))
    return rows


def _means(model: PanelModel, group: int) -> list[Parameter]:
    rows = []
    for name in model.names:
        for wave in model.asked(name):
            same = model.means == "equal"
            label = model.label("means", f"mean_{name}", wave, group, same)
            carrier = factor(model, name, wave)
            if model.slopes:
                rows.append(_fixed(carrier, "~1", "", group, 0.0))
            elif isinstance(model.constructs[name][wave - 1], str) or (wave > 1 and not same):
                rows.append(Parameter(carrier, "~1", "", group, label=label))
    return rows


def _covariates(model: PanelModel, group: int) -> list[Parameter]:
    """Constant covariates act on the random intercepts (equal over time) or on every wave (free over time).

    Time-varying ones act on the scores of their own wave, equally at every wave.
    """
    rows = []
    steady = model.covariate_effects == "equal" and model.between
    for covariate in model.covariates:
        for name in model.names:
            targets = [f"RI{name}"] if steady else [factor(model, name, wave) for wave in model.asked(name)]
            rows += [Parameter(target, "~", covariate, group) for target in targets]
    for stem, variables in (model.time_varying or {}).items():
        for name in model.names:
            label = f"tv_{name}_{stem}" + (f"_g{group}" if model.groups > 1 else "")
            rows += [
                Parameter(factor(model, name, wave), "~", variables[wave - 1], group, label=label)
                for wave in model.asked(name)
            ]
    return rows
