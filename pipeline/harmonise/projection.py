"""A crosswalk as one SQL projection: two columns an item, its value and the reason why there is none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pipeline.harmonise.crosswalk import BLANK, Rule, canonical

RulesByArm = Mapping[str, Sequence[Rule]]


def quoted(name: str) -> str:
    """An SQL identifier, safe whatever a source file calls its columns."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """An SQL text."""
    return "'" + text.replace("'", "''") + "'"


def projection(by_arm: RulesByArm, head: Mapping[str, str], source: str = "wave") -> str:
    """One SELECT over a wave table. ``head`` maps output column → SQL expression; ``by_arm`` holds each arm's rules."""
    lines = [f"{expression} AS {quoted(name)}" for name, expression in head.items()]
    for rules in zip(*by_arm.values(), strict=True):
        item = rules[0].item
        lines.append(f"{_by_arm(by_arm, rules, _value)} AS {quoted(item)}")
        lines.append(f"{_by_arm(by_arm, rules, _reason)} AS {quoted(f'{item}_reason')}")
    body = ",\n    ".join(lines)
    return f"SELECT\n    {body}\nFROM {source}\nORDER BY row_order"


def _by_arm(by_arm: RulesByArm, rules: Sequence[Rule], expression) -> str:  # type: ignore[no-untyped-def]
    """One expression if all arms agree, else one for each arm."""
    made = [expression(rule) for rule in rules]
    if len(set(made)) == 1:
        return made[0]
    arms = " ".join(f"WHEN {literal(arm)} THEN {text}" for arm, text in zip(by_arm, made, strict=True))
    return f"CASE arm {arms} END"


def _value(rule: Rule) -> str:
    values = {canonical(code): value for code, (value, _) in rule.codes.items() if value is not None}
    if rule.variable is None:
        return "NULL::DOUBLE"
    if rule.range is not None:
        number = f"TRY_CAST({quoted(rule.variable)} AS DOUBLE)"
        low, high = rule.range
        return f"CASE WHEN {number} BETWEEN {low!r} AND {high!r} AND {_not_missing(rule)} THEN {number} END"
    cases = " ".join(f"WHEN {literal(code)} THEN {value!r}" for code, value in values.items())
    return f"(CASE {quoted(rule.variable)} {cases} END)::DOUBLE" if cases else "NULL::DOUBLE"


def _not_missing(rule: Rule) -> str:
    codes = ", ".join(literal(canonical(code)) for code in rule.codes if code != BLANK)
    return f"{quoted(rule.variable or '')} NOT IN ({codes})" if codes else "TRUE"


def _reason(rule: Rule) -> str:
    if rule.variable is None:
        return literal("not_asked")
    reasons = {canonical(code): reason for code, (_, reason) in rule.codes.items() if reason and code != BLANK}
    cases = " ".join(f"WHEN {literal(code)} THEN {literal(reason)}" for code, reason in reasons.items())
    blank = literal(rule.codes[BLANK][1] or "blank")
    coded = f" ELSE CASE {quoted(rule.variable)} {cases} END" if cases else ""
    return f"CASE WHEN {quoted(rule.variable)} IS NULL THEN {blank}{coded} END"
