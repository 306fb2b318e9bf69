"""How an area of a programme differs from where there was none, with what is pooled over all its areas."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from pipeline.errors import PaperError
from pipeline.papers.content import Runs
from pipeline.papers.phrases import in_sentence, sentence
from pipeline.papers.profiles.content import Effects
from pipeline.papers.profiles.frames import NUMBERS
from pipeline.papers.profiles.subject import Subject, said
from pipeline.papers.prose.quantity import Quantity
from pipeline.papers.prose.words import DIFFERS, read

COLUMNS = ("programme", "outcome", "area", "wave", "row", *NUMBERS, "n_persons")


@dataclass(frozen=True)
class Programme:
    """What programme.yaml says: its label, what its effects are of, and the code of each of its areas → its key there.

    ``units``: what effects are measured in ("standard deviations"). ``smallest``: the smallest effect of interest.
    """

    label: str
    description: str
    areas: Mapping[str, str]
    outcomes: Mapping[str, str]
    units: str = "standard deviations"
    smallest: float | None = None


def programmes_of(
    subject: Subject, effects: pl.DataFrame | None, declared: Mapping[str, Programme]
) -> tuple[Effects, ...]:
    """One entry per programme that the area is in, at the last wave with effects up to that of the profile."""
    if effects is None or effects.is_empty():
        return ()
    missing = [column for column in COLUMNS if column not in effects.columns]
    if missing:
        raise PaperError(f"there is no column `{missing[0]}`", where="programme", todo=f"It has {', '.join(COLUMNS)}.")
    found = []
    for key, programme in declared.items():
        own = programme.areas.get(subject.area)
        rows = effects.filter(pl.col("programme") == key) if own is not None else effects.clear()
        waves = [wave for wave in subject.tables.waves_of(subject.area) if wave in set(rows["wave"])]
        if subject.wave in waves:
            found.append(_said(subject, programme, rows.filter(pl.col("wave") == subject.wave), str(own)))
    return tuple(effects for effects in found if effects.lines)


def _said(subject: Subject, programme: Programme, rows: pl.DataFrame, own: str) -> Effects:
    here = {
        row["outcome"]: row for row in rows.filter(pl.col("area") == own, pl.col("row") == "area").iter_rows(named=True)
    }
    pooled = {row["outcome"]: row for row in rows.filter(pl.col("row") == "pooled").iter_rows(named=True)}
    lines = tuple(_outcomes(subject, programme, here, pooled))
    units = f"In {programme.units}; intervals of {subject.about.confidence * 100:g}% in brackets."
    about = f" {sentence(programme.description)}" if programme.description else ""
    return Effects(f"{programme.label}, {subject.when(subject.wave)}", lines, f"{units}{about}")


def _outcomes(
    subject: Subject, programme: Programme, here: Mapping[str, Any], pooled: Mapping[str, Any]
) -> Iterator[Runs]:
    for outcome, row in here.items():
        whole = pooled.get(outcome)
        few = [one for one in (row, whole) if one is not None and not _can_be_said(one, subject.tables.smallest)]
        if few or row["conf_low"] is None:
            continue
        label = in_sentence(programme.outcomes.get(outcome) or outcome.replace("_", " "))
        told = said(f"{label[:1].upper()}{label[1:]}: here ", _amount(subject, row, label, "this area"))
        if whole is not None and whole["conf_low"] is not None:
            verdict = read(whole["conf_low"], whole["conf_high"], programme.smallest)
            word = DIFFERS["adjective"][verdict]
            told = said(told, ", over all its areas ", _amount(subject, whole, label, "all areas"), f": {word}")
        yield said(told, ".")


def _can_be_said(row: Mapping[str, Any], smallest: int) -> bool:
    return row["estimate"] is not None and row["n_persons"] is not None and row["n_persons"] >= smallest


def _amount(subject: Subject, row: Mapping[str, Any], label: str, of: str) -> Runs:
    origin = subject.numbers.origin(
        row,
        f"Effect on {label}, {of}",
        "programme",
        "difference",
        place=(row["wave"], subject.area),
        sample=f"programme {row['programme']}",
        outcome="outcome",
        where=("programme", "area", "wave"),
    )
    found = Quantity(row["estimate"], origin, row["conf_low"], row["conf_high"])
    return said(subject.numbers.signed(found, 2), " (", subject.numbers.ends(found, 2), ")")
