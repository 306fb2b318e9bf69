"""The mark on every mean of a scale that did not measure alike over the waves or groups it is compared over."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import polars as pl

from pipeline.papers.content import Block, Heading, Paragraph, words
from pipeline.papers.study_context import StudyContext

MARK = "†"
ANCHOR = "comparability"
COMPARED = ("mean", "share", "quantile", "total", "change", "difference", "difference_of_changes", "latent_mean")
"""Components whose rows are levels, or differences of levels, between waves or groups."""


@dataclass(frozen=True)
class Cautions:
    """(scale, over) → why its means may not be compared; ``over`` is "waves" or a grouping column."""

    failed: Mapping[tuple[str, str], str] = field(default_factory=dict)
    groups: Mapping[str, str] = field(default_factory=dict)  # model → the column that its groups are of

    def of(self, row: Mapping[str, object]) -> str:
        """Why a row of the estimates is marked; empty if it is not."""
        if not self.failed or row["component"] not in COMPARED:
            return ""
        scale, group = str(row["outcome"]), self.groups.get(str(row["model"]), "")
        over_waves = self.failed.get((scale, "waves"), "") if row["wave"] is not None or _changes(row) else ""
        over_groups = self.failed.get((scale, group), "") if row["group"] is not None or _differs(row) else ""
        return over_waves or over_groups

    def marked(self, estimates: pl.DataFrame) -> dict[str, str]:
        """Scale → why, for the scales that ``estimates`` compare."""
        found: dict[str, str] = {}
        for row in estimates.filter(pl.col("component").is_in(COMPARED)).iter_rows(named=True):
            why = self.of(row)
            if why:
                found.setdefault(str(row["outcome"]), why)
        return found


def _changes(row: Mapping[str, object]) -> bool:
    return row["component"] in ("change", "difference_of_changes")


def _differs(row: Mapping[str, object]) -> bool:
    return row["component"] in ("difference", "difference_of_changes")


def cautions_of(comparability: pl.DataFrame | None, groups: Mapping[str, str]) -> Cautions:
    """From the table of a study's conclusions; ``groups``: model → the column it groups by."""
    if comparability is None:
        return Cautions()
    failed: dict[tuple[str, str], str] = {}
    for row in comparability.filter(~pl.col("is_comparable")).iter_rows(named=True):
        relief = f"; latent means can be compared with these let differ: {row['freed']}" if row["freed"] else ""
        freed = relief.replace("let differ: let go: ", "let differ: ")
        failed.setdefault((row["scale"], row["over"]), f"{row['reason']}{freed}")
    return Cautions(failed, groups)


def readable(text: str, study: StudyContext) -> str:
    """A reason with items and waves by their labels: "intercept of “Trust in the government”, 2018"."""
    for question in (one for own in study.questions.values() for one in own):
        for wave in question.waves:
            text = text.replace(f"{question.item}_{wave}", f"“{question.label}”, {study.label(wave)}")
    return text


def note(marked: Mapping[str, str], study: StudyContext) -> str:
    """The line below a table that prints marked results."""
    told = "; ".join(f"{study.label(scale)}: {readable(why, study)}" for scale, why in marked.items())
    return f"{MARK} The questions did not measure alike, so that levels may not be compared. {told}."


def explained(marked: Mapping[str, str], study: StudyContext) -> Sequence[Block]:
    """The section at the end of a paper that every mark leads to."""
    if not marked:
        return ()
    told = (
        f"Numbers with the mark {MARK} are levels of scales whose questions did not measure alike in all the waves or "
        "groups compared: scalar invariance failed by the criterion declared beforehand. A difference between them may "
        "be a difference in what people took the questions to mean. How things go together within a wave or a person "
        "is not touched by this."
    )
    each = [Paragraph(words(f"{study.label(scale)}: {readable(why, study)}.")) for scale, why in marked.items()]
    return (Heading(2, words("What may not be compared"), ANCHOR), Paragraph(words(told)), *each)
