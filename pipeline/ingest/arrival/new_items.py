"""Proposed entries of items.yaml for columns of a file that nobody declared."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from pipeline.ingest.arrival.batteries import Battery, batteries, on_the_same_codes
from pipeline.ingest.arrival.coding import Coding, coding
from pipeline.ingest.formats.deposit import Deposit
from pipeline.specs.yaml_text import mapping, quoted
from pipeline.tables import HEAD

_WORDS = {"ordinal": "ordered answers", "number": "an amount"}
_FEW = {1: "one answer: was it chosen?", 2: "two answers"}


@dataclass(frozen=True)
class NewItem:
    """A proposed item: its key, the column, its name without a wave's mark, its label in the file, and its answers."""

    key: str
    column: str
    variable: str
    label: str
    answers: Coding


@dataclass(frozen=True)
class NewItems:
    """The proposed items in the file's order, the batteries among them, and why other columns are none."""

    items: tuple[NewItem, ...]
    batteries: tuple[Battery, ...]
    others: Mapping[str, str]


def new_items(
    deposit: Deposit, bare: Mapping[str, str], taken: Iterable[str], declared_missing: Collection[str]
) -> NewItems:
    """Proposals for the columns of ``bare`` (column → its name without a wave's mark); keys are none of ``taken``."""
    personal = {str(finding["column"]) for finding in deposit.findings}
    keys, found, others = {*taken, *HEAD}, [], {}
    codings = {column: coding(deposit, column, list(declared_missing)) for column in bare}
    codings = on_the_same_codes(codings, bare)
    for column, name in bare.items():
        proposed = codings[column]
        if column in personal:
            others[column] = "they hold personal data"
        elif not proposed.kind:
            others[column] = proposed.why
        else:
            key = _key(name, keys)
            keys |= {key, f"{key}_reason"}
            label = " ".join(deposit.labels.get(column, "").split())
            found.append(NewItem(key, column, name, "" if label.lower() == column.lower() else label, proposed))
    groups = batteries({item.column: item.answers for item in found}, deposit.frame, bare)
    return NewItems(tuple(found), tuple(groups), others)


def entry(item: NewItem, file: str) -> list[str]:
    """One entry of items.yaml, marked as assumed until somebody has compared it with the questionnaire."""
    answers = item.answers
    shown = item.label or item.variable
    wording = quoted(item.label) if item.label else quoted(f"Not known; the column is called {item.variable}.")
    lines = [f"{item.key}:", f"  label: {quoted(shown)}", f"  wording: {wording}"]
    lines += [f"  variable: {quoted(item.variable)}"] if item.variable != item.key else []
    lines += [f"  kind: {answers.kind}  # {_FEW.get(len(answers.codes)) or _WORDS.get(answers.kind, 'not ordered')}"]
    if answers.bounds is None:
        lines.append(f"  codes: {mapping(answers.codes)}  # {_counts(answers, answers.codes)}")
    else:
        low, high = answers.bounds
        lines.append(f"  range: [{low:.10g}, {high:.10g}]  # rounded outwards from the answers in this file")
    if answers.missing:
        lines.append(f"  missing: {mapping(answers.missing)}  # {_counts(answers, answers.missing)}: for which reason?")
    reason = quoted(f"drafted from {file}; wording and codes are not confirmed")
    return [*lines, "  assumed: true", f"  reason: {reason}"]


def in_one_line(item: NewItem) -> str:
    """The same as one line, for a comment."""
    answers = item.answers
    parts = [f"label: {quoted(item.label or item.variable)}", f"wording: {quoted(item.label)}"]
    parts += [f"variable: {quoted(item.variable)}"] if item.variable != item.key else []
    parts += [f"kind: {answers.kind}"] if answers.kind != "ordinal" else []
    parts += [f"codes: {mapping(answers.codes)}"] if answers.codes else []
    parts += [f"range: [{answers.bounds[0]:.10g}, {answers.bounds[1]:.10g}]"] if answers.bounds else []
    parts += [f"missing: {mapping(answers.missing)}"] if answers.missing else []
    counted = _counts(answers, [*answers.codes, *answers.missing])
    return f"{item.key}: {{{', '.join(parts)}}}" + (f"  # {counted}" if counted else "")


def scale_lines(found: NewItems) -> list[str]:
    """The batteries as entries of scales.yaml, in comments: which items are scored together is a decision."""
    keys = {item.column: item.key for item in found.items}
    lines = []
    for battery in found.batteries:
        alpha = f"alpha {battery.alpha:.2f}" if battery.alpha is not None else "too few complete answers for alpha"
        key = _key(battery.stem, {*keys.values()})
        lines += [f"# {key}:  # {len(battery.columns)} items on the same codes; {alpha}"]
        lines += [f"#   label: {quoted(battery.stem)}"]
        lines += [f"#   items: [{', '.join(keys[column] for column in battery.columns)}]"]
        lines += [f"#   minimum_answered: {-(-len(battery.columns) // 2)}  # half of them"]
        if battery.against:
            against = ", ".join(keys[column] for column in battery.against)
            lines += [f"#   reverse: [{against}]  # keyed against the others"]
    return lines


def _counts(answers: Coding, codes: Iterable[str]) -> str:
    """Code by code, how many rows have it; codes that only the labels name are there with none."""
    return ", ".join(f"{code}: {answers.counts.get(code, 0):,}" for code in codes)


def _key(name: str, taken: Collection[str]) -> str:
    """A name in small letters, digits and underscores that is not taken."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    key = re.sub(r"[^a-z0-9]+", "_", plain).strip("_") or "item"
    key = key if key[0].isalpha() else f"item_{key}"
    number, free = 1, key
    while free in taken:
        number += 1
        free = f"{key}_{number}"
    return free
