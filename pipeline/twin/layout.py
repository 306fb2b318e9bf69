"""From invented waves to the files of a deposit, in the layout that the study declares: read the other way round."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import polars as pl

from pipeline.specs import Study
from pipeline.specs.base import canonical_code
from pipeline.specs.deposits import Deposited, Joined, WaveFile
from pipeline.specs.part_columns import key_columns, name_there, presence_column
from pipeline.specs.sources import conditions, number_of, role_columns, source_variable
from pipeline.twin.clusters import households
from pipeline.twin.declared import MODE, ROLE, date_of, parts, slots

PERSON = "person_id"
FIRST_HOUSEHOLD = 100_001


@dataclass(frozen=True)
class TwinFile:
    """One file: ``declared`` how it is written, ``frame`` of texts (or dates), labels of variables and of codes."""

    declared: Deposited
    frame: pl.DataFrame
    variable_labels: Mapping[str, str] = field(default_factory=dict)
    value_labels: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Material:
    """What files are made of. ``waves``: arm → wave → invented people; ``ids``: arm → person → id as written.

    ``columns``: joined file → the columns that it has. ``sizes``: arm and wave → people of each real household.
    """

    waves: Mapping[str, Mapping[str, pl.DataFrame]]
    ids: Mapping[str, Mapping[str, str]]
    columns: Mapping[str, Sequence[str]]
    sizes: Mapping[tuple[str, str], Sequence[int]]
    seed: int = 1


@dataclass
class _Rows:
    """The rows of one part: ``own`` columns by variable, and what is joined to it by file."""

    wave: str
    file: WaveFile
    frame: pl.DataFrame
    joined: list[tuple[Joined, pl.DataFrame]]


def twin_files(study: Study, made: Material) -> Iterator[TwinFile]:
    """Every file that waves are read from. Raises ``CohesionError`` for a layout that cannot be written."""
    rows = [part for wave in study.waves for part in _parts(study, wave, made)]
    for name in dict.fromkeys(part.file.file for part in rows):
        own = [part for part in rows if part.file.file == name]
        frame = _stacked(own) if any(part.file.chosen for part in own) else _side_by_side(own)
        yield _file(study, own[0].file, frame, own)
    for name in dict.fromkeys(joined.file for part in rows for joined, _ in part.joined):
        found = [(part, joined, frame) for part in rows for joined, frame in part.joined if joined.file == name]
        yield _joined_file(study, found)


def _parts(study: Study, wave: str, made: Material) -> Iterator[_Rows]:
    for arm, waves in made.waves.items():
        files = parts(study, wave, arm)
        if not files or wave not in waves:
            continue
        people = waves[wave].with_columns(pl.col(PERSON).replace_strict(dict(made.ids[arm])).alias("id"))
        people = _with_households(study, wave, files, people, made, arm)
        for file, own in zip(files, _shared_out(people, files, made.seed), strict=True):
            yield _part(study, wave, file, own, made)


def _shared_out(people: pl.DataFrame, files: Sequence[WaveFile], seed: int) -> list[pl.DataFrame]:
    """The people of a wave and arm, each in one of its parts: by mode, where files differ in that."""
    if len(files) == 1:
        return [people]
    random = np.random.default_rng([seed, 3])
    place = pl.Series(random.permutation(people.height) % len(files))
    if MODE in people.columns:
        modes = {str(file.mode): at for at, file in reversed(list(enumerate(files)))}
        place = people[MODE].replace_strict(modes, default=0, return_dtype=pl.Int64)
    return [people.filter(place == at) for at in range(len(files))]


def _with_households(
    study: Study, wave: str, files: Sequence[WaveFile], people: pl.DataFrame, made: Material, arm: str
) -> pl.DataFrame:
    """With a household for each person, whose members have in common what is known of households."""
    sizes = made.sizes.get((arm, wave))
    if not sizes:
        return people
    common = [
        name
        for file in files
        for joined in file.join
        if joined.relation == "many_to_one"
        for variable, name in slots(study, wave, file).items()
        if variable in made.columns[joined.file] and name in people.columns
    ]
    random = np.random.default_rng([made.seed, 4, *map(ord, wave)])
    level = np.zeros(people.height)
    if common:
        alike = people.select(common).fill_null("").select(pl.struct(pl.all()).rank("dense")).to_series()
        level = alike.to_numpy() + random.random(people.height) * 0.5
    number = pl.Series("household", households(level, sizes, random) + FIRST_HOUSEHOLD)
    frame = people.with_columns(number.cast(pl.String))
    return frame.with_columns(pl.col(name).first().over("household") for name in dict.fromkeys(common))


def _part(study: Study, wave: str, file: WaveFile, people: pl.DataFrame, made: Material) -> _Rows:
    """The part's own columns, and the rows of each file that is joined to it."""
    roles = role_columns(study, wave, file)
    columns: dict[str, pl.Series] = {roles["person_id"]: people["id"]}
    if "wave" in roles:
        columns[roles["wave"]] = pl.Series([str(number_of(study, wave))] * people.height, dtype=pl.String)
    if "test" in roles:
        columns[roles["test"]] = pl.Series([None] * people.height, dtype=pl.String)
    if "household" in roles:
        columns[roles["household"]] = people["household"] if "household" in people.columns else people["id"]
    for variable, name in slots(study, wave, file).items():
        if name in people.columns and variable not in columns:
            columns[variable] = people[name]
    frame = pl.DataFrame({name: values.rename(name) for name, values in columns.items()})
    frame = _asked(study, wave, file, frame)
    joined = []
    taken: set[str] = set()
    for one in file.join:
        keys = key_columns(study, wave, file, one)
        there = _there(study, wave, file, one, made)
        more = [name for name in frame.columns if name in there and name not in keys]
        taken.update(more)
        frame = _with_key(frame, keys, more)
        rows = frame.select(*(pl.col(here).alias(other) for here, other in keys.items()),
                            *(pl.col(name).alias(there[name]) for name in more))  # fmt: skip
        joined.append((one, rows.unique(subset=list(keys.values()), keep="first", maintain_order=True)))
    present = presence_column(study, wave, file)
    if present is not None and present not in frame.columns and file.present is not None:
        frame = frame.with_columns(pl.lit(file.present.codes[0]).alias(present))
    return _Rows(wave, file, frame.drop(taken), joined)


