"""Declarations compiled to a crosswalk: what each source code of each item becomes, wave by wave and arm by arm."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache

import polars as pl

from pipeline.errors import CohesionError
from pipeline.options import known_options
from pipeline.specs.arm_parts import is_parted
from pipeline.specs.base import MissingReason, canonical_code
from pipeline.specs.deposits import WaveFile
from pipeline.specs.project import Study
from pipeline.specs.sources import source_variable
from pipeline.specs.study import Item, WaveException
from pipeline.tables import NOT_IN_FILE, ROUTED_OUT, SET_ASIDE

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


Result = tuple[float | None, str | None]
"""What a code becomes: a value, or the reason why there is none."""


@dataclass(frozen=True)
class Rule:
    """How one item is read from one file: codes to values or reasons, or numbers within a range, maybe reversed.

    A number becomes ``times`` itself, and ``plus``, before it is held against the range.
    """

    item: str
    variable: str | None
    codes: Mapping[str, Result]
    labels: Mapping[str, str]
    range: tuple[float, float] | None = None
    reverse: bool = False
    times: float = 1.0
    plus: float = 0.0

    @property
    def is_converted(self) -> bool:
        """Whether numbers become other ones."""
        return (self.times, self.plus) != (1.0, 0.0)

    def amount(self, code: str) -> float:
        """The number that a code stands for. Raises ``ValueError`` for text."""
        return float(code) * self.times + self.plus


def rules(study: Study, wave: str, file: WaveFile) -> Iterator[Rule]:
    """The rule of every item for one file, the wave's exceptions applied."""
    exceptions = study.waves[wave].exceptions
    apart = _apart(study, wave, file.arm)
    for key, item in study.items.items():
        variable = source_variable(study, wave, file, key)
        if variable is None:
            yield Rule(key, None, {BLANK: (None, "not_asked")}, {})
        else:
            rule = rule_of(key, variable, item, exceptions.get(key), study.about.missing)
            routed: dict[str, Result] = {ROUTED_OUT: (None, "routed_out")} if item.asked_when else {}
            yield replace(rule, codes={**rule.codes, **apart, **routed}) if apart or routed else rule


def _apart(study: Study, wave: str, arm: str) -> dict[str, Result]:
    """The codes of answers that are not there: set aside by study or person, not asked in one of several files."""
    elsewhere: dict[str, Result] = {NOT_IN_FILE: (None, "not_asked")} if is_parted(study, wave, arm) else {}
    if study.about.doubtful == "set_aside":
        return {SET_ASIDE: (None, "set_aside"), NOT_IN_FILE: (None, "not_asked")}
    decided = any(decision.decision == "set_aside" for decision in study.waves[wave].decisions)
    return {**({SET_ASIDE: (None, "set_aside")} if decided else {}), **elsewhere}


def rule_of(
    key: str, variable: str, item: Item, exception: WaveException | None, study_missing: Mapping[str, str]
) -> Rule:
    """The rule of one item read from ``variable``.

    The nearer declaration wins: missing codes of the study, answer codes and missing codes of the item, missing codes
    of the wave. So a wave may say that its code 8 is "do not know" where other waves have an answer 8. A wave that
    reverses turns its codes first; the recode of the item then applies to the turned code.
    """
    exception = exception or WaveException(reason="")
    declared = {} if item.kind == "number" else item.codes if exception.codes is None else exception.codes
    labels = {canonical(code): label for code, label in declared.items()}
    nearer = _missing({**item.missing, **exception.missing})
    answers = [code for code in labels if code not in nearer]
    reverse = _is_reversed(item, exception)
    values = _values(key, answers, exception.recode or item.recode, reverse)
    codes = {**_missing(study_missing), **values, **nearer, BLANK: (None, item.blank)}
    if item.kind == "number":
        times = 1.0 if exception.times is None else exception.times
        return Rule(key, variable, codes, labels, exception.range or item.range, reverse, times, exception.plus or 0.0)
    return Rule(key, variable, codes, labels)


def _is_reversed(item: Item, exception: WaveException) -> bool:
    """The wave's own word first; a wave's recode says it all, so the item's ``reverse`` is not added to it."""
    if exception.reverse is not None:
        return exception.reverse
    return item.reverse and exception.recode is None


def _missing(reasons: Mapping[str, str]) -> dict[str, Result]:
    return {canonical(code): (None, reason) for code, reason in reasons.items()}


def _values(
    item: str, answers: Sequence[str], recode: Mapping[str, float | MissingReason], reverse: bool
) -> dict[str, Result]:
    """Answer code → result: the code as it is, turned within the codes if reversed, and then recoded."""
    numbers = {code: float(code) for code in answers}
    if reverse and numbers:
        both_ends = min(numbers.values()) + max(numbers.values())
        numbers = {code: both_ends - number for code, number in numbers.items()}
    if not recode:
        return {code: (number, None) for code, number in numbers.items()}
    becomes = {float(code): new for code, new in recode.items()}
    unknown = [code for code, number in numbers.items() if number not in becomes]
    if unknown:
        raise CohesionError(
            f"is recoded, but the recode does not name code {', '.join(unknown)}",
            where=f"item `{item}`",
            todo="Give the `recode` of these codes, in items.yaml or in the wave's exception.",
        )
    return {code: _result(becomes[number]) for code, number in numbers.items()}


def _result(new: float | str) -> Result:
    return (None, new) if isinstance(new, str) else (float(new), None)


canonical = cache(canonical_code)
"""A declared code as ingest writes it: ``1.0`` → ``1``."""


@known_options
def crosswalk(study: Study, wave: str, file: WaveFile) -> pl.DataFrame:
    """One row per item and source code of one file (contract ``Crosswalk``). Number items add the row ``in range``."""
    return table(study.key, wave, file.arm, rules(study, wave, file))


def table(study: str, wave: str, arm: str, all_rules: Iterable[Rule]) -> pl.DataFrame:
    """One row per item and source code: rules as a table."""
    rows = []
    for rule in all_rules:
        for code, (value, reason) in rule.codes.items():
            label = rule.labels.get(code)
            rows.append((study, wave, arm, rule.item, rule.variable, code, label, value, reason))
        if rule.range is not None:
            label = f"{rule.range[0]:g} to {rule.range[1]:g}"
            rows.append((study, wave, arm, rule.item, rule.variable, IN_RANGE, label, None, None))
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")
