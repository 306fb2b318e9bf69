"""The names of a drafted wave under the pattern of study.yaml: its mark, and names as declarations say them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from string import Formatter

from pipeline.ingest.arrival.layout import Long, Wide, layout_of
from pipeline.ingest.arrival.marks import Mark
from pipeline.ingest.formats.deposit import Deposit
from pipeline.specs.project import Study
from pipeline.specs.sources import around, around_names
from pipeline.specs.variable_names import ends

_FORMS = {"name": ".+", "mark": r"(?P<mark>[A-Za-z]+?\d{0,3}|\d{1,3})", "number": r"(?P<number>\d{1,3})"}


@dataclass(frozen=True)
class Names:
    """How the variables of a file are declared: ``around`` is what the pattern puts around a name, if there is one.

    ``lines``: what the wave says of itself for the pattern to hold (``mark: a``).
    """

    around: Mark | None = None
    unprefixed: frozenset[str] = frozenset()
    lines: tuple[str, ...] = ()

    def declared(self, column: str) -> str | None:
        """The name by which a role or a key names a column; None where the pattern gives no name for it."""
        if self.around is None or column in self.unprefixed:
            return column
        bare = self.around.without(column)
        return bare if self.around.of(bare) == column and bare not in self.unprefixed else None

    def bare(self, column: str) -> str:
        """A column's name without the wave's mark, if it bears it."""
        return column if self.around is None else self.around.without(column)

    def of(self, name: str) -> str:
        """The column that a declared name has in the file."""
        return name if self.around is None or name in self.unprefixed else self.around.of(name)

    def is_as_expected(self, variable: str, column: str) -> bool:
        """Whether an item whose variable is called so is read from the column without a word in the wave."""
        return self.around is not None and self.declared(column) == variable


def layout_as_declared(study: Study, file: str, columns: Collection[str]) -> Wide | None:
    """The waves in the names of a file's columns, by the patterns that the study declares; None if none has a mark."""
    around_of = {wave: ends_of for wave in study.waves if any(ends_of := _ends(study, wave, file))}
    found: dict[str, dict[str, str]] = {}
    for column in columns:
        fits = [
            (len(before + behind), wave, column[len(before) : len(column) - len(behind)])
            for wave, (before, behind) in around_of.items()
            if column.startswith(before) and column.endswith(behind) and len(column) > len(before + behind)
        ]
        if fits and column not in study.about.unprefixed:
            _, wave, name = max(fits, key=lambda one: one[0])
            found.setdefault(wave, {})[name] = column
    marked = {column for own in found.values() for column in own.values()}
    unmarked = tuple(column for column in columns if column not in marked)
    return Wide(study.about.names or "", found, unmarked) if found else None


def layout_shown(study: Study, deposit: Deposit, id_column: str | None) -> Long | Wide | None:
    """The layout of a file of several waves by what it holds; by its columns only if study.yaml does not name them."""
    return layout_of(deposit, id_column, may_be_wide=not (study.about.names or study.about.unprefixed))


def _ends(study: Study, wave: str, file: str) -> tuple[str, str]:
    """What stands around the names of a wave's variables in a file."""
    part = next((one for one in study.waves[wave].files if one.file == file), None)
    if part is not None:
        return around_names(study, wave, part)
    pattern = study.waves[wave].names or study.about.names
    return ("", "") if pattern is None else around(study, wave, pattern)


def names_of(study: Study, wave: str, columns: Collection[str]) -> Names:
    """The names of a file's variables under the pattern of study.yaml, if most of them follow it."""
    pattern, unprefixed = study.about.names, frozenset(study.about.unprefixed)
    if pattern is None:
        return Names()
    form = "".join(re.escape(text) + _FORMS.get(field or "", "") for text, field, _, _ in Formatter().parse(pattern))
    found = [match.groupdict() for name in columns if name not in unprefixed and (match := re.fullmatch(form, name))]
    counted = Counter((one.get("mark") or "", one.get("number") or "") for one in found)
    if not counted:
        return Names()
    (mark, number), count = counted.most_common(1)[0]
    if count * 2 < len([name for name in columns if name not in unprefixed]):
        return Names()
    lines = [f"mark: {mark}"] if mark else []
    lines += [f"number: {int(number)}"] if number and int(number) != int(wave[1:]) else []
    return Names(Mark(*ends(pattern, mark, int(number or 0))), unprefixed, tuple(lines))
