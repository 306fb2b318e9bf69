"""What the files say of themselves: variable labels and value labels, against the declarations and earlier waves."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterator, Mapping

import polars as pl

from pipeline.harmonise.crosswalk import canonical
from pipeline.harmonise.drift.finding import Finding
from pipeline.specs.project import Study
from pipeline.specs.sources import source_variable
from pipeline.specs.study import Item, WaveFile

SAME = 0.86
"""Two wordings at least this alike are the same but for spelling, accents and punctuation."""

LabelsOf = Mapping[str, tuple[str | None, Mapping[str, str]]]
"""Variable → its label and its value labels."""


def plain(text: str) -> str:
    """Lower case, without accents, punctuation or a leading code: what is left is the wording."""
    folded = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", " ", re.sub(r"^\s*\d+\s*[-.=:)]\s*", "", folded)).strip()


def alike(one: str, other: str) -> float:
    """How alike two wordings are, from 0 to 1."""
    return difflib.SequenceMatcher(None, plain(one), plain(other), autojunk=False).ratio()


def labels_of(labels: pl.DataFrame, arm: str) -> LabelsOf:
    """The labels of one arm's file, from the ``Labels`` table."""
    found: dict[str, tuple[str | None, dict[str, str]]] = {}
    rows = labels.filter(pl.col("arm") == arm).select("variable", "label", "code", "code_label")
    for variable, label, code, code_label in rows.iter_rows():
        found.setdefault(variable, (label, {}))
        if code_label is not None:
            found[variable][1][code] = code_label
    return found


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
    """Variables whose label was another variable's before: columns that were shifted."""
    earlier = {plain(label): variable for variable, (label, _) in before.items() if label}
    found: dict[str, Finding] = {}
    for key in study.items:
        variable = source_variable(study, wave, file, key)
        label = now.get(variable or "", (None, {}))[0]
        was = before.get(variable or "", (None, {}))[0]
        if not variable or not label or not was or plain(label) == plain(was):
            continue
        owner = earlier.get(plain(label))
        if owner and owner != variable:
            found[variable] = Finding(
                file.arm,
                key,
                "moved_label",
                "warns",
                f"its label is the one that `{owner}` had before.",
                f"{file.file}, `{variable}`",
                "Check whether columns were shifted; ask for the file again if they were.",
            )
    return found


def _wording(file: WaveFile, key: str, variable: str, now: LabelsOf, before: LabelsOf) -> Iterator[Finding]:
    label, was = now[variable][0], before.get(variable, (None, {}))[0]
    if not label or not was:
        return
    likeness = alike(label, was)
    if likeness < SAME:
        yield Finding(
            file.arm,
            key,
            "wording",
            "warns",
            f"its label was “{was}” and is now “{label}”.",
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
    if not answers or not earlier or item.kind == "number" or _as_declared(answers, item):
        return
    where = f"{file.file}, `{variable}`"
    if _turned(answers, earlier):
        yield Finding(
            file.arm,
            key,
            "reversed_labels",
            "blocks",
            "its answer labels run the other way round than in the wave before.",
            where,
            "Declare an exception of this wave with `reverse`, or ask for the file again.",
            confidence=0.99,
        )
        return
    changed = [
        f"{code}: “{earlier[code]}” is now “{label}”"
        for code, label in answers.items()
        if code in earlier and alike(label, earlier[code]) < SAME
    ]
    if changed:
        yield Finding(
            file.arm,
            key,
            "code_labels",
            "blocks",
            f"codes that meant something else in the wave before ({'; '.join(changed[:4])}).",
            where,
            "Declare an exception of this wave with its `codes` and `recode`, or accept the new wording.",
            count=len(changed),
        )
    new = sorted(set(answers) - set(earlier))
    listed = "; ".join(f"{code}: “{answers[code]}”" for code in new[:4])
    if new:
        yield Finding(
            file.arm,
            key,
            "new_codes",
            "notes",
            f"codes that the wave before did not label ({listed}).",
            where,
            "Declare each under `codes` or `missing` of the item.",
            count=len(new),
        )


def _as_declared(answers: Mapping[str, str], item: Item) -> bool:
    """Whether the file's labels are the declared ones, whatever an earlier wave did."""
    declared = {canonical(code): label for code, label in item.codes.items()}
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
