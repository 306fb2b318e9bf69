"""The waves before: what each item, label, fact and weight was when it was last there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.harmonise.drift.change import Pair, correlation
from pipeline.harmonise.drift.labels import LabelsOf, labels_of, marked_missing, nearest_names
from pipeline.harmonise.drift.reading import Reading, readings
from pipeline.harmonise.drift.universe import MOST_KINDS, Kinds
from pipeline.harmonise.drift.weights import usable_weights
from pipeline.specs.arm_parts import arm_files
from pipeline.specs.base import canonical_code
from pipeline.specs.deposits import WaveFile
from pipeline.specs.project import Study
from pipeline.specs.sources import role_columns, source_variable

Waves = Mapping[str, pl.DataFrame]
LabelOf = tuple[str | None, Mapping[str, str]]
Rows = NDArray[np.int64]


@dataclass(frozen=True)
class Beside:
    """One file of a wave, and what it is held against. ``before``: item → its reading when it was last asked."""

    study: Study
    wave: str
    file: WaveFile
    rows: pl.DataFrame
    now: Mapping[str, Reading]
    earlier: Mapping[str, list[tuple[str, Reading]]]
    nearest: Mapping[str, str | None]
    labels_before: LabelsOf
    known: pl.Series
    people_before: int
    marked_before: Mapping[str, str | None]
    weights_before: list[tuple[str, pl.DataFrame]]
    first_facts: Mapping[str, pl.DataFrame] = field(default_factory=dict)
    _paired: dict[str, tuple[Rows, Rows]] = field(default_factory=dict)
    _kinds: dict[str | None, Kinds] = field(default_factory=dict)
    _correlated: dict[tuple[str, str], tuple[float, int] | None] = field(default_factory=dict)

    @cached_property
    def before(self) -> dict[str, Reading]:
        """Item → its reading in the last wave before that has answers."""
        return {key: readings[0][1] for key, readings in self.earlier.items() if readings}

    def where(self, key: str) -> str:
        """The file and the variable that an item is read from."""
        return f"{self.file.file}, `{self.now[key].rule.variable}`"

    def last(self, key: str) -> str:
        """The wave in which an item was last asked."""
        return self.earlier[key][0][0]

    def years(self, key: str) -> float:
        """Years from the start of the fieldwork in which an item was last asked to the end of this one."""
        began = self.study.fieldwork(self.last(key), self.file.arm).start
        return (self.study.fieldwork(self.wave, self.file.arm).end - began).days / 365.25

    def years_apart(self, key: str) -> float:
        """Years from the end of the fieldwork in which an item was last asked to the start of this one."""
        ended = self.study.fieldwork(self.last(key), self.file.arm).end
        return (self.study.fieldwork(self.wave, self.file.arm).start - ended).days / 365.25

    def same_people(self, key: str, wave: str | None = None) -> Pair:
        """The values of an item before (in ``wave``, or when it was last asked) and now, of those who have both."""
        last, reading = self.earlier[key][0]
        if wave is not None and wave != last:
            last, reading = wave, dict(self.earlier[key])[wave]
        rows_before, rows_now = self.pairs(last)
        was, now = reading.numbers[rows_before], self.now[key].numbers[rows_now]
        both = ~(np.isnan(was) | np.isnan(now))
        return was[both], now[both]

    def correlation(self, key: str, wave: str | None = None) -> tuple[float, int] | None:
        """How an item's answers correlate with those of the same people before, and among how many."""
        wave = wave or self.last(key)
        if (key, wave) not in self._correlated:
            pair = self.same_people(key, wave)
            found = correlation(pair)
            self._correlated[key, wave] = None if found is None else (found, len(pair[0]))
        return self._correlated[key, wave]

    def pairs(self, wave: str) -> tuple[Rows, Rows]:
        """The rows of the people of an earlier wave and of this one, pair by pair."""
        if wave not in self._paired:
            before = self._people_of(wave).to_frame("person_id").with_row_index("before")
            both = self.rows.select("person_id").with_row_index("now").join(before, on="person_id")
            self._paired[wave] = (both["before"].to_numpy().astype(np.int64), both["now"].to_numpy().astype(np.int64))
        return self._paired[wave]

    def _people_of(self, wave: str) -> pl.Series:
        """Whose rows they are in an earlier wave, row by row."""
        return next(reading.people for known in self.earlier.values() for name, reading in known if name == wave)

    def kinds(self, wave: str | None = None) -> Kinds:
        """Lasting facts of few kinds: per row of this wave (or of an earlier one) the kind of its person."""
        if wave not in self._kinds:
            ids = self.rows.select("person_id") if wave is None else self._people_of(wave).to_frame("person_id")
            self._kinds[wave] = {fact: (names, _kind_of(ids, people)) for fact, (names, people) in self._people.items()}
        return self._kinds[wave]

    @cached_property
    def _people(self) -> dict[str, tuple[list[str], pl.DataFrame]]:
        """Fact → its kinds, and one row per person with the number of their kind, as first recorded."""
        found = {}
        for key, now in self.now.items():
            item = self.study.items[key]
            if item.time_constant and item.kind != "number" and len(item.codes) <= MOST_KINDS:
                labels = {value: now.rule.labels.get(code, code) for code, (value, _) in now.rule.codes.items()}
                values = [value for value in labels if value is not None]
                stated = [now.frame.drop_nulls("value").select("person_id", "value")]
                if key in self.first_facts:
                    stated.insert(0, self.first_facts[key].select("person_id", "value"))
                people = pl.concat(stated).unique("person_id", keep="first", maintain_order=True)
                numbers = people["value"].replace_strict(
                    values, list(range(len(values))), default=None, return_dtype=pl.Int64
                )
                found[key] = ([labels[value] for value in values], people.select("person_id", kind=numbers))
        return found


