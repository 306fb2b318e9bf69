"""Regressions of panels in Stata.

Stata counts clusters where plm's HC1 does not: its standard errors are brought to those of the pipeline by the factors
of its manuals ([R] regress, [XT] xtreg: G/(G-1) times (N-1)/(N-K)).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from pipeline.exports.scripts.call import Call
from pipeline.exports.scripts.regressions import targets_of
from pipeline.exports.scripts.stata import (
    Counterpart,
    Row,
    chosen_rows,
    codes,
    compared,
    complete_rows,
    one_compared,
    quoted,
)
from pipeline.specs.report import Model

HC1 = "sqrt((e(N_clust) - 1) / e(N_clust) * e(N) / (e(N) - 1))"
"""From Stata's clustered errors to HC1, where both divide by N - K."""


@dataclass(frozen=True)
class Terms:
    """How the terms of a model are written: right-hand side of the command, and the coefficient of a row."""

    right: str
    name: Callable[[Row], str | None]


def lines(call: Call) -> Iterator[str]:
    """The commands of the model's family, and each estimate compared."""
    model = call.model
    assert isinstance(model, Model)
    if model.family == "attrition":
        yield from _attrition(call, model)
        return
    used = [str(model.outcome), *model.exposures, *model.covariates, *call.clusters]
    weight = [str(call.weight)] if call.weight else []
    yield from chosen_rows(call)
    yield from complete_rows(call, [*used, *weight])
    yield from _WRITTEN[model.family](call, model)


def _terms(call: Call, model: Model, exposures: dict[str, str] | None = None) -> Terms:
    """The terms by their names in the file; ``exposures``: those that stand for an exposure."""
    renamed = {name: call.stata[name] for name in (*model.exposures, *model.covariates)} | (exposures or {})
    parts = [f"i.{new}" if name in model.categorical else new for name, new in renamed.items()]
    waves = ["i.wave_n"] if model.wave_effects and model.family not in ("between", "attrition") else []

    def name(row: Row) -> str | None:
        if row["component"] == "intercept":
            return "_cons"
        if row["component"] == "wave":
            return "`level'.wave_n"
        if row["term"] not in renamed:
            return None
        return f"{row['group']}.{renamed[row['term']]}" if row["group"] else renamed[row["term"]]

    return Terms(" ".join([*parts, *waves]), name)


def _errors(call: Call, factor: str = HC1) -> tuple[str, str]:
    """The option for the standard errors, and what brings them to the pipeline's; none for two ways of clusters."""
    if not call.clusters:
        return "", "1"
    if len(call.clusters) > 1:
        return "", ""
    return f"vce(cluster {call.stata[call.clusters[0]]}_c)", "1" if call.correction == "stata" else factor


def _clusters(call: Call) -> Iterator[str]:
    """The codes of the clusters."""
    if len(call.clusters) == 1:
        name = call.stata[call.clusters[0]]
        yield f"egen long {name}_c = group({name})"


def _coefficients(call: Call, terms: Terms, factor: str, command: str = "") -> Iterator[str]:
    def counterpart(row: Row) -> Counterpart | None:
        name = terms.name(row)
        if name is None:
            return None
        return Counterpart(f"_b[{name}]", f"_se[{name}] * {factor}" if factor else "", command)

    return compared(call, counterpart)


def _weights(call: Call) -> str:
    return f" [aweight = {call.stata[call.weight]}]" if call.weight else ""


def _pooled(call: Call, model: Model) -> Iterator[str]:
    terms = _terms(call, model)
    option, factor = _errors(call)
    base = f"regress {call.stata[str(model.outcome)]} {terms.right}"
    yield from _clusters(call)
    yield f"quietly {base}{_weights(call)}, {option}".rstrip(", ")
    yield from _coefficients(call, terms, factor, f"{base} [aweight = @]")


def _fixed_effects(call: Call, model: Model) -> Iterator[str]:
    terms, outcome = _terms(call, model), call.stata[str(model.outcome)]
    right = terms.right
    k = "e(df_m)"
    if model.effects == "person_and_wave":
        right = f"{right} i.wave_n" if "i.wave_n" not in right else right
        yield "quietly levelsof wave_n"
        yield "local waves = r(r)"
        k = "(e(df_m) - `waves' + 1)"
    yield from _clusters(call)
    absorbing = f"areg {outcome} {right}"
    if call.weight:
        factor = (
            f"sqrt((e(N_clust) - 1) / e(N_clust) * (e(N) - e(df_m) - e(df_a) - 1) / (e(N) - 1) * e(N) / (e(N) - {k}))"
        )
        option, factor = _errors(call, factor)
        yield f"quietly {absorbing}{_weights(call)}, absorb(person_n) {option}".rstrip()
    else:
        factor = f"sqrt((e(N_clust) - 1) / e(N_clust) * (e(N) - e(df_m) - 1) / (e(N) - 1) * e(N) / (e(N) - {k}))"
        option, factor = _errors(call, factor)
        yield f"quietly xtreg {outcome} {right}, fe {option}".rstrip()
    yield from _coefficients(call, terms, factor, f"{absorbing} [aweight = @], absorb(person_n)")