def _there(study: Study, wave: str, file: WaveFile, joined: Joined, made: Material) -> dict[str, str]:
    """Variable of the part → its name in a joined file, of those that the joined file has."""
    has = set(made.columns[joined.file])
    names = {variable: variable for variable in slots(study, wave, file)}
    if joined.names is not None:
        for role_or_item in (*study.items, *role_columns(study, wave, file)):
            item = study.items.get(role_or_item)
            bare = (item.variable or role_or_item) if item else ""
            variable = source_variable(study, wave, file, role_or_item) if item else None
            if variable is not None:
                names[variable] = name_there(study, wave, file, joined, bare)
    return {variable: there for variable, there in names.items() if there in has}


def _with_key(frame: pl.DataFrame, keys: Mapping[str, str], more: Sequence[str]) -> pl.DataFrame:
    """The frame with the columns of a key: where it has none, one value for each combination of what is joined."""
    absent = [name for name in keys if name not in frame.columns]
    if not absent:
        return frame
    number = frame.select(pl.struct(more).rank("dense")).to_series() if more else pl.Series([1] * frame.height)
    return frame.with_columns((number.cast(pl.Int64) + 1000).cast(pl.String).alias(name) for name in absent)


def _asked(study: Study, wave: str, file: WaveFile, frame: pl.DataFrame) -> pl.DataFrame:
    """Empty cells of people to whom a question is declared not to be put."""
    for key in study.items:
        variable = source_variable(study, wave, file, key)
        if variable not in frame.columns:
            continue
        for column, codes in conditions(study, wave, file, key):
            if column in frame.columns:
                other = ~pl.col(column).is_in([canonical_code(code) for code in codes]).fill_null(True)
                frame = frame.with_columns(pl.when(other).then(None).otherwise(pl.col(variable)).alias(variable))
    return frame


def _stacked(own: Sequence[_Rows]) -> pl.DataFrame:
    """A long file: the rows of its parts one below the other, with the values by which they are chosen."""
    frames = []
    for part in own:
        chosen = {name: canonical_code(values[0]) for name, values in part.file.chosen.items()}
        frames.append(part.frame.with_columns(pl.lit(value).alias(name) for name, value in chosen.items()))
    return pl.concat(frames, how="diagonal_relaxed")


