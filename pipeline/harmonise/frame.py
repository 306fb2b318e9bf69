"""Harmonising without declarations: a plain frame and a mapping of items, for a notebook."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from pipeline.errors import DepositError
from pipeline.harmonise.answers import Harmonised, database, run, under_sql_names
from pipeline.harmonise.crosswalk import Rule, rule_of, table
from pipeline.harmonise.ledger import ledger
from pipeline.harmonise.projection import projection, quoted, sql_names
from pipeline.harmonise.received import check_persons
from pipeline.harmonise.undeclared import undeclared_codes
from pipeline.options import known_options
from pipeline.specs.nearest import nearest
from pipeline.specs.study import Item

ARM = "all"
HEAD = ("person_id", "wave", "arm")


@known_options
def harmonise_frame(
    frame: pl.DataFrame,
    items: Mapping[str, Mapping[str, Any]],
    *,
    person_id: str = "person_id",
    wave: str = "w01",
    missing: Mapping[int | str, str] | None = None,
) -> Harmonised:
    """One row per row of ``frame``, in its order: person, wave, and value and reason of each item.

    ``items`` maps item → ``variable``, ``codes`` (or ``range`` for a number), and if wanted ``reverse``, ``recode``,
    ``missing``, ``blank``. ``missing`` holds missing codes of all items → reason. Codes are matched as text, so
    ``1``, ``1.0`` and ``"1"`` are the same code.

    Raises ``DepositError`` for a person twice, columns that the frame lacks and codes that are not declared, pydantic's
    ``ValidationError`` for an item that cannot be.

    >>> frame = pl.DataFrame({"id": ["a", "b", "c"], "q1": [1, 3, -99]})
    >>> made = harmonise_frame(
    ...     frame,
    ...     {"trust": {"variable": "q1", "codes": {1: "High", 2: "Middle", 3: "Low"}, "reverse": True}},
    ...     person_id="id",
    ...     missing={-99: "refused"},
    ... )
    >>> made.answers.rows()
    [('a', 'w01', 3.0, None), ('b', 'w01', 1.0, None), ('c', 'w01', None, 'refused')]
    """
    rules = [_rule(key, item, missing or {}) for key, item in items.items()]
    deposited = _deposited(frame, person_id, wave, [rule.variable for rule in rules if rule.variable])
    check_persons(deposited, "the frame")
    by_arm = {ARM: rules}
    counted, problems = ledger(deposited, "", wave, by_arm, {ARM: "the frame"})
    if problems:
        raise undeclared_codes(problems, "")
    names = sql_names(deposited.columns)
    head = {"person_id": quoted("person_id"), "wave": quoted("wave")}
    sql = projection(under_sql_names(by_arm, names), head)
    with database() as connection:
        answers = run(connection, sql, deposited.rename(names), list(items))
    return Harmonised(answers, counted, table("", wave, ARM, rules), {wave: sql})


def _rule(key: str, item: Mapping[str, Any], missing: Mapping[int | str, str]) -> Rule:
    texts = {name: _text_keys(item[name]) for name in ("codes", "recode", "missing") if name in item}
    kind = "number" if "range" in item else "ordinal"
    declared = Item.model_validate({"label": key, "wording": "", "kind": kind, **item, **texts})
    return rule_of(key, declared.variable or key, declared, None, _text_keys(missing))


def _text_keys(mapping: Mapping[Any, Any]) -> dict[str, Any]:
    return {str(code): value for code, value in mapping.items()}


def _deposited(frame: pl.DataFrame, person_id: str, wave: str, variables: Sequence[str]) -> pl.DataFrame:
    """The frame as a wave table: person, wave, one arm, then the variables as text of their codes."""
    for name in (person_id, *variables):
        if name not in frame.columns:
            raise DepositError(
                f"has no column `{name}`{nearest(name, frame.columns)}",
                where="the frame",
                todo="Name the column under `variable` of its item, or as `person_id`.",
            )
    taken = sorted(set(variables) & set(HEAD))
    if taken:
        raise DepositError(
            f"an item cannot be read from a column called {', '.join(taken)}",
            where="the frame",
            todo="Rename the column; these names are the answers table's own.",
        )
    return frame.select(
        pl.col(person_id).cast(pl.String).alias("person_id"),
        pl.lit(wave).alias("wave"),
        pl.lit(ARM).alias("arm"),
        *(as_codes(frame[name]) for name in dict.fromkeys(variables)),
    )


def as_codes(values: pl.Series) -> pl.Series:
    """A column of codes as text: whole numbers without a point, an empty text as no answer."""
    if values.dtype.is_float():
        whole = values.cast(pl.Int64, strict=False)
        is_whole = (whole.cast(pl.Float64) == values).fill_null(False)
        choose = pl.when(is_whole).then(whole.cast(pl.String)).otherwise(values.fill_nan(None).cast(pl.String))
        return pl.select(choose.alias(values.name)).to_series()
    text = values.cast(pl.String).str.strip_chars()
    return text.set(text == "", None)
