"""Answers that the declarations do not know: told by file, variable, code and count, never by what someone wrote."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from pipeline.errors import DepositError
from pipeline.harmonise.crosswalk import IN_RANGE, Rule

OUT_OF_RANGE, NO_NUMBER = "out of range", "no number"
"""Under these names a count of codes holds the values of a number item that are not as declared."""

MOST_CODES, MOST_LINES = 12, 40
_CODE = re.compile(r"-?\d{1,5}(\.\d{1,3})?|\.[a-z]", re.ASCII)
"""What may be printed as a code; longer numbers and words could be something a person wrote."""


def undeclared(counts: Mapping[str, int], rule: Rule, file: str) -> list[str]:
    """One line if ``counts`` (code → answers) holds codes that the rule does not know, else none."""
    found = {code: count for code, count in counts.items() if code not in rule.codes and code != IN_RANGE}
    if not found:
        return []
    told = _amounts(found, rule.range) if rule.range is not None else _codes(found)
    return [f"{file}: variable `{rule.variable}` (item `{rule.item}`) has {told}"]


def _amounts(found: Mapping[str, int], bounds: tuple[float, float]) -> str:
    told = []
    if OUT_OF_RANGE in found:
        count = found[OUT_OF_RANGE]
        values = "1 value" if count == 1 else f"{count:,} values"
        told.append(f"{values} outside the declared range {bounds[0]:g} to {bounds[1]:g}")
    if NO_NUMBER in found:
        told.append(f"text that is no number ({found[NO_NUMBER]:,})")
    return " and ".join(told)


def _codes(found: Mapping[str, int]) -> str:
    codes = {code: count for code, count in found.items() if _CODE.fullmatch(code)}
    others = sum(found.values()) - sum(codes.values())
    listed = [f"code {code} ({count:,})" for code, count in sorted(codes.items(), key=_by_number)]
    shown = listed[:MOST_CODES]
    more = [f"{len(listed) - MOST_CODES:,} more codes"] if len(listed) > MOST_CODES else []
    texts = [f"text that is no code ({others:,})"] if others else []
    return f"undeclared {', '.join([*shown, *more, *texts])}"


def _by_number(pair: tuple[str, int]) -> tuple[float, str]:
    code = pair[0]
    return (float("inf"), code) if code.startswith(".") else (float(code), code)


def undeclared_codes(problems: Sequence[str], where: str) -> DepositError:
    """One error that lists everything undeclared, variable by variable."""
    more = [f"and {len(problems) - MOST_LINES:,} more variables"] if len(problems) > MOST_LINES else []
    listed = "\n  ".join([*problems[:MOST_LINES], *more])
    return DepositError(
        f"answers that the declarations do not know:\n  {listed}\n ",
        where=where,
        todo="Declare each code under `codes` or `missing` of its item, or as an exception of its wave.",
    )
