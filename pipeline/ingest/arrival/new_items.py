"""Proposed entries of items.yaml for columns of a file that nobody declared."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from pipeline.ingest.arrival.batteries import keyed, on_the_same_codes
from pipeline.ingest.arrival.coding import Coding, coding
from pipeline.ingest.arrival.stacked import Stacked
from pipeline.ingest.arrival.weights import WEIGHTS, look_like_weights
from pipeline.ingest.formats.deposit import Deposit
from pipeline.ingest.items.entries import entries_text, in_one_line
from pipeline.ingest.items.grids import Grid, arranged
from pipeline.ingest.items.keys import Keys
from pipeline.ingest.items.kinds import kind_of
from pipeline.ingest.items.missing_codes import reasons_note
from pipeline.ingest.items.question import Question, clean
from pipeline.ingest.items.scale_proposals import AGAINST, ALPHA, scale_proposals
from pipeline.ingest.items.shared_missing import NONE_SHARED, SharedMissing, shared_missing, without_codes
from pipeline.specs.base import canonical_code
from pipeline.specs.project import Study


@dataclass(frozen=True)
class NewItem:
    """A proposed item: its key, the column, its name without a wave's mark, its label in the file, and its answers.

    ``otherwise``: codes that the waves of a wide file label differently. ``alpha``: of its battery; ``is_against``: it
    is keyed against the others of that.
    """

    key: str
    column: str
    variable: str
    label: str
    answers: Coding
    otherwise: tuple[str, ...] = ()
    is_lasting: bool = False
    alpha: float | None = None
    is_against: bool = False


@dataclass(frozen=True)
class NewItems:
    """The proposed items in the file's order, and why other columns are none."""

    items: tuple[NewItem, ...]
    others: Mapping[str, str]


@dataclass(frozen=True)
class NewEntries:
    """The text of items.yaml, that of scales.yaml in comments, and what study.yaml should say of missing codes."""

    items: str
    scales: str
    missing: SharedMissing
    batteries: Mapping[str, str | None]
    """Item → its battery."""


AGES = (0.0, 120.0)
"""Years that a person can be old: people grow older from wave to wave, beyond the oldest of the first file."""
_AGE = re.compile(r"(.*_)?(dv)?age(_?(dv|years))?")

NO_ENTRIES = NewEntries("", "", NONE_SHARED, {})


def new_items(
    deposit: Deposit,
    bare: Mapping[str, str],
    taken: Iterable[str],
    declared_missing: Mapping[str, str],
    waves: Stacked | None = None,
    lasting: Collection[str] = (),
) -> NewItems:
    """Proposals for the columns of ``bare`` (column → its name without a wave's mark); keys are none of ``taken``.

    ``declared_missing``: code → reason, as study.yaml has them. ``waves``: the columns of a wide file by wave;
    ``lasting``: those that hold one fact for all waves.
    """
    personal = {str(finding["column"]) for finding in deposit.findings}
    keys, found, others = Keys([*taken]), [], {}
    answers = waves.answers if waves is not None else {}
    declared = {canonical_code(code): why for code, why in declared_missing.items()}
    codings = {column: coding(deposit, column, declared, answers.get(column, ())) for column in bare}
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
            proposed = replace(proposed, bounds=AGES) if _is_an_age(name, label, proposed) else proposed
            own = "" if label.lower() == column.lower() else label
            differ = waves.otherwise.get(column, ()) if waves is not None else ()
            found.append(NewItem(keys.of(name), column, name, own, proposed, differ, column in lasting))
    items = _with_batteries(found, deposit)
    return NewItems(tuple(items), others)


def _is_an_age(name: str, label: str, proposed: Coding) -> bool:
    """Whether a number is the age of a person, by its name or its label, and no value says otherwise."""
    is_called = _AGE.fullmatch(name.lower()) is not None or re.match(r"age\b", label.lower()) is not None
    return is_called and proposed.bounds is not None and AGES[0] <= proposed.bounds[0] and proposed.bounds[1] <= AGES[1]


