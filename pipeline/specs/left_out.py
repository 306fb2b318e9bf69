"""Columns that a file may hold and that no item is read from, although one was, or would be if it were asked.

A question listed as not asked may have been asked all the same; a variable that was read in the wave before may be read
no more because a name was mistyped. Whether the file holds answers in such a column is for ingest to see.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from pipeline.specs.deposits import WaveFile
from pipeline.specs.parts import sharing
from pipeline.specs.project import Study
from pipeline.specs.sources import bare_name, declared_variables, prefixed, source_variable

Why = Literal["not_asked", "read_before"]


@dataclass(frozen=True)
class LeftOut:
    """A column in which answers to ``item`` may lie, why it is not read, and the codes in it that are no answers."""

    item: str
    variable: str
    why: Why
    missing: tuple[str, ...]


def left_out(study: Study, wave: str) -> dict[str, tuple[LeftOut, ...]]:
    """Part → the columns of its file that hold no declared variable, though an item might be in them."""
    return {file.part: tuple(_of_file(study, wave, file)) for file in study.waves[wave].files}


def _of_file(study: Study, wave: str, file: WaveFile) -> Iterator[LeftOut]:
    taken = {name.lower() for name in declared_variables(study, wave, file)}
    for other, part in sharing(study.waves, file.file):  # what is read for another wave of the file is read
        taken |= {name.lower() for name in declared_variables(study, other, part)} if other != wave else set()
    for key, item in study.items.items():
        for variable, why in _candidates(study, wave, file, key):
            if variable.lower() not in taken:
                taken.add(variable.lower())
                yield LeftOut(key, variable, why, tuple(dict.fromkeys([*study.about.missing, *item.missing])))


def _candidates(study: Study, wave: str, file: WaveFile, key: str) -> Iterator[tuple[str, Why]]:
    now = source_variable(study, wave, file, key)
    if now is None:
        named = file.variables.get(key) or study.waves[wave].variables.get(key)
        yield named or prefixed(study, wave, file, study.items[key].variable or key), "not_asked"
    found = _read_before(study, wave, file, key)
    if found is None:
        return
    before, then, variable = found
    bare = bare_name(study, before, then, variable)
    is_wide = then.file == file.file  # one file with a column for each wave: the earlier wave's own is still in it
    names = [prefixed(study, wave, file, bare), *_renumbered(bare, before, wave)]
    names += [] if is_wide or bare != variable else [variable]
    why: Why = "not_asked" if now is None else "read_before"
    for name in dict.fromkeys(names):
        if not (is_wide and name == variable) and not (now is not None and _differ_in_number(name, now)):
            yield name, why


def _read_before(study: Study, wave: str, file: WaveFile, key: str) -> tuple[str, WaveFile, str] | None:
    """The last wave before in which the arm was asked an item: the wave, its file and the variable."""
    for before in sorted((name for name in study.waves if name < wave), reverse=True):
        for then in study.waves[before].files:
            variable = source_variable(study, before, then, key) if then.arm == file.arm else None
            if variable is not None:
                return before, then, variable
    return None


def _renumbered(name: str, before: str, wave: str) -> list[str]:
    """The name with this wave's number where it bears the earlier one: ``trust_w1`` → ``trust_w2``, ``w1_q`` too."""
    was, number = int(before[1:]), int(wave[1:])
    marked = re.compile(rf"(?i)(?<![0-9a-z])([wt])(0?){was}(?!\d)|(?<=[a-z_])([wt])(0?){was}$")
    found = marked.sub(lambda match: f"{match[1] or match[3]}{match[2] or match[4] or ''}{number}", name)
    return [found] if found != name else []


def _differ_in_number(one: str, other: str) -> bool:
    """Whether two names are one but for their digits, as those of one question in two waves are."""
    return re.sub(r"\d+", "", one.lower()) == re.sub(r"\d+", "", other.lower())
