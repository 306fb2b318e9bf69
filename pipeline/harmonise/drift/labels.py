"""What the files say of themselves: variable labels and value labels, against the declarations and earlier waves."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Collection, Iterator, Mapping
from functools import cache

import polars as pl

from pipeline.harmonise.crosswalk import canonical
from pipeline.harmonise.drift.finding import Finding
from pipeline.specs.deposits import WaveFile
from pipeline.specs.project import Study
from pipeline.specs.sources import source_variable
from pipeline.specs.study import Item

SAME = 0.86
"""Two wordings at least this alike are the same but for spelling, accents and punctuation."""

LabelsOf = Mapping[str, tuple[str | None, Mapping[str, str]]]
"""Variable → its label and its value labels."""


@cache
def plain(text: str) -> str:
    """Lower case, without accents, punctuation or a leading code: what is left is the wording."""
    folded = "".join(sign for sign in unicodedata.normalize("NFKD", text) if unicodedata.category(sign) != "Mn").lower()
    return re.sub(r"[\W_]+", " ", re.sub(r"^\s*\d+\s*[-.=:)]\s*", "", folded)).strip()


def alike(one: str, other: str) -> float:
    """How alike two wordings are, from 0 to 1."""
    return 1.0 if one == other else _alike(plain(one), plain(other))


@cache
def _alike(one: str, other: str) -> float:
    return difflib.SequenceMatcher(None, one, other, autojunk=False).ratio()


def labels_of(labels: pl.DataFrame, arm: str) -> LabelsOf:
    """The labels of one arm's file, from the ``Labels`` table."""
    found: dict[str, tuple[str | None, dict[str, str]]] = {}
    held = _read_from(labels, arm)
    rows = held.select("variable", "label", "code", "code_label")
    for variable, label, code, code_label in rows.iter_rows():
        found.setdefault(variable, (label, {}))
        if code_label is not None:
            found[variable][1][code] = code_label
    return found


def _read_from(labels: pl.DataFrame, arm: str) -> pl.DataFrame:
    """The rows of variables that the file holds and that something is read from."""
    held = labels.filter((pl.col("arm") == arm) & pl.col("is_in_file"))
    return held.filter(pl.col("left_out_item").is_null()) if "left_out_item" in held.columns else held


def nearest_names(labels: pl.DataFrame, arm: str) -> dict[str, str | None]:
    """Variables that one arm's file lacks → the name in the file that is most like it, if any."""
    lacking = labels.filter((pl.col("arm") == arm) & ~pl.col("is_in_file"))
    return dict(lacking.select("variable", "nearest").iter_rows())


def marked_missing(labels: pl.DataFrame, arm: str) -> dict[str, str | None]:
    """Variable → the codes that one arm's file marks as missing; ``None`` where its format cannot say."""
    held = _read_from(labels, arm).unique("variable", maintain_order=True)
    return dict(held.select("variable", "missing").iter_rows())


def label_findings(study: Study, wave: str, file: WaveFile, now: LabelsOf, before: LabelsOf) -> Iterator[Finding]:
    """Wordings that changed, labels that moved to another column, codes whose label is not what it was.

    ``before`` holds the labels with which each item's variable was last deposited, under the item's present variable.
    """
    moved = _moved(study, wave, file, now, before)
    yield from moved.values()
    exceptions = study.waves[wave].exceptions
    for key, item in study.items.items():
        variable = source_variable(study, wave, file, key)
        if variable is None or variable not in now or key in exceptions:
            continue
        if variable not in moved:
            yield from _wording(file, key, variable, now, before)
        yield from _codes(study, file, key, item, variable, now, before)