def _with_batteries(items: Sequence[NewItem], deposit: Deposit) -> list[NewItem]:
    """The items with what the answers to their batteries show: alpha, and which are keyed against the others."""
    own = {item.key: item for item in items}
    for grid in arranged([(item.key, question(item, "")) for item in items], _names(items)):
        if isinstance(grid, Grid) and all(own[key].answers.kind == "ordinal" for key, _ in grid.rows):
            rows = {own[key].column: own[key] for key, _ in grid.rows}
            battery = keyed([*rows], [deposit.frame[one] for one in rows], {one: rows[one].answers for one in rows})
            for column, item in rows.items():
                own[item.key] = replace(item, alpha=battery.alpha, is_against=column in battery.against)
    return list(own.values())


def _names(items: Iterable[NewItem]) -> dict[str, str]:
    return {item.key: item.variable for item in items}


def new_entries(
    study: Study, found: NewItems, file: str, taken: Collection[str] = (), joined: Mapping[str, str] | None = None
) -> NewEntries:
    """The items as entries; no battery has a name of ``taken``. The first of a study share their missing codes.

    ``joined``: column → the file that it is in, where that is not ``file``.
    """
    asked = [(item.key, question(item, (joined or {}).get(item.column, file))) for item in found.items]
    shared = NONE_SHARED if study.items or not study.about.missing else shared_missing(asked)
    own = [(key, without_codes(one, shared.reasons)) for key, one in asked]
    blocks = arranged(own, _names(found.items), {*study.items, *taken})
    grids = [block for block in blocks if isinstance(block, Grid)]
    batteries = {key: None for key, _ in own} | {key: grid.key for grid in grids for key, _ in grid.rows}
    return NewEntries(entries_text(blocks), scale_proposals(blocks), shared, batteries)


def question(item: NewItem, file: str) -> Question:
    """A proposed item, marked as assumed until somebody has compared it with the questionnaire."""
    answers = item.answers
    codes, missing = _counts(answers, answers.codes), _counts(answers, answers.missing)
    differ = f"CHECK: waves label {', '.join(item.otherwise)} differently" if item.otherwise else ""
    notes = {
        "kind": kind_of(answers.codes)[1] if answers.codes else "an amount",
        "codes": "; ".join(filter(None, (codes, differ))),
        "range": "the years that people can be old"
        if answers.bounds == AGES
        else "rounded outwards from the answers in this file; the draft of a later wave says if it has others",
        "missing": reasons_note(missing, answers.unsure),
        "row": "; ".join(filter(None, (", ".join(filter(None, (codes, missing))), differ))),
    }
    notes |= {ALPHA: f"alpha {item.alpha:.2f}"} if item.alpha is not None else {}
    notes |= {AGAINST: "yes", "row": f"{notes['row']}; keyed against the others"} if item.is_against else {}
    return Question(
        variable=item.variable,
        text=item.label,
        kind=answers.kind,
        codes=answers.codes,
        missing=answers.missing,
        bounds=answers.bounds,
        value_labels=answers.value_labels,
        assumed=f"drafted from {file}; wording and codes are not confirmed",
        notes=notes,
        unsure=answers.unsure,
        label_reasons=answers.label_reasons,
        is_lasting=item.is_lasting,
    )


def unread(found: NewItems) -> list[str]:
    """The proposed items as comments of a wave's file, each in one line."""
    if not found.items:
        return []
    return [
        "",
        "# Columns that no item is read from; they stay out of everything, unless their entry is copied",
        "# into items.yaml (`cohesion wave draft --items` does so for all of them):",
        *(f"#   {in_one_line(item.key, question(item, ''))}" for item in found.items),
    ]


def _counts(answers: Coding, codes: Iterable[str]) -> str:
    """Code by code, how many rows have it; codes that only the labels name are there with none."""
    return ", ".join(f"{code}: {answers.counts.get(code, 0):,}" for code in codes)
