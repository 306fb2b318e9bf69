"""Estimates on the survey design in Stata: svy, or a loop over replicate weights.

A difference of two weighted means is the coefficient of an indicator in a regression on the same rows: with it comes
the covariance of the two, which ``svy: mean`` gives in a form that differs between releases.
"""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.exports.scripts.call import Call
from pipeline.exports.scripts.r_script import TEXTS
from pipeline.exports.scripts.stata import (
    Counterpart,
    Row,
    chosen_rows,
    codes,
    compared,
    in_list,
    one_compared,
    quoted,
)
from pipeline.specs.report import Model

LONELY = {"certainty": "certainty", "remove": "certainty", "adjust": "centered", "average": "scaled", "fail": "missing"}
"""The rule for strata with one unit → Stata's word for what gives the same variance."""


def lines(call: Call) -> Iterator[str]:
    """The design, then each estimate with its command."""
    model = call.model
    assert isinstance(model, Model)
    yield from chosen_rows(call)
    if not call.weight:
        yield "quietly count if !missing(design_weight)"
        yield 'local weight = cond(r(N) > 0, "design_weight", "")'
    if model.family == "design_regression":
        yield from _regression(call, model)
        return
    if model.family == "design_changes" and not call.replicates:
        wave, person = call.stata["wave"], call.stata["person_id"]
        yield f"sort {person} {wave}"
        yield f"quietly by {person}: replace stratum = stratum[1]"
        yield f"quietly by {person}: replace psu = psu[1]"
    yield from _declared(call, model)
    for row in call.estimates.to_dicts():
        conditions = _conditions(call, model, row)
        if conditions is not None:
            yield from _estimate(call, model, row, *conditions)


def _declared(call: Call, model: Model) -> Iterator[str]:
    if not call.replicates:
        weight = call.stata[call.weight] if call.weight else "`weight'"
        yield f'declare_design "{weight}" {LONELY[model.lonely_psu or call.study.about.design.lonely_psu]}'


def _conditions(call: Call, model: Model, row: Row) -> tuple[str, str, str] | None:
    """Which rows the design holds, which of them count, and which of these are on the side that is added."""
    wave = call.stata["wave"]
    match row["component"]:
        case "mean" | "share":
            here = f" & {_is(call, model, row['group'])}" if row["group"] else ""
            return f"{wave} == {quoted(row['wave'])}", here, ""
        case "change":
            early, late = row["term"].split("_to_")
            here = f" & {_is(call, model, row['group'])}" if row["group"] else ""
            return "1", f" & {in_list(wave, (early, late))}{here}", f"{wave} == {quoted(late)}"
        case "difference":
            one, other = row["term"].split("_minus_")
            both = f" & ({_is(call, model, one)} | {_is(call, model, other)})"
            return f"{wave} == {quoted(row['wave'])}", both, _is(call, model, one)
    return None  # a difference of changes: reproduce.R has it


def _is(call: Call, model: Model, level: str) -> str:
    """A condition: the row is of this group."""
    name = call.stata[str(model.group)]
    return f"{name} == {quoted(level) if model.group in TEXTS else level}"


def _estimate(call: Call, model: Model, row: Row, kept: str, here: str, added: str) -> Iterator[str]:
    outcome = call.stata[row["outcome"]]
    yield "preserve"
    if kept != "1":
        yield f"quietly keep if {kept}"
    yield f"generate double z_value = {outcome}"
    if row["component"] == "share":
        yield f"quietly replace z_value = {outcome} == {row['term']} if !missing({outcome})"
    yield f"generate byte z_inside = !missing(z_value){here}"
    if added:
        yield f"generate byte z_added = {added}"
    command, name = ("regress z_value z_added", "z_added") if added else ("mean z_value", "z_value")
    if call.replicates:
        again = (
            "regress z_value z_added [aweight = @] if z_inside"
            if added
            else "regress z_value [aweight = @] if z_inside"
        )
        weight = call.stata[str(call.weight)]
        yield f"quietly {again.replace('@', weight)}"
        found = Counterpart("_b[z_added]" if added else "_b[_cons]", "", again)
    else:
        subset = model.subset or call.study.about.design.subset
        yield f'design_estimate "{command}" z_value z_inside {subset}'
        found = Counterpart(f"_b[{name}]", f"_se[{name}]")
    yield from one_compared(call, {**row, "wave": None, "group": _place(row)}, found)
    yield "restore"


def _place(row: Row) -> str:
    """Wave and group in one: the wave is chosen by now, and stands in the label alone."""
    return ", ".join(str(part) for part in (row["wave"], row["group"]) if part)


def _regression(call: Call, model: Model) -> Iterator[str]:
    outcome = call.stata[str(model.outcome)]
    explain = {name: call.stata[name] for name in (*model.exposures, *model.covariates)}
    right = [f"i.{new}" if name in model.categorical else new for name, new in explain.items()]
    yield from _declared(call, model)
    yield from codes(call)
    yield f"generate byte z_inside = !missing({', '.join([outcome, *explain.values()])})"
    for new in explain.values():
        yield f"quietly replace {new} = 0 if missing({new})"
    base = f"regress {outcome} {' '.join([*right, *(['i.wave_n'] if model.wave_effects else [])])}"
    again = f"{base} [aweight = @] if z_inside"
    if call.replicates:
        yield f"quietly {again.replace('@', call.stata[str(call.weight)])}"
    else:
        yield f'design_estimate "{base}" {outcome} z_inside {model.subset or call.study.about.design.subset}'

    def counterpart(row: Row) -> Counterpart | None:
        name = {"intercept": "_cons", "wave": "`level'.wave_n"}.get(row["component"]) or explain.get(row["term"])
        if name is None:
            return None
        name = f"{row['group']}.{name}" if row["group"] else name
        return Counterpart(f"_b[{name}]", f"_se[{name}]", again)

    yield from compared(call, counterpart)
