"""``codes: from_labels``: codes and labels taken from the files of a wave, and frozen in items.yaml."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce
from pathlib import Path
from typing import Any

from pipeline.errors import CohesionError, one_line
from pipeline.ingest.formats.deposit import Deposit
from pipeline.ingest.formats.numbers import NUMBER, answer_codes
from pipeline.ingest.items.missing_codes import WIDEST_SCALE, labelled_missing
from pipeline.specs.answer_words import plain
from pipeline.specs.base import canonical_code
from pipeline.specs.batteries import places
from pipeline.specs.project import Study
from pipeline.specs.sources import source_variable
from pipeline.specs.strict_yaml import Position, read
from pipeline.specs.study import awaits_labels
from pipeline.specs.yaml_edit import Change, Written, edit

SHOWN = 8
"""So many problems, or missing codes, are listed in one message."""


@dataclass
class Scale:
    """What the files label for one entry of items.yaml: an item, or a battery whose items share their codes."""

    items: list[str] = field(default_factory=list)
    labels: dict[str, str] = field(default_factory=dict)
    reasons: dict[str, str] = field(default_factory=dict)
    """Missing codes that are proposed: code → reason."""
    answered: set[str] = field(default_factory=set)
    """Codes that somebody has, declared missing ones left out."""

    def codes(self) -> dict[str, str]:
        """The codes of answers with their labels, in order; the whole numbers between labelled ends of a scale, too."""
        labelled = {code: text or code for code, text in self.labels.items() if code not in self.reasons}
        numbers = sorted(float(code) for code in labelled)
        if _are_ends(numbers) and any(code not in self.labels for code in self.answered):
            between = range(int(numbers[0]), int(numbers[-1]) + 1)
            labelled = {**{str(code): str(code) for code in between}, **labelled}
        return {code: labelled[code] for code in sorted(labelled, key=float)}

    def problem(self) -> str | None:
        """Why these labels do not say what answers may be."""
        if any(not re.fullmatch(NUMBER, code) for code in self.labels if code not in self.reasons):
            return "labels texts, not numbers"
        codes = self.codes()
        if not codes:
            return f"has labels of missing codes alone ({', '.join(self.reasons)})"
        without = self.answered - codes.keys() - self.reasons.keys()
        if len(without) > len(codes):
            return f"has {len(without):,} answers without a label and {len(codes):,} with one"
        return None


def freeze(study: Study, wave: str, deposits: Sequence[Deposit], items_file: Path) -> list[str]:
    """Write the codes of the wave's items that wait for labels into items.yaml; in words, what was written.

    Codes that look like missing answers go under ``missing``, each with its reason, marked as proposed.
    Raises ``CohesionError``, and writes nothing, for items without labels or with contradictory ones.
    """
    if not any(map(awaits_labels, study.items.values())):
        return []
    data = read(items_file, items_file.name).data
    scales, problems = _scales(study, wave, deposits, places(data))
    problems += [f"`{scale.items[0]}` {wrong}" for scale in scales.values() if (wrong := scale.problem())]
    if problems:
        raise _refusal(f"{study.key} {wave}", problems)
    source = ", ".join(str(deposit.receipt["file"]) for deposit in deposits)
    changes = [change for place, scale in scales.items() for change in _changes(study, place, data, scale, source)]
    if changes:
        edit(items_file, lambda file: file.set_each(changes))
    return list(_told(scales.values(), source)) if scales else []


def _scales(
    study: Study, wave: str, deposits: Sequence[Deposit], where: Mapping[str, Position]
) -> tuple[dict[Position, Scale], list[str]]:
    """Place in items.yaml → the scale that the files of the wave label, and what is wrong."""
    found: dict[Position, Scale] = {}
    problems: list[str] = []
    waiting = [key for key, item in study.items.items() if awaits_labels(item)]
    for file, deposit in zip(study.waves[wave].files, deposits, strict=True):
        for key in waiting:
            variable = source_variable(study, wave, file, key)
            if variable is None:
                continue
            if variable not in deposit.frame.columns:
                problems.append(f"`{variable}` (item `{key}`) is not in {file.file}")
                continue
            if not deposit.value_labels.get(variable):
                problems.append(f"`{variable}` (item `{key}`) has no labels in {file.file}")
                continue
            scale = found.setdefault(where[key], Scale())
            declared = {canonical_code(code) for code in (*study.about.missing, *study.items[key].missing)}
            problems += _add(scale, key, variable, deposit, declared)
    return found, problems


def _add(scale: Scale, key: str, variable: str, deposit: Deposit, declared: set[str]) -> list[str]:
    """Add what a file labels to a scale; the contradiction, if the same code has another label there."""
    labels = {canonical_code(code): text for code, text in deposit.value_labels[variable].items()}
    wrong = _contradictions(scale, labels, f"`{variable}` (item `{key}`) of {deposit.receipt['file']}")
    scale.items += [key] if key not in scale.items else []
    reasons = labelled_missing(labels, deposit.missing_ranges.get(variable, []))
    scale.labels |= {code: text for code, text in labels.items() if code not in declared}
    scale.reasons |= {code: reason for code, reason in reasons.items() if code not in declared}
    scale.answered |= set(answer_codes(deposit.frame[variable]).drop_nulls().unique()) - declared
    return wrong


def _contradictions(scale: Scale, labels: Mapping[str, str], where: str) -> list[str]:
    """Codes that another item of the battery, or another file of the wave, labels otherwise."""
    return [
        f"{where} labels code {code} “{_short(text)}”, but `{scale.items[0]}` “{_short(scale.labels[code])}”"
        for code, text in labels.items()
        if code in scale.labels and plain(text) != plain(scale.labels[code])
    ][:1]


def _refusal(where: str, problems: Sequence[str]) -> CohesionError:
    more = [f"and {len(problems) - SHOWN:,} more"] if len(problems) > SHOWN else []
    listed = "\n  ".join(map(one_line, [*problems[:SHOWN], *more]))
    return CohesionError(
        f"the codes of these items cannot be taken from labels:\n  {listed}",
        where=where,
        todo="Nothing was changed. List their `codes` in items.yaml, or declare `kind: number` with a `range`; take an "
        "item on other codes out of its battery; list under `not_asked` of the wave what it did not ask.",
    )


def _changes(study: Study, position: Position, data: Any, scale: Scale, source: str) -> list[Change]:
    """What is written at one place: the codes of answers, and the proposed missing codes with the declared ones."""
    values: dict[str, Written] = {"codes": scale.codes(), "from_labels": True}
    comments = {"from_labels": f"frozen from {source}"}
    if not scale.reasons:
        return [Change(position, values, "codes", comments)]
    said = ", ".join(f"{code} “{_short(scale.labels[code])}”" for code in scale.reasons)
    entry = reduce(lambda part, key: part[key], position, data)
    if entry.get("missing"):
        comments["from_labels"] += f"; PROPOSED as missing: {said}"
        near = next(iter(entry["missing"]))
        return [
            Change(position, values, "codes", comments),
            Change((*position, "missing"), dict(scale.reasons), near),
        ]
    values["missing"] = {**study.items[scale.items[0]].missing, **scale.reasons}
    return [Change(position, values, "codes", {**comments, "missing": f"PROPOSED from the labels: {said}"})]


def _are_ends(numbers: Sequence[float]) -> bool:
    """Whether labelled codes are the ends of a scale, or its ends and its middle."""
    if len(numbers) not in (2, 3) or not all(number.is_integer() for number in numbers):
        return False
    width = numbers[-1] - numbers[0]
    return len(numbers) - 1 < width < WIDEST_SCALE and (len(numbers) == 2 or numbers[1] * 2 == numbers[0] + numbers[2])


def _told(scales: Collection[Scale], source: str) -> Iterator[str]:
    frozen = sum(len(scale.items) for scale in scales)
    yield f"✓ items.yaml: the codes of {frozen:,} items are frozen as {source} labels them."
    proposed = Counter(
        (code, _short(scale.labels[code]), reason)
        for scale in scales
        for code, reason in scale.reasons.items()
        for _ in scale.items
    )
    listed = [f"{code} “{text}” → {reason} ({count:,})" for (code, text, reason), count in proposed.most_common(SHOWN)]
    listed += [f"and {len(proposed) - SHOWN:,} more"] if len(proposed) > SHOWN else []
    if proposed:
        yield f"  PROPOSED as missing, and marked so: {', '.join(listed)}. Read each; an answer belongs under `codes`."


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= 40 else f"{text[:40].rstrip()}…"
