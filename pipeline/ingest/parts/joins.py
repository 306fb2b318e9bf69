"""Files joined to a part by a key: of households, of areas, of lasting facts. Nobody is multiplied, nobody lost."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

import polars as pl

from pipeline.errors import DepositError
from pipeline.ingest.formats.columns import nearest
from pipeline.ingest.formats.deposit import Deposit
from pipeline.ingest.formats.numbers import answer_codes
from pipeline.ingest.parts.part import JoinedFile
from pipeline.specs.base import canonical_code
from pipeline.specs.deposits import Joined, WaveFile
from pipeline.specs.part_columns import key_columns, name_there, taking_columns
from pipeline.specs.project import Study
from pipeline.specs.sources import declared_variables, prefixed

T = TypeVar("T")


def names_in(study: Study, wave: str, file: WaveFile, joined: Joined) -> dict[str, str]:
    """Name in the joined file → name in the part, of every declared variable that the file may add."""
    keys = key_columns(study, wave, file, joined)
    wanted = [*declared_variables(study, wave, file), *taking_columns(study, wave, file)]
    if joined.names is None:
        return {name: name for name in wanted if name not in keys}
    bare = _bare(study, wave, file)
    return {
        name_there(study, wave, file, joined, bare[name]) if name in bare else name: name
        for name in wanted
        if name not in keys
    }


def _bare(study: Study, wave: str, file: WaveFile) -> dict[str, str]:
    """Name in the part → the name before the wave's marks, of all variables that are not named in full."""
    columns = file.columns.over(study.waves[wave].columns).over(study.about.columns)
    names = [*columns.named().values(), *(item.variable or key for key, item in study.items.items())]
    names += [name for one in file.join for name in one.on]
    return {prefixed(study, wave, file, name): name for name in names}


def join_file(
    study: Study, wave: str, file: WaveFile, deposit: Deposit, joined: Joined, other: Deposit
) -> tuple[Deposit, JoinedFile]:
    """The deposit with the columns that a file adds to its rows, and the file in counts.

    Raises ``DepositError`` for a key that is absent, or there twice where it may be once, and for a column that both
    files have.
    """
    main, there = str(deposit.receipt["file"]), str(other.receipt["file"])
    keys = key_columns(study, wave, file, joined)
    here = _keys(deposit.frame, list(keys), study, main, there)
    found = _keys(other.frame, list(keys.values()), study, there, there)
    _refuse_twice(found, f"{', '.join(keys.values())}", there, "every key once")
    if joined.relation == "one_to_one":
        _refuse_twice(here, f"{', '.join(keys)}", main, "`relation: one_to_one`, which this key is not")
    added = _added(study, wave, file, deposit, joined, other)
    rows = _matched(here, found)
    taken = other.frame.select(list(added)).rename(added)
    frame = deposit.frame.drop(name for name in added.values() if name in deposit.frame.columns)
    frame = frame.hstack(_at(taken, rows))
    _ensure_same_people(deposit.frame, frame, main, there)
    about = JoinedFile(
        receipt=other.receipt,
        joined_to=main,
        key=", ".join(keys),
        relation=joined.relation,
        without=int(rows.null_count()),
        unused=other.frame.height - rows.drop_nulls().n_unique(),
        added={own: name for name, own in added.items()},
    )
    return _with_what_it_says(deposit, frame, other, added), about


def _at(taken: pl.DataFrame, rows: pl.Series) -> pl.DataFrame:
    """The columns that a file adds, at the rows that were found; null where none was."""
    if not taken.height:
        return pl.DataFrame({name: pl.Series([None] * len(rows), dtype=kind) for name, kind in taken.schema.items()})
    return taken.select(pl.all().gather(rows.cast(pl.UInt32)))