def _side_by_side(own: Sequence[_Rows]) -> pl.DataFrame:
    """A wide file: one row per person, the columns of each wave beside those of the others."""
    first = own[0].frame
    key = first.columns[0]
    for part in own[1:]:
        shared = [name for name in part.frame.columns if name in first.columns and name != key]
        whole = first.join(part.frame, on=key, how="full", coalesce=True, suffix="\x00", maintain_order="left_right")
        first = whole.with_columns(pl.coalesce(name, f"{name}\x00").alias(name) for name in shared)
        first = first.drop([f"{name}\x00" for name in shared])
    return first


def _file(study: Study, file: WaveFile, frame: pl.DataFrame, own: Sequence[_Rows]) -> TwinFile:
    labels: dict[str, str] = {}
    codes: dict[str, Mapping[str, str]] = {}
    for part in own:
        frame = _worded(study, part, frame)
        labels |= _variable_labels(study, part.wave, part.file)
        codes |= _value_labels(study, part.wave, part.file)
    made = frame.with_columns(_dates(study, own, name, frame[name]) for name in frame.columns)
    return TwinFile(file, made, labels, {name: found for name, found in codes.items() if name in frame.columns})


def _worded(study: Study, part: _Rows, frame: pl.DataFrame) -> pl.DataFrame:
    """Codes as words, where the file is declared to hold words."""
    if part.file.answers == "codes":
        return frame
    changed = {}
    for variable, labels in _value_labels(study, part.wave, part.file).items():
        if variable in frame.columns:
            both = part.file.answers == "code_and_label"
            words = {code: f"{code} - {label}" if both else label for code, label in labels.items()}
            changed[variable] = frame[variable].replace(words)
    return frame.with_columns(series.alias(name) for name, series in changed.items())


def _variable_labels(study: Study, wave: str, file: WaveFile) -> dict[str, str]:
    named = slots(study, wave, file)
    return {
        variable: study.items[name].label if name in study.items else name.removeprefix(ROLE).capitalize()
        for variable, name in named.items()
    }


def _value_labels(study: Study, wave: str, file: WaveFile) -> dict[str, Mapping[str, str]]:
    found: dict[str, Mapping[str, str]] = {}
    for variable, name in slots(study, wave, file).items():
        if name in study.items:
            exception = study.waves[wave].exceptions.get(name)
            found[variable] = (exception.codes if exception else None) or study.items[name].codes
    return {variable: labels for variable, labels in found.items() if labels}


def _dates(study: Study, own: Sequence[_Rows], name: str, column: pl.Series) -> pl.Series:
    """A column of interview dates as the file is declared to write them."""
    for part in own:
        roles = role_columns(study, part.wave, part.file)
        if roles.get("interview_date") == name and slots(study, part.wave, part.file)[name].startswith(ROLE):
            days = pl.Series(name, [date_of(cell) for cell in column], dtype=pl.Date)
            if part.file.date_format is None:
                return days
            return pl.Series(name, [None if day is None else f"{day:{part.file.date_format}}" for day in days])
    return column


def _joined_file(study: Study, found: Sequence[tuple[_Rows, Joined, pl.DataFrame]]) -> TwinFile:
    """A joined file: each key once, with what any wave takes of it."""
    first_part, joined, _ = found[0]
    keys = list(key_columns(study, first_part.wave, first_part.file, joined).values())
    frames = [frame for _, _, frame in found]
    whole = pl.concat(frames, how="diagonal_relaxed").group_by(keys, maintain_order=True)
    frame = whole.agg(pl.all().drop_nulls().first())
    labels: dict[str, str] = {}
    codes: dict[str, Mapping[str, str]] = {}
    for part, _, _ in found:
        labels |= _variable_labels(study, part.wave, part.file)
        codes |= _value_labels(study, part.wave, part.file)
    kept = {name: label for name, label in labels.items() if name in frame.columns}
    return TwinFile(joined, frame, kept, {name: own for name, own in codes.items() if name in frame.columns})


def with_columns(file: TwinFile, more: pl.DataFrame, key: str) -> TwinFile:
    """A file of one row per person with further columns, found by a key; people who are only in ``more`` are added."""
    return replace(file, frame=file.frame.join(more, on=key, how="full", coalesce=True, maintain_order="left_right"))