def _first_difference(call: Call, model: Model) -> Iterator[str]:
    outcome = call.stata[str(model.outcome)]
    names = {name: f"change_{place}" for place, name in enumerate((*model.exposures, *model.covariates), 1)}
    yield from _clusters(call)
    yield "sort person_n wave_n"
    yield f"by person_n: generate double change_0 = {outcome} - {outcome}[_n - 1]"
    for name, new in names.items():
        yield f"by person_n: generate double {new} = {call.stata[name]} - {call.stata[name]}[_n - 1]"
    weights, right = "", " ".join(names.values())
    if call.weight:
        weight = call.stata[call.weight]
        yield f"by person_n: generate double change_weight = 1 / (1 / {weight} + 1 / {weight}[_n - 1])"
        weights = " [aweight = change_weight]"
    if model.wave_effects:
        yield "quietly tabulate wave_n, generate(in_wave_)"
        yield "drop in_wave_1"
        yield "foreach dummy of varlist in_wave_* {"
        yield "    by person_n: generate double d_`dummy' = `dummy' - `dummy'[_n - 1]"
        yield "}"
        right = f"{right} d_in_wave_*"

    def counterpart(row: Row) -> Counterpart | None:
        special = {"wave": "d_in_wave_`level'", "intercept": "_cons"}
        name = special.get(row["component"]) or names.get(row["term"])
        return Counterpart(f"_b[{name}]", f"_se[{name}] * {factor}" if factor else "", again)

    option, factor = _errors(call)
    constant = "noconstant" if model.wave_effects else ""
    again = f"regress change_0 {right} [aweight = @], {constant}".rstrip(", ")
    yield f"quietly regress change_0 {right}{weights}, {constant} {option}".rstrip(", ")
    yield from compared(call, counterpart)


def _variances(row: Row, person: str, residual: str) -> Counterpart | None:
    shares = {"person": person, "residual": residual, "icc": f"{person} / ({person} + {residual})"}
    return Counterpart(shares[row["term"]]) if row["term"] in shares else None


def _random_effects(call: Call, model: Model) -> Iterator[str]:
    terms = _terms(call, model)
    option, factor = _errors(call)
    yield from _clusters(call)
    yield f"quietly xtreg {call.stata[str(model.outcome)]} {terms.right}, re sa {option}".rstrip()

    def counterpart(row: Row) -> Counterpart | None:
        if row["component"] == "variance":
            return _variances(row, "e(sigma_u)^2", "e(sigma_e)^2")
        name = terms.name(row)
        return Counterpart(f"_b[{name}]", f"_se[{name}] * {factor}" if factor else "") if name else None

    yield from compared(call, counterpart)


def _means(call: Call, model: Model) -> Iterator[str]:
    """Each exposure's mean over the person's rows, and the deviation from it."""
    for place, name in enumerate(model.exposures, 1):
        yield f"egen double mean_{place} = mean({call.stata[name]}), by(person_n)"
        yield f"generate double own_{place} = {call.stata[name]} - mean_{place}"


def _within_between(call: Call, model: Model) -> Iterator[str]:
    parts: dict[str, dict[str, str]] = {"within": {}, "between": {}}
    for place, name in enumerate(model.exposures, 1):
        parts["within"][name], parts["between"][name] = f"own_{place}", f"mean_{place}"
    both = {name: f"{parts['within'][name]} {parts['between'][name]}" for name in model.exposures}
    terms = _terms(call, model, both)
    yield from _means(call, model)
    yield f"quietly mixed {call.stata[str(model.outcome)]} {terms.right} || person_n:, reml"

    def counterpart(row: Row) -> Counterpart | None:
        component = row["component"]
        if component == "variance":
            return _variances(row, "exp(2 * _b[lns1_1_1:_cons])", "exp(2 * _b[lnsig_e:_cons])")
        if component == "fit":
            return None  # the constant of a restricted likelihood is a matter of convention
        if component == "within_minus_between":
            own, mean = parts["within"][row["term"]], parts["between"][row["term"]]
            return Counterpart("r(estimate)", "r(se)", before=f"quietly lincom {own} - {mean}")
        name = parts[component].get(row["term"]) if component in parts else terms.name(row)
        return Counterpart(f"_b[{name}]", f"_se[{name}]") if name else None

    yield from compared(call, counterpart)