def _keys(frame: pl.DataFrame, names: list[str], study: Study, where: str, joined: str) -> pl.DataFrame:
    """The key of each row as text, column by column; null where it is empty or a missing code."""
    for name in names:
        if name not in frame.columns:
            close = nearest(name, frame.columns)
            raise DepositError(
                f"has no column `{name}`, by which {joined} is joined" + (f"; it has `{close}`" if close else ""),
                where=where,
                todo="Correct `on` of the join (names are with the wave's marks, but for the `unprefixed`).",
            )
    missing = [canonical_code(code) for code in study.about.missing]
    cells = [answer_codes(frame[name]).str.strip_chars() for name in names]
    return pl.DataFrame([cell.set(cell.is_in(missing), None).alias(f"k{number}") for number, cell in enumerate(cells)])


def _refuse_twice(keys: pl.DataFrame, key: str, where: str, wanted: str) -> None:
    counted = keys.drop_nulls().group_by(pl.all()).len().filter(pl.col("len") > 1)
    if counted.height:
        raise DepositError(
            f"the key `{key}` is there twice or more, in {int(counted['len'].sum()):,} rows; the join needs {wanted}",
            where=where,
            count=counted.height,
            todo="Ask which row is right; or correct `on` (more columns may be the key) or `relation`.",
        )


def _matched(here: pl.DataFrame, there: pl.DataFrame) -> pl.Series:
    """Per row of the part the row of the joined file with its key, counted from 0; null where there is none."""
    import duckdb

    with duckdb.connect(config={"threads": 1}) as connection:
        connection.register("here", here.with_row_index("row").to_arrow())
        connection.register("there", there.with_row_index("row").to_arrow())
        same = " AND ".join(f"here.{name} = there.{name}" for name in here.columns)
        query = f"SELECT there.row AS found FROM here LEFT JOIN there ON {same} ORDER BY here.row"
        found: pl.DataFrame = connection.sql(query).pl()
    return found["found"]


def _added(study: Study, wave: str, file: WaveFile, deposit: Deposit, joined: Joined, other: Deposit) -> dict[str, str]:
    """Column of the joined file → its name in the part, of those that it adds."""
    there = str(other.receipt["file"])
    names = {name: own for name, own in names_in(study, wave, file, joined).items() if name in other.frame.columns}
    if joined.take:
        absent = [name for name in joined.take if name not in names]
        if absent:
            raise DepositError(
                f"adds no column `{absent[0]}`: it is not in the file, or nothing is read from it",
                where=there,
                todo="Correct `take` of the join.",
            )
        return {name: own for name, own in names.items() if name in joined.take}
    both = [name for name, own in names.items() if own in deposit.frame.columns]
    if both:
        raise DepositError(
            f"has the column `{both[0]}`, and so has {deposit.receipt['file']}",
            where=there,
            count=len(both),
            todo="List under `take` of the join the columns that this file adds.",
        )
    return names


def _ensure_same_people(before: pl.DataFrame, after: pl.DataFrame, where: str, joined: str) -> None:
    if before.height != after.height:
        raise DepositError(
            f"{before.height:,} rows became {after.height:,} by joining {joined}",
            where=where,
            todo="This is a mistake in the pipeline; please report it.",
        )


def _with_what_it_says(deposit: Deposit, frame: pl.DataFrame, other: Deposit, added: dict[str, str]) -> Deposit:
    """The deposit with the new columns, their labels, and the names that are absent no more."""

    return replace(
        deposit,
        frame=frame,
        labels=_with_others(added, deposit.labels, other.labels),
        value_labels=_with_others(added, deposit.value_labels, other.value_labels),
        missing_ranges=_with_others(added, deposit.missing_ranges, other.missing_ranges),
        absent={name: near for name, near in deposit.absent.items() if name not in set(added.values())},
    )


def _with_others(added: dict[str, str], own: dict[str, T], others: dict[str, T]) -> dict[str, T]:
    """What both files say of columns, under their names in the part."""
    return own | {name: others[there] for there, name in added.items() if there in others}