def _moved(study: Study, wave: str, file: WaveFile, now: LabelsOf, before: LabelsOf) -> dict[str, Finding]:
    """Variables whose label was another variable's before, or is declared for another: columns that were shifted."""
    variables = {key: source_variable(study, wave, file, key) for key in study.items}
    declared: dict[str, tuple[str | None, Mapping[str, str]]] = {
        variable: (study.items[key].original or study.items[key].label, {})
        for key, variable in variables.items()
        if variable
    }
    expected = {**declared, **{variable: said for variable, said in before.items() if said[0]}}
    owners: dict[str, str] = {}
    for owner, (known, _) in expected.items():
        owners.setdefault(plain(known or ""), owner)
    found: dict[str, Finding] = {}
    for key, variable in variables.items():
        label = now.get(variable or "", (None, {}))[0]
        if not variable or not label or plain(label) == plain(expected[variable][0] or ""):
            continue
        other = owners.get(plain(label))
        if other and other != variable:
            found[variable] = Finding(
                file.arm, key, "moved_label", "warns",
                f"its label is the one that `{other}` {'had before' if other in before else 'is declared to have'}: "
                f"“{shortened(label)}”.",
                f"{file.file}, `{variable}`",
                "Check whether columns were shifted; ask for the file again if they were.",
                confidence=0.9,
            )  # fmt: skip
    return found


def shortened(text: str, most: int = 90) -> str:
    """A label that fits a table cell."""
    text = " ".join(text.split())
    return text if len(text) <= most else f"{text[:most].rstrip()}…"


def _wording(file: WaveFile, key: str, variable: str, now: LabelsOf, before: LabelsOf) -> Iterator[Finding]:
    label, was = now[variable][0], before.get(variable, (None, {}))[0]
    if not label or not was or plain(variable) in (plain(label), plain(was)):
        return  # a label that repeats the name says nothing of the wording
    likeness = alike(label, was)
    if likeness < SAME:
        yield Finding(
            file.arm,
            key,
            "wording",
            "warns",
            f"its label was “{shortened(was)}” and is now “{shortened(label)}”.",
            f"{file.file}, `{variable}`",
            "Compare the questionnaires; declare an exception of this wave with its verdict, or accept the finding.",
            confidence=round(1 - likeness, 2),
        )


def _codes(
    study: Study, file: WaveFile, key: str, item: Item, variable: str, now: LabelsOf, before: LabelsOf
) -> Iterator[Finding]:
    labels, was = now[variable][1], before.get(variable, (None, {}))[1]
    missing = {canonical(code) for code in (*study.about.missing, *item.missing)}
    answers = {canonical(code): label for code, label in labels.items() if canonical(code) not in missing}
    earlier = {canonical(code): label for code, label in was.items() if canonical(code) not in missing}
    if not answers or item.kind == "number":
        return
    where = f"{file.file}, `{variable}`"
    yield from _missing_labels(file, key, missing, labels, was, where)
    if not earlier and item.from_labels:  # the declaration is what a delivery of this file was labelled before
        earlier = _declared(item)
    yield from _options(file, key, answers, earlier, where)
    yield from _one_label(file, key, answers, item, where)
    if _as_declared(answers, item):
        return
    if not earlier:  # the first wave, or one whose forerunners had no labels: the declaration is what there is
        earlier = _declared(item)
        if not _in_the_same_words(answers, earlier):
            return
    turned = _turned(answers, earlier)
    if turned:
        yield Finding(
            file.arm, key, "reversed_labels", "blocks",
            "its answer labels run the other way round than in the wave before.", where,
            "Declare an exception of this wave with `reverse`, or ask for the file again.",
            confidence=0.99,
        )  # fmt: skip
        return
    yield from _meanings(file, key, answers, earlier, where)


def _declared(item: Item) -> dict[str, str]:
    return {canonical(code): label for code, label in item.codes.items()}


def _missing_labels(
    file: WaveFile, key: str, missing: Collection[str], now: Mapping[str, str], was: Mapping[str, str], where: str
) -> Iterator[Finding]:
    """Missing codes whose label is not the one they had."""
    earlier = {canonical(code): label for code, label in was.items()}
    changed = [
        f"{code}: “{shortened(earlier[canonical(code)])}” is now “{shortened(label)}”"
        for code, label in now.items()
        if canonical(code) in missing and alike(label, earlier.get(canonical(code), label)) < SAME
    ]
    if changed:
        yield Finding(
            file.arm, key, "code_labels", "warns",
            f"missing codes that meant something else in the wave before ({'; '.join(changed[:4])}).", where,
            "Compare the questionnaires; declare an exception of this wave with its `missing`, or accept the finding.",
            count=len(changed), confidence=0.9,
        )  # fmt: skip


