"""A wide file as questions: each name of its waves once, with the answers of all waves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import polars as pl

from pipeline.ingest.arrival.layout import Wide
from pipeline.ingest.formats.deposit import Deposit
from pipeline.ingest.formats.numbers import answer_codes
from pipeline.ingest.formats.table import Bounds


@dataclass(frozen=True)
class Stacked:
    """``deposit``: the rows of all waves below each other, under names without a wave's mark.

    ``answers``: name → its answers wave by wave, those of a column of no wave once. ``otherwise``: name → the codes
    that waves label differently; the labels of the last wave that has them are taken.
    """

    deposit: Deposit
    answers: Mapping[str, tuple[pl.Series, ...]]
    otherwise: Mapping[str, tuple[str, ...]]


def stacked(deposit: Deposit, layout: Wide) -> Stacked:
    """Each question of a wide file once, in the order in which the file has them first."""
    columns = _columns(layout)
    place = {column: name for name, own in columns.items() for column in own}
    names = list(dict.fromkeys(place[column] for column in deposit.frame.columns if column in place))
    answers = {name: tuple(deposit.frame[column].rename(name) for column in columns[name]) for name in names}
    labels = {name: [deposit.value_labels.get(column, {}) for column in columns[name]] for name in names}
    return Stacked(
        replace(
            deposit,
            frame=_below_each_other(deposit.frame, layout, names),
            labels={name: text for name in names for column in columns[name] if (text := deposit.labels.get(column))},
            value_labels={name: together for name in names if (together := _together(labels[name]))},
            missing_ranges={name: found for name in names if (found := _ranges(deposit, columns[name]))},
        ),
        answers,
        {name: codes for name in names if (codes := _otherwise(labels[name]))},
    )


def _columns(layout: Wide) -> dict[str, list[str]]:
    """Name → its columns, in the order of the waves; one of no wave is a name of its own, unless a wave has that."""
    found: dict[str, list[str]] = {}
    for mark in layout.marks:
        for name, column in layout.columns[mark].items():
            found.setdefault(name, []).append(column)
    return found | {column: [column] for column in layout.unmarked if column not in found}


def _below_each_other(frame: pl.DataFrame, layout: Wide, names: Sequence[str]) -> pl.DataFrame:
    """The waves below each other; columns of no wave stand once, with the first."""
    unmarked = [column for column in layout.unmarked if column in names]
    of_a_wave = {name for own in layout.columns.values() for name in own}
    waves = []
    for place, mark in enumerate(layout.marks):
        own = layout.columns[mark]
        lasting = [column for column in unmarked if place == 0 and column not in of_a_wave]
        waves.append(frame.select(*(pl.col(column).alias(name) for name, column in own.items()), *lasting))
    mixed = {name for name in names if len({one[name].dtype for one in waves if name in one.columns}) > 1}
    same = [one.with_columns(answer_codes(one[name]) for name in one.columns if name in mixed) for one in waves]
    return pl.concat(same, how="diagonal").select(names)


def _together(labels: Sequence[Mapping[str, str]]) -> dict[str, str]:
    return {code: text for own in labels for code, text in own.items()}


def _otherwise(labels: Sequence[Mapping[str, str]]) -> tuple[str, ...]:
    found: dict[str, set[str]] = {}
    for own in labels:
        for code, text in own.items():
            found.setdefault(code, set()).add(" ".join(text.split()).casefold())
    return tuple(code for code, texts in found.items() if len(texts) > 1)


def _ranges(deposit: Deposit, columns: Sequence[str]) -> list[Bounds]:
    return list(dict.fromkeys(one for column in columns for one in deposit.missing_ranges.get(column, [])))
