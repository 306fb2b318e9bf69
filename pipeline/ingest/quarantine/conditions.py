"""Questions that were put to some people alone, as split ballots are: the others are routed out, and not blank."""

from __future__ import annotations

from functools import reduce
from operator import or_

import polars as pl

from pipeline.errors import DepositError
from pipeline.specs.base import canonical_code
from pipeline.specs.deposits import WaveFile
from pipeline.specs.project import Study
from pipeline.specs.sources import conditions, source_variable
from pipeline.tables import ROUTED_OUT, SET_ASIDE


def with_conditions(study: Study, wave: str, file: WaveFile, rows: pl.DataFrame) -> pl.DataFrame:
    """The rows (all text), empty cells of items marked where their ``asked_when`` says that they were not asked.

    Raises ``DepositError`` for answers of people who were not asked; in a study that sets aside what is doubtful they
    are set aside. Where the deciding column is empty, nothing is decided.
    """
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


def _is_other(column: pl.Series, codes: tuple[str, ...]) -> pl.Series:
    """Whether a cell says something else than one of the codes."""
    return (~column.is_in([canonical_code(code) for code in codes])).fill_null(False)
