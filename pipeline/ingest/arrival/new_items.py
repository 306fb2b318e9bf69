"""Proposed entries of items.yaml for columns of a file that nobody declared."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from pipeline.ingest.arrival.batteries import Battery, batteries, on_the_same_codes
from pipeline.ingest.arrival.coding import Coding, coding
from pipeline.ingest.arrival.weights import WEIGHTS, look_like_weights
from pipeline.ingest.formats.deposit import Deposit
from pipeline.ingest.items.entries import entries_text
from pipeline.ingest.items.grids import arranged
from pipeline.ingest.items.keys import Keys, free_key
from pipeline.ingest.items.kinds import kind_of
from pipeline.ingest.items.question import Question, clean
from pipeline.specs.yaml_text import quoted


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
    keys, found, others = Keys([*taken]), [], {}
    codings = {column: coding(deposit, column, list(declared_missing)) for column in bare}
    codings = on_the_same_codes(codings, bare)
    for column, name in bare.items():
        proposed = codings[column]
        if column in personal:
            others[column] = "they hold personal data"
        elif look_like_weights(name, deposit.frame[column]):
            others[column] = WEIGHTS
        elif not proposed.kind:
            others[column] = proposed.why
        else:
            label = clean(deposit.labels.get(column, ""))
            own = "" if label.lower() == column.lower() else label
            found.append(NewItem(keys.of(name), column, name, own, proposed))
    groups = batteries({item.column: item.answers for item in found}, deposit.frame, bare)
    return NewItems(tuple(found), tuple(groups), others)


def items_text(found: NewItems, file: str, taken: Collection[str] = (), joined: Mapping[str, str] | None = None) -> str:
    """The entries of items.yaml, those on one scale as batteries; keys are none of ``taken``.

    ``joined``: column → the file that it is in, where that is not ``file``.
    """
    entries = [(item.key, question(item, (joined or {}).get(item.column, file))) for item in found.items]
    return entries_text(arranged(entries, {item.key: item.variable for item in found.items}, taken))


def lasting(items: str, new: NewItems, columns: Collection[str]) -> str:
    """The entries, with what is in one column for all waves marked as lasting."""
    for item in new.items:
        if item.column in columns:
            line = "  time_constant: true  # one column for all waves\n"
            items = re.sub(rf"^({re.escape(item.key)}:[^\n{{]*\n)", rf"\g<1>{line}", items, count=1, flags=re.MULTILINE)
    return items


def question(item: NewItem, file: str) -> Question:
    """A proposed item, marked as assumed until somebody has compared it with the questionnaire."""
    answers = item.answers
    codes, missing = _counts(answers, answers.codes), _counts(answers, answers.missing)
    notes = {
        "kind": kind_of(answers.codes)[1] if answers.codes else "an amount",
        "codes": codes,
        "range": "rounded outwards from the answers in this file",
        "missing": f"PROPOSED ({missing}): for which reason?",
        "row": ", ".join(filter(None, (codes, missing))),
    }
    return Question(
        variable=item.variable,
        text=item.label,
        kind=answers.kind,
        codes=answers.codes,
        missing=answers.missing,
        bounds=answers.bounds,
        assumed=f"drafted from {file}; wording and codes are not confirmed",
        notes=notes,
    )


def scale_lines(found: NewItems) -> list[str]:
    """The batteries as entries of scales.yaml, in comments: which items are scored together is a decision."""
    keys = {item.column: item.key for item in found.items}
    lines = []
    for battery in found.batteries:
        alpha = f"alpha {battery.alpha:.2f}" if battery.alpha is not None else "too few complete answers for alpha"
        key = free_key(battery.stem, {*keys.values()})
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
