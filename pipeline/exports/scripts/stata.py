"""Pieces of a Stata do-file: which rows a model uses, and each estimate compared with the pipeline's."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipeline.exports.scripts.call import Call

MOST_IN_LIST = 9
"""Texts that ``inlist`` takes beside the variable."""
REPLICATE = "replicate_"
"""In front of the number of a replicate weight: its name in the .dta file."""


@dataclass(frozen=True)
class Counterpart:
    """What Stata has of an estimate: expressions of the estimate and of its standard error (none: not compared).

    ``before``: a command that makes both. ``command``: what is run again with each replicate weight in place of ``@``,
    where these give the standard error.
    """

    estimate: str
    std_error: str = ""
    command: str = ""
    before: str = ""


Row = Mapping[str, Any]


def in_list(variable: str, texts: Sequence[str]) -> str:
    """A condition: the variable holds one of the texts."""
    parts = [texts[at : at + MOST_IN_LIST] for at in range(0, len(texts), MOST_IN_LIST)]
    listed = [f"inlist({variable}, {', '.join(map(quoted, part))})" for part in parts]
    return listed[0] if len(listed) == 1 else f"({' | '.join(listed)})"


def quoted(text: str) -> str:
    """A text in Stata: names of waves, arms and columns, which hold no quotes."""
    return f'"{text}"'


def chosen_rows(call: Call) -> Iterator[str]:
    """The rows of the model's waves and arms; of people with a weight, where a set is named."""
    names, model = call.stata, call.model
    yield "use `panel', clear"
    for column, values in (("wave", model.waves), ("arm", model.arms)):
        if values:
            yield f"keep if {in_list(names[column], values)}"
    if call.weight_set:
        waves = call.study.weights[call.weight_set].waves
        yield f"keep if {in_list(names['wave'], waves)} & !missing({names[str(call.weight)]})"
    if call.replicates:
        yield f"merge m:1 {names['person_id']} using replicates_{call.replicates}.dta, keep(match) nogenerate"


def complete_rows(call: Call, columns: Sequence[str]) -> Iterator[str]:
    """Rows with a value in each of the columns, and the codes of persons and waves."""
    yield f"keep if !missing({', '.join(call.stata[name] for name in columns)})"
    yield from codes(call)


def codes(call: Call) -> Iterator[str]:
    """Persons and waves as numbers: waves in their order."""
    yield f"egen long person_n = group({call.stata['person_id']})"
    yield f"encode {call.stata['wave']}, generate(wave_n)"
    yield "xtset person_n wave_n"


def compared(call: Call, counterpart: Callable[[Row], Counterpart | None]) -> Iterator[str]:
    """Each estimate that has a counterpart, and its standard error, after the command that made them."""
    for row in call.estimates.to_dicts():
        found = counterpart(row)
        if found is not None:
            yield from one_compared(call, row, found)


def one_compared(call: Call, row: Row, found: Counterpart) -> Iterator[str]:
    """The lines that compare one estimate and its standard error."""
    error = row["std_error"] or 0.0
    if row["wave"]:
        yield f'capture local level = "{row["wave"]}":wave_n'
    yield from filter(None, [found.before])
    yield f"scalar own = {found.estimate}"
    yield _line(label(row), row["estimate"], call.tolerance.relative, error)
    if row["std_error"] is None:
        return
    if found.command and call.replicates:
        factors = set(call.replicated[call.replicates].factors)
        if len(factors) == 1:
            yield f'replicate_error {factors.pop()!r} "{found.estimate}" "{found.command}"'
            yield "scalar own = r(se)"
            yield _line(f"{label(row)}, se", row["std_error"], call.tolerance.uncertainty, error)
    elif found.std_error and not call.replicates:
        yield from filter(None, [found.before])
        yield f"scalar own = {found.std_error.removesuffix(' * 1')}"
        yield _line(f"{label(row)}, se", row["std_error"], call.tolerance.uncertainty, error)


def _line(name: str, value: float, tolerance: float, error: float) -> str:
    return f'compare_number "{name}" {value!r} scalar(own) {tolerance!r} {error!r}'


def label(row: Row) -> str:
    """What an estimate is called, in names that hold no quotes."""
    wave = row["wave"] if row["wave"] != row["term"] else None
    parts = [row["outcome"], row["component"], row["term"], wave, row["group"]]
    return ", ".join(str(part) for part in parts if part).replace('"', "'").replace("`", "'").replace("$", "")
