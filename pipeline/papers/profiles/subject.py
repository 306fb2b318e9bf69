"""One area at one wave: its rows, what it is compared with, and the numbers printed of it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from pipeline.papers.content import Number, Runs, Text
from pipeline.papers.declared import period_words
from pipeline.papers.profiles.content import About, Reading
from pipeline.papers.profiles.frames import BASE, INDEX, PREVIOUS, AreaTables, Row
from pipeline.papers.profiles.numbers import Numbers
from pipeline.papers.prose.quantity import WORDS, Quantity
from pipeline.papers.prose.words import DIFFERS, MOVED, difference_of, differs, moved
from pipeline.specs.base import Period
from pipeline.specs.profile import Profiles, small_in_sentence

OTHERS, COMPARISON = "others", "comparison"
YEAR = re.compile(r"\b(19|20)\d\d\b")


def _others(count: int) -> str:
    many = WORDS[count] if count < len(WORDS) else str(count)
    return f"the average of the other {many} areas" if count > 1 else "the other area"


def said(*parts: str | Number | Runs) -> Runs:
    """Texts, numbers and runs as runs."""
    found: list[Text | Number] = []
    for part in parts:
        if isinstance(part, str):
            found += [Text(part)] if part else []
        else:
            found += part if isinstance(part, tuple) else [part]  # type: ignore[arg-type]
    return tuple(found)


@dataclass(frozen=True)
class Subject:
    """``labels``: measure → what readers call it, the index with the rest."""

    tables: AreaTables
    area: str
    wave: str
    labels: Mapping[str, str]
    settings: Profiles
    about: About
    numbers: Numbers

    @property
    def label(self) -> str:
        return self.tables.names.get(self.area) or self.area

    @property
    def round(self) -> str:
        """The round of the wave: the waves of other areas at this time."""
        return self.tables.round_of(self.area, self.wave)

    def measure(self, key: str) -> str:
        return self.labels.get(key) or key.replace("_", " ").capitalize()

    @property
    def measures(self) -> list[str]:
        """The index, then its domains."""
        return [INDEX, *self.tables.domains]

    def wave_label(self, wave: str) -> str:
        return self.about.waves.get(wave) or wave

    def period(self, wave: str) -> str:
        """``May to July 2021``; empty where it is not known."""
        window = self.tables.windows.get((self.area, wave))
        return period_words(Period(start=window[0], end=window[1])) if window is not None else ""

    def when(self, wave: str) -> str:
        """A wave as a date, as readers know it: the years of its name, its months, or its name alone."""
        label, months = self.wave_label(wave), self.period(wave)
        year = YEAR.search(label)
        date = label[year.start() :].rstrip(")") if year else months or label
        return date.replace(" to ", "\N{EN DASH}")

    def row(self, measure: str) -> Row | None:
        return self.tables.shown(self.area, self.wave, measure)

    @cached_property
    def compared(self) -> str:
        """The first kind of comparison that the index has, or any measure if the index has none; empty without one."""
        for measures in ((INDEX,), tuple(self.tables.domains)):
            for kind in self.settings.against:
                if any(self._compared(measure, kind) is not None for measure in measures):
                    return kind
        return ""

    def _compared(self, measure: str, kind: str) -> Row | None:
        if kind == OTHERS:
            return self.tables.others(self.area, self.wave, measure)
        return self.tables.change(self.area, self.wave, measure, kind)

    @cached_property
    def _comparisons(self) -> dict[str, Row | None]:
        return {}

    def difference(self, measure: str) -> Row | None:
        """The difference from what the profile compares with."""
        if not self.compared:
            return None
        if measure not in self._comparisons:
            self._comparisons[measure] = self._compared(measure, self.compared)
        return self._comparisons[measure]

    @cached_property
    def comparison(self) -> str:
        """What the area is compared with, as it stands in a sentence."""
        row = self.difference(INDEX) or next(filter(None, map(self.difference, self.tables.domains)), None)
        if row is None:
            return ""
        named = self.settings.compared_with
        if self.compared == OTHERS:
            count = int(row["against"])
            return named.get(OTHERS) or _others(count)
        against = str(row["against"] or "")
        return named.get(against) or named.get(self.compared) or small_in_sentence(against.replace("_", " "))

    def change(self, measure: str, kind: str) -> Row | None:
        return self.tables.change(self.area, self.wave, measure, kind)

    def quantity(self, change: Row) -> Quantity:
        """A difference as a result, with the smallest difference of interest of its measure."""
        measure = change["measure"]
        against = change["against"]
        is_change = change["kind"] in (PREVIOUS, BASE)
        of = f"change since {against}" if is_change else f"difference from {self.comparison or against}"
        return self.numbers.difference(change, f"{self.measure(measure)}: {of}", self.smallest(measure))

    def level(self, row: Row) -> Quantity:
        return self.numbers.level(row, self.measure(row["measure"]))

    def reading(self, change: Row | None) -> Reading:
        if change is None or change["conf_low"] is None or change["conf_high"] is None:
            return ""
        return difference_of(self.quantity(change)).verdict

    def differs(self, change: Row | None, form: str = "than") -> Number | str:
        """``higher than``; without an interval there is no word."""
        if not self.reading(change):
            return ""
        assert change is not None
        return self.numbers.print(differs(self.quantity(change), form=form))

    def moved(self, change: Row | None) -> Number | str:
        """``rose``"""
        if not self.reading(change):
            return ""
        assert change is not None
        return self.numbers.print(moved(self.quantity(change)))

    def words(self, change: Row | None) -> str:
        """A reading as it stands alone in a table."""
        reading = self.reading(change)
        if not reading:
            return ""
        forms = MOVED["past"] if change is not None and change["kind"] in (PREVIOUS, BASE) else DIFFERS["adjective"]
        word = forms[reading]
        return word[:1].upper() + word[1:]

    def smallest(self, measure: str) -> float | None:
        """The smallest difference of interest of a measure."""
        return self.settings.smallest_differences.get(measure, self.about.smallest_difference)

    def amount(self, change: Row) -> Runs:
        """``+4.2 (1.0 to 7.4)``"""
        found = self.quantity(change)
        if change["conf_low"] is None or change["conf_high"] is None:
            return said(self.numbers.signed(found))
        return said(self.numbers.signed(found), " (", self.numbers.ends(found), ")")
