"""Parameter tables of cross-lagged panel models, from construct names and waves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pipeline.errors import ModelError
from pipeline.sem.engine.table import Parameter, ParameterTable

Waves = Sequence[str] | Sequence[Sequence[str]]
"""A construct's variables in order of waves: one name a wave, or the names of several indicators a wave."""

EQUAL_OVER_GROUPS = ("lags", "residuals", "means", "between", "first_wave", "loadings", "intercepts")


@dataclass(frozen=True)
class PanelModel:
    """What a cross-lagged model says; the words are those of ``riclpm``."""

    constructs: Mapping[str, Waves]
    between: bool = True
    lags: str = "free"
    residuals: str = "free"
    means: str = "free"
    cross: str | Sequence[tuple[str, str]] = "all"
    groups: int = 1
    group_equal: Sequence[str] = ()
    covariates: Sequence[str] = ()
    covariate_effects: str = "equal"
    time_varying: Mapping[str, Sequence[str]] | None = None
    item_covariances: bool = False
    slopes: bool = False
    loadings: Sequence[float] | None = None  # of the slopes; wave number less one unless told

    def __post_init__(self) -> None:
        self._check_words()
        self._check_waves()
        self._check_names()

    def _check_words(self) -> None:
        for name, value in (("lags", self.lags), ("residuals", self.residuals), ("means", self.means)):
            if value not in ("free", "equal"):
                raise ModelError(f"{name} are free or equal, not {value!r}", where="cross-lagged model")
        unknown = set(self.group_equal) - set(EQUAL_OVER_GROUPS)
        if unknown:
            raise ModelError(f"unknown part to hold equal over groups: {', '.join(sorted(unknown))}",
                             todo=f"Choose from {', '.join(EQUAL_OVER_GROUPS)}.")  # fmt: skip
        if self.slopes and self.means == "equal":
            raise ModelError("slopes and equal means exclude each other", where="cross-lagged model")

    def _check_waves(self) -> None:
        odd = [name for name, waves in self.constructs.items() if isinstance(waves, str)]
        if odd:
            raise ModelError("a construct is a list of variables, one a wave", where=", ".join(odd))
        lengths = {len(waves) for waves in self.constructs.values()}
        if len(lengths) != 1 or not self.constructs:
            raise ModelError(
                "the constructs differ in their number of waves", todo="Name one variable a wave for each."
            )
        least = 3 if self.between else 2
        if min(lengths) < least:
            raise ModelError(
                f"{min(lengths)} waves are too few: {'random intercepts' if self.between else 'lags'} need {least}",
                todo="Fit the model to more waves.",
            )

    def _check_names(self) -> None:
        """Names of latent variables and labels are made of construct names: no two may come out alike."""
        latent = [f"w{name}{wave}" for name in self.names for wave in range(1, self.waves + 1)]
        pairs = [f"{to}_{source}" for to in self.names for source in self.names]
        if len(set(latent)) < len(latent) or len(set(pairs)) < len(pairs):
            raise ModelError(
                "the names of the constructs can be taken for one another", where=", ".join(self.names),
                todo="Give them names that do not begin or end alike.",
            )  # fmt: skip

    @property
    def names(self) -> list[str]:
        return list(self.constructs)

    @property
    def waves(self) -> int:
        return len(next(iter(self.constructs.values())))

    @property
    def is_multiple(self) -> bool:
        """Several indicators a wave."""
        return any(not isinstance(wave, str) for waves in self.constructs.values() for wave in waves)

    @property
    def exogenous(self) -> tuple[str, ...]:
        varying = [name for waves in (self.time_varying or {}).values() for name in waves]
        return tuple(dict.fromkeys([*self.covariates, *varying]))

    def has_lag(self, to: str, source: str) -> bool:
        if to == source or self.cross == "all":
            return True
        return self.cross != "none" and (source, to) in [tuple(pair) for pair in self.cross]

    def label(self, part: str, stem: str, wave: int | None, group: int, over_time: bool = False) -> str:
        """The label that holds a parameter equal over time, over groups, over both; empty if it is free."""
        over_groups = part in self.group_equal and self.groups > 1
        if not (over_time or over_groups):
            return ""
        time = "" if over_time or wave is None else f"_{wave}"
        return f"{stem}{time}" + ("" if over_groups or self.groups == 1 else f"_g{group}")


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
            for wave in range(1, model.waves + 1)
        ]
    if model.slopes:
        times = model.loadings if model.loadings is not None else range(model.waves)
        rows += [
            _fixed(f"S{name}", "=~", factor(model, name, wave), group, float(time - times[0]))
            for name in model.names
            for wave, time in enumerate(times, start=1)
        ]
    return rows + [
        _fixed(f"w{name}{wave}", "=~", factor(model, name, wave), group, 1.0)
        for name in model.names
        for wave in range(1, model.waves + 1)
    ]


