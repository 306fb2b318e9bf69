"""Answers that the declarations do not know, by file, variable, code and count; never by what someone wrote."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from pipeline.errors import DepositError, one_line
from pipeline.harmonise.crosswalk import IN_RANGE, Rule
from pipeline.harmonise.texts import Texts, in_variables, texts_of, together

OUT_OF_RANGE = "out of range"
"""Under this name a count of codes holds the numbers of a number item that are not as declared."""

MOST_CODES, MOST_LINES = 12, 40
_CODE = re.compile(r"-?\d{1,5}(\.\d{1,3})?|\.[a-z]", re.ASCII)
"""What may be printed as a code; longer numbers and words could be something a person wrote."""


@dataclass(frozen=True)
class Problem:
    """What one variable holds that its item does not declare: ``told`` in words, and texts where numbers should be."""

    file: str
    variable: str
    item: str
    told: str
    texts: Texts = field(default_factory=Texts)

    def line(self) -> str:
        """One line of its own."""
        told = " and ".join(filter(None, [self.told, self.texts.words() if self.texts.count else ""]))
        return f"{self.file}: variable `{one_line(self.variable)}` (item `{self.item}`) has {told}"


def undeclared(counts: Mapping[str, int], rule: Rule, file: str) -> list[Problem]:
    """One problem if ``counts`` (code → answers) holds codes that the rule does not know, else none."""
    found = {code: count for code, count in counts.items() if code not in rule.codes and code != IN_RANGE}
    if not found:
        return []
    if rule.range is None:
        return [Problem(file, str(rule.variable), rule.item, _codes(found))]
    outside = found.pop(OUT_OF_RANGE, 0)
    return [Problem(file, str(rule.variable), rule.item, _amounts(outside, rule.range), texts_of(found))]


def _amounts(outside: int, bounds: tuple[float, float]) -> str:
    values = "1 value" if outside == 1 else f"{outside:,} values"
    return f"{values} outside the declared range {bounds[0]:g} to {bounds[1]:g}" if outside else ""


def _codes(found: Mapping[str, int]) -> str:
    codes = {code: count for code, count in found.items() if _CODE.fullmatch(code)}
    texts = texts_of({code: count for code, count in found.items() if code not in codes})
    listed = [f"code {code} ({count:,})" for code, count in sorted(codes.items(), key=_by_number)]
    shown = listed[:MOST_CODES]
    more = [f"{len(listed) - MOST_CODES:,} more codes"] if len(listed) > MOST_CODES else []
    said = [texts.words("text that is no code")] if texts.count else []
    return f"undeclared {', '.join([*shown, *more, *said])}"


def _by_number(pair: tuple[str, int]) -> tuple[float, str]:
    code = pair[0]
    return (float("inf"), code) if code.startswith(".") else (float(code), code)


def undeclared_codes(problems: Sequence[Problem], where: str) -> DepositError:
    """One error that lists everything undeclared, variable by variable; texts of several variables in one line."""
    lines, steps = [], []
    for file in dict.fromkeys(problem.file for problem in problems):
        own = [problem for problem in problems if problem.file == file]
        textual = [problem for problem in own if problem.texts.count]
        if len(textual) > 1:
            lines.append(_of_all(file, textual))
            own = [replace(problem, texts=Texts()) for problem in own if problem.told]
        lines += [problem.line() for problem in own]
        steps += [problem.texts.todo() for problem in textual]
    more = [f"and {len(lines) - MOST_LINES:,} more variables"] if len(lines) > MOST_LINES else []
    listed = "\n  ".join([*lines[:MOST_LINES], *more])
    if any(problem.told for problem in problems) or not steps:
        steps.append("Declare each code under `codes` or `missing` of its item, or as an exception of its wave.")
    return DepositError(
        f"answers that the declarations do not know:\n  {listed}",
        where=where,
        todo=" ".join(dict.fromkeys(steps)),
    )


def _of_all(file: str, problems: Sequence[Problem]) -> str:
    found = together(problem.texts for problem in problems)
    variables = list(dict.fromkeys(problem.variable for problem in problems))
    return f"{file}: {found.words()}, in {in_variables(variables, found.count)}"
