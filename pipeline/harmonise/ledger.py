"""The ledger: every answer received, counted by the code it came as and by what it became."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from pipeline.errors import DepositError
from pipeline.harmonise.crosswalk import BLANK, IN_RANGE, Rule, canonical

SCHEMA = {
    "study": pl.String,
    "wave": pl.String,
    "arm": pl.String,
    "item": pl.String,
    "variable": pl.String,
    "code": pl.String,
    "value": pl.Float64,
    "is_valued": pl.Boolean,
    "reason": pl.String,
    "count": pl.Int64,
}
MOST_SHOWN = 12
OUT_OF_RANGE = "out of range"


def ledger(
    table: pl.DataFrame, study: str, wave: str, rules: Mapping[str, Sequence[Rule]], files: Mapping[str, str]
) -> pl.DataFrame:
    """One row per arm, item and source code of a wave table (contract ``Ledger``).

    ``files`` names each arm's file for messages. Raises ``DepositError`` that lists every undeclared code with file,
    variable and count.
    """
    rows: list[tuple[object, ...]] = []
    problems: list[str] = []
    for arm, arm_rules in rules.items():
        received = table.filter(pl.col("arm") == arm)
        for rule in arm_rules:
            counts = _counts(received, rule)
            problems += _undeclared(counts, rule, files.get(arm, arm))
            rows += [(study, wave, arm, rule.item, rule.variable, *row) for row in _entries(counts, rule)]
    if problems:
        raise undeclared_codes(problems, wave)
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def _counts(received: pl.DataFrame, rule: Rule) -> dict[str, int]:
    """Code → answers. Numbers in range are counted together, and so are those outside it."""
    if rule.variable is None:
        return {BLANK: received.height}
    codes = received[rule.variable].value_counts(name="count")
    counts = {code if code is not None else BLANK: count for code, count in codes.iter_rows()}
    if rule.range is None:
        return counts
    known = {canonical(code) for code in rule.codes}
    found: dict[str, int] = {}
    for code, count in counts.items():
        name = code if code in known else IN_RANGE if _within(code, rule.range) else OUT_OF_RANGE
        found[name] = found.get(name, 0) + count
    return found


def _within(code: str, bounds: tuple[float, float]) -> bool:
    try:
        return bounds[0] <= float(code) <= bounds[1]
    except ValueError:
        return False


def _entries(counts: Mapping[str, int], rule: Rule) -> list[tuple[object, ...]]:
    becomes = {canonical(code): result for code, result in rule.codes.items()}
    entries: list[tuple[object, ...]] = []
    for code, count in counts.items():
        if code == IN_RANGE:
            entries.append((code, None, True, None, count))
        elif code in becomes:
            value, reason = becomes[code]
            entries.append((code, value, reason is None, reason, count))
    return entries


def _undeclared(counts: Mapping[str, int], rule: Rule, file: str) -> list[str]:
    known = {canonical(code) for code in rule.codes} | {IN_RANGE}
    found = {code: count for code, count in counts.items() if code not in known}
    if not found:
        return []
    where = f"{file}: variable `{rule.variable}` (item `{rule.item}`)"
    if rule.range is not None:
        many = sum(found.values())
        return [f"{where} has {many:,} values outside its declared range {rule.range[0]:g} to {rule.range[1]:g}"]
    numbers = {code: count for code, count in found.items() if _is_code(code)}
    texts = sum(found.values()) - sum(numbers.values())
    listed = [f"code {code} ({count:,})" for code, count in sorted(numbers.items(), key=lambda pair: float(pair[0]))]
    listed += [f"text that is no code ({texts:,})"] if texts else []
    more = f" and {len(listed) - MOST_SHOWN} more" if len(listed) > MOST_SHOWN else ""
    return [f"{where} has undeclared {', '.join(listed[:MOST_SHOWN])}{more}"]


def _is_code(code: str) -> bool:
    """Whether this is a short number: longer ones and words could be something a person wrote."""
    return len(code) <= 8 and _within(code, (float("-inf"), float("inf")))


def undeclared_codes(problems: Sequence[str], wave: str) -> DepositError:
    """One error that lists every undeclared code of a wave."""
    listed = "\n  ".join(problems)
    return DepositError(
        f"answers that the declarations do not know:\n  {listed}\n ",
        where=wave,
        todo="Declare each code under `codes` or `missing` of its item, or as an exception of this wave.",
    )


def account(found: pl.DataFrame, waves: Mapping[str, pl.DataFrame], answers: pl.DataFrame | None = None) -> list[str]:
    """What does not add up: received must equal valued plus missing by reason, for every item of every wave.

    With ``answers`` the values and reasons in the result are counted again and held against the ledger.
    """
    problems = []
    totals = found.group_by("wave", "item").agg(pl.col("count").sum())
    for wave, item, count in totals.iter_rows():
        if count != waves[wave].height:
            problems.append(f"{wave}, {item}: {waves[wave].height:,} received, {count:,} accounted for")
    if answers is not None:
        problems += _recount(found, answers)
    return problems


def _recount(found: pl.DataFrame, answers: pl.DataFrame) -> list[str]:
    problems = []
    items = found["item"].unique(maintain_order=True).to_list()
    counted = answers.group_by("wave", maintain_order=True).agg(
        *(pl.col(item).count().alias(item) for item in items),
        *(pl.col(f"{item}_reason").count().alias(f"{item}_reason") for item in items),
    )
    ledger_sums = found.group_by("wave", "item").agg(
        valued=pl.col("count").filter("is_valued").sum(), missing=pl.col("count").filter(~pl.col("is_valued")).sum()
    )
    expected = {(wave, item): (valued, missing) for wave, item, valued, missing in ledger_sums.iter_rows()}
    for row in counted.iter_rows(named=True):
        for item in items:
            made, counted_before = (row[item], row[f"{item}_reason"]), expected[row["wave"], item]
            if made != counted_before:
                problems.append(f"{row['wave']}, {item}: {made} valued and missing, {counted_before} in the ledger")
    return problems
