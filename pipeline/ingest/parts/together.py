"""Parts of one arm, in one table: variables under the names of the arm's first part that has them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

import polars as pl

from pipeline.errors import DepositError
from pipeline.specs.arm_parts import is_parted, items_in_arm, roles_in_arm
from pipeline.specs.deposits import WaveFile
from pipeline.specs.project import Study
from pipeline.specs.sources import role_columns
from pipeline.tables import INTERVIEW_MODE, NOT_IN_FILE


def under_names_of_arm(
    study: Study, wave: str, file: WaveFile, frame: pl.DataFrame, head: Sequence[str], items: Collection[str]
) -> pl.DataFrame:
    """The rows of a part under the names that its arm has in the wave table, and how people were interviewed.

    An item that this part did not ask is marked so; a role that no column has here is null. ``items``: those that are
    read. Raises ``DepositError`` for an item whose variable the file lacks: in the table nothing would say so.
    """
    made = frame
    if is_parted(study, wave, file.arm):
        columns = [*_roles(study, wave, file, frame), *_items(study, wave, file, frame, items)]
        own = {column.meta.output_name(): column for column in columns}
        made = made.select(*(name for name in head if name in made.columns), *own.values())
    return made if file.mode is None else made.with_columns(pl.lit(file.mode).alias(INTERVIEW_MODE))


def _roles(study: Study, wave: str, file: WaveFile, frame: pl.DataFrame) -> Iterator[pl.Expr]:
    """The columns with a role; ids, and what was checked, are in the table no more."""
    for name, variable in roles_in_arm(study, wave, file).items():
        if variable is None:
            yield pl.lit(None, dtype=pl.String).alias(name)
        elif variable in frame.columns:
            yield pl.col(variable).alias(name)


def _items(study: Study, wave: str, file: WaveFile, frame: pl.DataFrame, items: Collection[str]) -> Iterator[pl.Expr]:
    for key, (name, variable) in items_in_arm(study, wave, file).items():
        if key not in items:
            continue
        if variable is None:
            yield pl.lit(NOT_IN_FILE, dtype=pl.String).alias(name)
        elif variable in frame.columns:
            yield pl.col(variable).alias(name)
        elif variable not in role_columns(study, wave, file).values():
            raise _absent_item(file, key, variable)


def refuse_absent_items(study: Study, wave: str, file: WaveFile, columns: Collection[str]) -> None:
    """Raise ``DepositError`` for the first item whose variable is not among the columns of a file."""
    roles = role_columns(study, wave, file).values()
    for key, (_, variable) in items_in_arm(study, wave, file).items():
        if variable is not None and variable not in columns and variable not in roles:
            raise _absent_item(file, key, variable)


def _absent_item(file: WaveFile, key: str, variable: str) -> DepositError:
    return DepositError(
        f"has no variable `{variable}` for the item `{key}`",
        where=file.file,
        todo="Give the name it has under `variables` of this file, or list the item under its `not_asked`.",
    )


def labels_of_arm(
    study: Study, wave: str, parts: Sequence[tuple[WaveFile, list[tuple[object, ...]]]]
) -> tuple[list[tuple[object, ...]], list[str]]:
    """The rows of the labels table, under the names of each arm; and in words where two parts label a code otherwise.

    ``parts``: each with its rows: study, wave, arm, variable, label, code, label of the code and so on.
    """
    found: dict[tuple[str, str], list[tuple[object, ...]]] = {}
    notices: list[str] = []
    for file, rows in parts:
        for name, own in _by_variable(study, wave, file, rows).items():
            known = found.get((file.arm, name))
            if known is not None and known[0][8] and own[0][8]:
                notices += _otherwise(name, known, own, file.file)
            if known is None or (own[0][8] and not known[0][8]) or _answers(own) > _answers(known):
                found[file.arm, name] = own
    return [row for rows in found.values() for row in rows], notices


def _by_variable(
    study: Study, wave: str, file: WaveFile, rows: Sequence[tuple[object, ...]]
) -> dict[str, list[tuple[object, ...]]]:
    """The rows of a part by the name that a variable has in its arm."""
    renamed: dict[str, list[str]] = {}
    if is_parted(study, wave, file.arm):
        names = dict(reversed([*roles_in_arm(study, wave, file).items(), *items_in_arm(study, wave, file).values()]))
        for name, variable in names.items():
            renamed.setdefault(str(variable), []).append(name)
    found: dict[str, list[tuple[object, ...]]] = {}
    for row in rows:
        for name in renamed.get(str(row[3]), [str(row[3])]):
            found.setdefault(name, []).append((*row[:3], name, *row[4:]))
    return found


def _answers(rows: Sequence[tuple[object, ...]]) -> int:
    """Answers in a column that nothing is read from."""
    return int(str(rows[0][-1] or 0))


def _otherwise(
    name: str, known: Sequence[tuple[object, ...]], own: Sequence[tuple[object, ...]], file: str
) -> list[str]:
    labels = {row[5]: row[6] for row in known}
    codes = [str(row[5]) for row in own if row[5] in labels and row[6] and labels[row[5]] and row[6] != labels[row[5]]]
    if not codes:
        return []
    return [
        f"{file} labels codes of `{name}` otherwise than the file before it ({', '.join(codes[:10])}): compare them"
    ]