def _meanings(
    file: WaveFile, key: str, answers: Mapping[str, str], earlier: Mapping[str, str], where: str
) -> Iterator[Finding]:
    """Codes that mean something else than before, and codes that had no meaning before."""
    changed = [
        f"{code}: “{shortened(earlier[code])}” is now “{shortened(label)}”"
        for code, label in answers.items()
        if code in earlier and alike(label, earlier[code]) < SAME
    ]
    if changed:
        yield Finding(
            file.arm, key, "code_labels", "blocks",
            f"codes that meant something else in the wave before ({'; '.join(changed[:4])}).", where,
            "Declare an exception of this wave with its `codes` and `recode`, or accept the new wording.",
            count=len(changed), confidence=0.95,
        )  # fmt: skip
    new = sorted(set(answers) - set(earlier))
    listed = "; ".join(f"{code}: “{shortened(answers[code])}”" for code in new[:4])
    if new:
        yield Finding(
            file.arm, key, "new_codes", "notes",
            f"codes that the wave before did not label ({listed}).", where,
            "Declare each under `codes` or `missing` of the item.",
            count=len(new), confidence=0.9,
        )  # fmt: skip


def _options(
    file: WaveFile, key: str, answers: Mapping[str, str], earlier: Mapping[str, str], where: str
) -> Iterator[Finding]:
    """Answers that the wave before offered and this one does not."""
    gone = [code for code in earlier if code not in answers]
    if gone and len(gone) < len(earlier) and not set(answers) - set(earlier):
        listed = "; ".join(f"{code}: “{shortened(earlier[code])}”" for code in gone[:4])
        yield Finding(
            file.arm, key, "options_dropped", "warns",
            f"answers that the wave before offered are gone ({listed}).", where,
            "Compare the options in the two questionnaires; declare an exception of this wave if one was dropped.",
            count=len(gone), confidence=0.7,
        )  # fmt: skip


def _one_label(file: WaveFile, key: str, answers: Mapping[str, str], item: Item, where: str) -> Iterator[Finding]:
    """Codes under one label, where the declaration tells them from each other."""
    declared = {canonical(code): plain(label) for code, label in item.codes.items()}
    by_label: dict[str, list[str]] = {}
    for code, label in answers.items():
        by_label.setdefault(plain(label), []).append(code)
    told_apart = [codes for codes in by_label.values() if len({declared.get(code, code) for code in codes}) > 1]
    if told_apart:
        listed = "; ".join(f"{' and '.join(codes)}: “{shortened(answers[codes[0]])}”" for codes in told_apart[:4])
        yield Finding(
            file.arm, key, "one_label", "warns", f"codes that have the same label in the file ({listed}).", where,
            "Ask which of the two is labelled wrongly, or whether the answers were merged.",
            count=sum(map(len, told_apart)), confidence=0.8,
        )  # fmt: skip


def _in_the_same_words(answers: Mapping[str, str], declared: Mapping[str, str]) -> bool:
    """Whether the file speaks the declaration's language: most of its labels are declared ones, at whatever code."""
    known = {plain(label) for label in declared.values()}
    worded = [plain(label) for label in answers.values() if re.search(r"[^\W\d_]{2}", plain(label))]
    return sum(label in known for label in worded) >= max(2, 0.6 * len(worded))


def _as_declared(answers: Mapping[str, str], item: Item) -> bool:
    """Whether the file's labels are the declared ones, whatever an earlier wave did."""
    declared = _declared(item)
    return set(answers) <= set(declared) and all(
        alike(label, declared[code]) >= SAME for code, label in answers.items()
    )


def _turned(now: Mapping[str, str], before: Mapping[str, str]) -> bool:
    """Whether the same labels stand at the mirrored codes."""
    if len(now) < 3 or set(now) != set(before):
        return False
    codes = sorted(now, key=float)
    mirrored = dict(zip(codes, reversed(codes), strict=True))
    same = all(alike(now[code], before[code]) >= SAME for code in codes)
    return not same and all(alike(now[code], before[mirrored[code]]) >= SAME for code in codes)