def _mundlak(call: Call, model: Model) -> Iterator[str]:
    terms = _terms(call, model)
    means = {name: f"mean_{place}" for place, name in enumerate(model.exposures, 1)}
    option, factor = _errors(call)
    yield from _clusters(call)
    yield from _means(call, model)
    right = f"{terms.right} {' '.join(means.values())}"
    yield f"quietly xtreg {call.stata[str(model.outcome)]} {right}, re sa {option}".rstrip()

    def counterpart(row: Row) -> Counterpart | None:
        if row["component"] == "variance":
            return _variances(row, "e(sigma_u)^2", "e(sigma_e)^2")
        name = means.get(row["term"]) if row["component"] == "contextual" else terms.name(row)
        return Counterpart(f"_b[{name}]", f"_se[{name}] * {factor}" if factor else "") if name else None

    yield from compared(call, counterpart)


def _between(call: Call, model: Model) -> Iterator[str]:
    terms = _terms(call, model)
    names = [call.stata[name] for name in (str(model.outcome), *model.exposures, *model.covariates)]
    yield f"collapse (mean) {' '.join(names)}, by(person_n)"
    yield f"quietly regress {names[0]} {terms.right}"
    yield from _coefficients(call, terms, "1")


def _hausman(call: Call, model: Model) -> Iterator[str]:
    """Fixed less random effects, each restored in turn."""
    terms, outcome = _terms(call, model), call.stata[str(model.outcome)]
    for stored, option in (("fixed", "fe"), ("random", "re sa")):
        yield f"quietly xtreg {outcome} {terms.right}, {option}"
        yield f"estimates store {stored}"
    for row in call.estimates.to_dicts():
        name = terms.name({**row, "component": "wave" if row["wave"] else "coefficient"})
        if row["wave"]:
            yield f'local level = "{row["wave"]}":wave_n'
        yield "quietly estimates restore fixed"
        yield f"scalar of_fixed = _b[{name}]"
        yield f"scalar error_fixed = _se[{name}]"
        yield "quietly estimates restore random"
        found = Counterpart(f"scalar(of_fixed) - _b[{name}]", f"sqrt(scalar(error_fixed)^2 - _se[{name}]^2)")
        yield from one_compared(call, row, found)


def _logit(call: Call, model: Model) -> Iterator[str]:
    terms = _terms(call, model)
    option, _ = _errors(call)
    factor = "sqrt((e(N) - 1) / (e(N) - e(rank)))" if call.clusters else "1"
    yield from _clusters(call)
    yield f"quietly logit {call.stata[str(model.outcome)]} {terms.right}, {option}".rstrip(", ")
    yield from _odds(call, terms, factor if len(call.clusters) < 2 else "")


FIT = {"log_likelihood": "e(ll)", "mcfadden_r2": "e(r2_p)"}


def _odds(call: Call, terms: Terms, factor: str, rows: Callable[[Row], bool] = lambda _: True) -> Iterator[str]:
    def counterpart(row: Row) -> Counterpart | None:
        if not rows(row):
            return None
        if row["component"] == "fit":
            return Counterpart(FIT[row["term"]]) if row["term"] in FIT else None
        name = terms.name(row)
        if name is None or row["component"] == "marginal_effect":
            return None
        if row["component"] == "odds_ratio":
            return Counterpart(f"exp(_b[{name}])", f"exp(_b[{name}]) * _se[{name}] * {factor}" if factor else "")
        return Counterpart(f"_b[{name}]", f"_se[{name}] * {factor}" if factor else "")

    return compared(call, counterpart)


def _attrition(call: Call, model: Model) -> Iterator[str]:
    """One logit a target: who of those asked in its arms answered all of its waves."""
    terms, names = _terms(call, model), call.stata
    wave, arm, person = names["wave"], names["arm"], names["person_id"]
    for name, waves in targets_of(call, model).items():
        outcome = f"answered_{name}"
        if outcome not in set(call.estimates["outcome"]):
            continue
        yield from chosen_rows(call)
        yield from codes(call)
        for place, one in enumerate(waves, 1):
            yield f"egen byte answered_{place} = max({wave} == {quoted(one)}), by({person})"
            yield f"egen byte asked_{place} = max({wave} == {quoted(one)}), by({arm})"
        if model.from_wave == "latest":
            yield f"quietly keep if wave_n < {quoted(min(waves))}:wave_n"
            yield "sort person_n wave_n"
            yield "quietly by person_n: keep if _n == _N"
        else:
            yield f"quietly keep if {wave} == {quoted(str(model.from_wave))}"
        every = range(1, len(waves) + 1)
        yield f"quietly keep if {' & '.join(f'asked_{place}' for place in every)}"
        yield f"generate byte stayed = {' & '.join(f'answered_{place}' for place in every)}"
        yield f"quietly logit stayed {terms.right}"
        yield from _odds(call, terms, "1", lambda row, outcome=outcome: row["outcome"] == outcome)  # type: ignore[misc]


_WRITTEN: dict[str, Callable[[Call, Model], Iterator[str]]] = {
    "pooled": _pooled,
    "fixed_effects": _fixed_effects,
    "first_difference": _first_difference,
    "random_effects": _random_effects,
    "within_between": _within_between,
    "mundlak": _mundlak,
    "between": _between,
    "hausman": _hausman,
    "logit": _logit,
}
"""Family → its commands."""