def _indicators(model: PanelModel, group: int) -> list[Parameter]:
    """Factors of several indicators with loadings and intercepts equal over time (scalar invariance).

    The first indicator's loading is 1 and the first wave's factor mean 0 (Mulder & Hamaker 2021, extension 3).
    """
    rows: list[Parameter] = []
    for name, waves in model.constructs.items():
        for wave, items in enumerate(waves, start=1):
            if isinstance(items, str):
                continue
            for k, item in enumerate(items):
                slope = model.label("loadings", f"load_{name}_{k}", wave, group, over_time=True)
                level = model.label("intercepts", f"int_{name}_{k}", wave, group, over_time=True)
                own = Parameter(f"F{name}{wave}", "=~", item, group, label=slope)
                rows.append(own if k else _fixed(f"F{name}{wave}", "=~", item, group, 1.0))
                rows += [Parameter(item, "~~", item, group), Parameter(item, "~1", "", group, label=level)]
                if model.item_covariances:
                    later = [other[k] for other in waves[wave:]]
                    rows += [Parameter(item, "~~", other, group) for other in later]
    return rows


def _between(model: PanelModel, group: int) -> list[Parameter]:
    stable = [f"RI{name}" for name in model.names]
    if model.slopes:
        stable += [f"S{name}" for name in model.names]
    rows = [
        Parameter(one, "~~", other, group, label=model.label("between", f"{one}_{other}", None, group))
        for k, one in enumerate(stable)
        for other in stable[k:]
    ]
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
                if model.has_lag(to, source):
                    label = model.label("lags", f"lag_{to}_{source}", wave, group, model.lags == "equal")
                    rows.append(Parameter(f"w{to}{wave}", "~", f"w{source}{wave - 1}", group, label=label))
    return rows


def _residuals(model: PanelModel, group: int) -> list[Parameter]:
    """Variances and covariances of the within-person parts at the first wave, of their residuals after."""
    rows = []
    for wave in range(1, model.waves + 1):
        part, same = ("first_wave", False) if wave == 1 else ("residuals", model.residuals == "equal")
        for k, one in enumerate(model.names):
            for other in model.names[k:]:
                label = model.label(part, f"res_{one}_{other}", wave, group, same)
                rows.append(Parameter(f"w{one}{wave}", "~~", f"w{other}{wave}", group, label=label))
    return rows


def _means(model: PanelModel, group: int) -> list[Parameter]:
    rows = []
    for name, waves in model.constructs.items():
        for wave, held in enumerate(waves, start=1):
            same = model.means == "equal"
            label = model.label("means", f"mean_{name}", wave, group, same)
            if model.slopes:
                rows.append(_fixed(factor(model, name, wave), "~1", "", group, 0.0))
            elif isinstance(held, str):
                rows.append(Parameter(held, "~1", "", group, label=label))
            elif wave > 1 and not same:
                rows.append(Parameter(f"F{name}{wave}", "~1", "", group, label=label))
    return rows


def _covariates(model: PanelModel, group: int) -> list[Parameter]:
    """Constant covariates act on the random intercepts (equal over time) or on every wave (free over time).

    Time-varying ones act on the scores of their own wave, equally at every wave.
    """
    rows = []
    steady = model.covariate_effects == "equal" and model.between
    for covariate in model.covariates:
        for name in model.names:
            targets = [f"RI{name}"] if steady else [factor(model, name, wave) for wave in range(1, model.waves + 1)]
            rows += [Parameter(target, "~", covariate, group) for target in targets]
    for stem, variables in (model.time_varying or {}).items():
        for name in model.names:
            label = f"tv_{name}_{stem}" + (f"_g{group}" if model.groups > 1 else "")
            rows += [
                Parameter(factor(model, name, wave), "~", variable, group, label=label)
                for wave, variable in enumerate(variables, start=1)
            ]
    return rows
