"""Declarations compiled to a crosswalk: what each source code of each item becomes, wave by wave and arm by arm."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import polars as pl

from pipeline.specs.project import Study
from pipeline.specs.sources import source_variable
from pipeline.specs.study import Item, WaveException, WaveFile

BLANK = ""
"""The code of an empty cell."""
IN_RANGE = "in range"
"""The code under which all values of a number item are counted: a single amount could point at a person."""

SCHEMA = {
    "study": pl.String,
    "wave": pl.String,
    "arm": pl.String,
    "item": pl.String,
    "variable": pl.String,
    "code": pl.String,
    "label": pl.String,
    "value": pl.Float64,
    "reason": pl.String,
}


@dataclass(frozen=True)
class Rule:
    """How one item is read from one file: codes to values or reasons, or numbers within a range."""

    item: str
    variable: str | None
    codes: Mapping[str, tuple[float | None, str | None]]
    labels: Mapping[str, str]
    range: tuple[float, float] | None = None


def rules(study: Study, wave: str, file: WaveFile) -> Iterator[Rule]:
    """The rule of every item for one file, the wave's exceptions applied."""
    exceptions = study.waves[wave].exceptions
    for key, item in study.items.items():
        variable = source_variable(study, wave, file, key)
        if variable is None:
            yield Rule(key, None, {BLANK: (None, "not_asked")}, {})
        else:
            yield rule_of(key, variable, item, exceptions.get(key), study.about.missing)


def rule_of(
    key: str, variable: str, item: Item, exception: WaveException | None, study_missing: Mapping[str, str]
) -> Rule:
    """The rule of one item read from ``variable``; missing codes of the study, then the item, then the wave."""
    own = exception.missing if exception else {}
    missing = {**study_missing, **item.missing, **own, BLANK: item.blank}
    codes: dict[str, tuple[float | None, str | None]] = {code: (None, reason) for code, reason in missing.items()}
    if item.kind == "number":
        bounds = exception.range if exception and exception.range else item.range
        return Rule(key, variable, codes, {}, bounds)
    labels = item.codes if exception is None or exception.codes is None else exception.codes
    for code, value in _values(item, exception, labels).items():
        codes[code] = (float(value), None) if isinstance(value, int | float) else (None, value)
    return Rule(key, variable, codes, labels)


def _values(item: Item, exception: WaveException | None, labels: Mapping[str, str]) -> Mapping[str, float | str]:
    """Answer code → value: recoded, reversed within its codes, or as it is."""
    if exception is not None and exception.recode is not None:
        return exception.recode
    changed = exception is not None and exception.codes is not None
    if item.recode and not changed:
        return item.recode
    numbers = {code: float(code) for code in labels}
    reverse = item.reverse if exception is None or exception.reverse is None else exception.reverse
    if reverse:
        both_ends = min(numbers.values()) + max(numbers.values())
        return {code: both_ends - number for code, number in numbers.items()}
    return numbers


def canonical(code: str) -> str:
    """A declared code as ingest writes it: ``1.0`` → ``1``."""
    try:
        number = float(code)
    except ValueError:
        return code
    return str(int(number)) if number.is_integer() else repr(number)


def crosswalk(study: Study, wave: str, file: WaveFile) -> pl.DataFrame:
    """One row per item and source code of one file (contract ``Crosswalk``). Number items add the row ``in range``."""
    return table(study.key, wave, file.arm, rules(study, wave, file))


def table(study: str, wave: str, arm: str, all_rules: Iterator[Rule] | list[Rule]) -> pl.DataFrame:
    """One row per item and source code: rules as a table."""
    rows = []
    for rule in all_rules:
        for code, (value, reason) in rule.codes.items():
            label = rule.labels.get(code)
            rows.append((study, wave, arm, rule.item, rule.variable, canonical(code), label, value, reason))
        if rule.range is not None:
            label = f"{rule.range[0]:g} to {rule.range[1]:g}"
            rows.append((study, wave, arm, rule.item, rule.variable, IN_RANGE, label, None, None))
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")