def _kind_of(ids: pl.DataFrame, people: pl.DataFrame) -> NDArray[np.int64]:
    joined = ids.select("person_id").join(people, on="person_id", how="left", maintain_order="left")
    return joined["kind"].fill_null(-1).to_numpy()


def as_codes(wave: pl.DataFrame) -> pl.DataFrame:
    """A wave table with every answer as the text of its code, as ingest gives it; NaN is no answer."""
    numbers = [name for name, dtype in wave.schema.items() if dtype.is_numeric() and name not in _HEAD]
    if wave.schema["person_id"] != pl.String:
        wave = wave.with_columns(pl.col("person_id").cast(pl.String))
    return wave.with_columns(_codes(wave[name]) for name in numbers) if numbers else wave


_HEAD = ("person_id", "study", "arm", "wave", "row")


def _codes(answers: pl.Series) -> pl.Series:
    values = answers.cast(pl.Float64).fill_nan(None)
    distinct = values.drop_nulls().unique()
    texts = pl.Series([canonical_code(repr(value)) for value in distinct], dtype=pl.String)
    return values.replace_strict(distinct, texts, default=None, return_dtype=pl.String).rename(answers.name)


class History:
    """Everything deposited for a study, read once: ask for one file ``beside`` the waves before it."""

    def __init__(self, study: Study, waves: Waves, labels: Waves) -> None:
        self.study, self.labels = study, labels
        self.waves = {wave: as_codes(frame) for wave, frame in waves.items()}
        self._read: dict[tuple[str, str], dict[str, Reading]] = {}
        self._beside: dict[tuple[str, str], Beside] = {}
        self._rows: dict[tuple[str, str], pl.DataFrame] = {}
        self._usable: dict[tuple[str, str], pl.DataFrame | None] = {}
        self._labelled: dict[tuple[str, str], list[tuple[str, LabelOf]]] = {}
        self._marked: dict[tuple[str, str], dict[str, str]] = {}
        self._facts: list[dict[str, pl.DataFrame]] = [{}]
        self._people: dict[str, list[pl.Series]] = {}

    def beside(self, wave: str, file: WaveFile) -> Beside:
        """One file beside the waves before it."""
        if (wave, file.arm) not in self._beside:
            self._beside[wave, file.arm] = self._make_beside(wave, file)
        return self._beside[wave, file.arm]

    def _make_beside(self, wave: str, file: WaveFile) -> Beside:
        earlier = [name for name in self.study.waves if name < wave and name in self.waves and name in self.labels]
        rows = self._rows_of(wave, file.arm)
        before = (self._rows_of(name, file.arm).height for name in reversed(earlier))
        return Beside(
            self.study,
            wave,
            file,
            rows,
            self.readings(wave, file),
            self._earlier(earlier, file.arm),
            nearest_names(self.labels[wave], file.arm),
            self._last_labels(wave, file, earlier),
            self._people_before(earlier, file.arm),
            next((people for people in before if people), 0),
            self._marks(earlier, file.arm),
            self._weights(earlier, file.arm),
            self._first_facts(earlier),
        )

    def _rows_of(self, wave: str, arm: str) -> pl.DataFrame:
        if (wave, arm) not in self._rows:
            self._rows[wave, arm] = self.waves[wave].filter(pl.col("arm") == arm)
        return self._rows[wave, arm]

    def _people_before(self, earlier: list[str], arm: str) -> pl.Series:
        """Everybody who was in an earlier wave; of those before the last of them known from when it was looked at."""
        made = self._people.setdefault(arm, [pl.Series("person_id", [], dtype=pl.String)])
        for name in earlier[len(made) - 1 :]:
            made.append(pl.concat([made[-1], self._rows_of(name, arm)["person_id"]]).unique())
        return made[len(earlier)]

    def readings(self, wave: str, file: WaveFile) -> dict[str, Reading]:
        """Item → its reading in one file."""
        if (wave, file.arm) not in self._read:
            self._read[wave, file.arm] = readings(self.study, wave, file, self.waves[wave])
        return self._read[wave, file.arm]

    def correlation(self, key: str, arm: str, wave: str) -> tuple[float, int] | None:
        """How an item's answers in a wave correlated with those of the wave before it, and among how many people."""
        file = self.file(wave, arm)
        beside = None if file is None else self.beside(wave, file)
        if beside is None or key not in beside.before or key not in beside.now:
            return None
        return beside.correlation(key)

    def file(self, wave: str, arm: str) -> WaveFile | None:
        return next((file for file in arm_files(self.study, wave) if file.arm == arm), None)

    def _earlier(self, earlier: list[str], arm: str) -> dict[str, list[tuple[str, Reading]]]:
        """Item → the waves before that have answers to it, the last one first; those without variation at the end."""
        found: dict[str, list[tuple[str, Reading]]] = {}
        for name in reversed(earlier):
            file = self.file(name, arm)
            for key, reading in self.readings(name, file).items() if file else ():
                if reading.tally:
                    found.setdefault(key, []).append((name, reading))
        for waves in found.values():  # a wave in which all gave one answer is no measure, unless there is no other
            waves.sort(key=lambda wave: wave[1].varies, reverse=True)
        return found

    def _first_facts(self, earlier: list[str]) -> dict[str, pl.DataFrame]:
        """Lasting fact → one row per person: the value first recorded, in whichever arm, and in which wave."""
        for name in earlier[len(self._facts) - 1 :]:
            facts = {key: [stated] for key, stated in self._facts[-1].items()}
            for file in arm_files(self.study, name):
                for key, reading in self.readings(name, file).items():
                    if self.study.items[key].time_constant:
                        stated = reading.frame.drop_nulls("value").select("person_id", "value", wave=pl.lit(name))
                        facts.setdefault(key, []).append(stated)
            made = {key: pl.concat(parts).unique("person_id", keep="first", maintain_order=True)
                    for key, parts in facts.items()}  # fmt: skip
            self._facts.append(made)
        return self._facts[len(earlier)]

    def _marks(self, earlier: list[str], arm: str) -> dict[str, str | None]:
        """Variable → the codes that the last SPSS file which held it marks as missing."""
        found: dict[str, str | None] = {}
        for name in earlier:
            if (name, arm) not in self._marked:
                marks = marked_missing(self.labels[name], arm)
                self._marked[name, arm] = {key: ranges for key, ranges in marks.items() if ranges is not None}
            found |= self._marked[name, arm]
        return found

    def _weights(self, earlier: list[str], arm: str) -> list[tuple[str, pl.DataFrame]]:
        """The waves before that have usable weights, the last one first, each with these by person."""
        found = ((name, self._usable_weights(name, arm)) for name in reversed(earlier))
        return [(name, usable) for name, usable in found if usable is not None]

    def _usable_weights(self, name: str, arm: str) -> pl.DataFrame | None:
        if (name, arm) not in self._usable:
            file = self.file(name, arm)
            column = role_columns(self.study, name, file).get("weight") if file else None
            rows = self._rows_of(name, arm)
            usable = usable_weights(rows, column) if column is not None and column in rows.columns else None
            self._usable[name, arm] = usable if usable is not None and usable.height else None
        return self._usable[name, arm]

    def _last_labels(self, wave: str, file: WaveFile, earlier: list[str]) -> LabelsOf:
        """The labels with which each item was last deposited, under the name its variable has now."""
        found: dict[str, LabelOf] = {}
        now = {key: source_variable(self.study, wave, file, key) for key in self.study.items}
        for name in earlier:
            for key, label in self._labels_of_items(name, file.arm):
                variable = now[key]
                if variable is not None:
                    found[variable] = label
        return found

    def _labels_of_items(self, name: str, arm: str) -> list[tuple[str, LabelOf]]:
        """Item and the labels that a wave gave it, where it gave any and had no exception for it."""
        other = self.file(name, arm)
        if other is None:
            return []
        if (name, arm) not in self._labelled:
            made, own = labels_of(self.labels[name], arm), self.study.waves[name].exceptions
            then = {key: source_variable(self.study, name, other, key) for key in self.study.items if key not in own}
            self._labelled[name, arm] = [
                (key, made[variable])
                for key, variable in then.items()
                if variable is not None and variable in made and (made[variable][0] or made[variable][1])
            ]
        return self._labelled[name, arm]
