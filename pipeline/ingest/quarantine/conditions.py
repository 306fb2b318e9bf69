"""Questions that were put to some people alone, as split ballots are: the others are routed out, and not blank."""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce
from operator import or_

import polars as pl

from pipeline.errors import DepositError
from pipeline.specs.base import canonical_code
from pipeline.specs.deposits import WaveFile
from pipeline.specs.project import Study
from pipeline.specs.sources import conditions, source_variable
from pipeline.tables import ROUTED_OUT, SET_ASIDE


def with_conditions(
    study: Study, wave: str, file: WaveFile, rows: pl.DataFrame, absent: Mapping[str, str | None]
) -> pl.DataFrame:
    """The rows (all text), empty cells of items marked where their ``asked_when`` says that they were not asked.

    Raises ``DepositError`` for a file without the deciding column, and for answers of people who were not asked; in a
    study that sets aside what is doubtful these are set aside. Where the deciding column is empty, nothing is decided.
    """
    _refuse_absent(study, wave, file, absent)
    changed = []
    for key in study.items:
        variable = source_variable(study, wave, file, key)
        found = [(name, codes) for name, codes in conditions(study, wave, file, key) if name in rows.columns]
        if variable is None or variable not in rows.columns or not found:
            continue
        others = reduce(or_, (_is_other(rows[name], codes) for name, codes in found))
        cells = rows[variable]
        missing = [canonical_code(code) for code in (*study.about.missing, *study.items[key].missing)]
        answered = others & cells.is_not_null() & ~cells.is_in(missing).fill_null(False)
        if answered.any() and study.about.doubtful == "stop":
            said = " and ".join(f"`{name}` {' or '.join(codes)}" for name, codes in found)
            raise DepositError(
                f"answers to `{key}` of people who were not asked: it is declared to be asked where {said}",
                where=f"{file.file}, `{variable}`",
                count=int(answered.sum()),
                todo="Correct `asked_when` of the item, or ask for the file again.",
            )
        marks = cells.set(others & cells.is_null(), ROUTED_OUT).set(answered, SET_ASIDE)
        changed.append(marks.alias(variable))
    return rows.with_columns(changed)


def _refuse_absent(study: Study, wave: str, file: WaveFile, absent: Mapping[str, str | None]) -> None:
    """Whom a question was put to cannot be read off a column that is not there; an item that is absent is a finding.

    ``absent``: column that the file lacks → the most similar one that it has.
    """
    items = {source_variable(study, wave, file, key) for key in study.items}
    for key in study.items:
        for name, _ in conditions(study, wave, file, key):
            if name not in absent or name in items:
                continue
            close = f"; the nearest name is `{absent[name]}`" if absent[name] else ""
            raise DepositError(
                f"has no column `{name}`, which says whom `{key}` was asked{close}",
                where=file.file,
                todo="Correct `asked_when` of the item; or, where some waves have no such column, make it an item and "
                "say in which `waves` it is.",
            )


def _is_other(column: pl.Series, codes: tuple[str, ...]) -> pl.Series:
    """Whether a cell says something else than one of the codes."""
    return (~column.is_in([canonical_code(code) for code in codes])).fill_null(False)
