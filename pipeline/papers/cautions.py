"""The mark on every mean, and every association by group, of a scale that did not measure alike."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from pipeline.papers.content import Block, Heading, Paragraph, words
from pipeline.papers.study_context import StudyContext
from pipeline.specs.comparing import MARK, associated, compared, without_metric

ANCHOR = "comparability"


@dataclass(frozen=True)
class Cautions:
    """(scale, over) → why its means may not be compared; ``over`` is "waves" or a grouping column.

    ``unrelated``: the same of associations with it, which need metric invariance alone.
    ``pooling``: the models that analyse several waves without a term for each.
    """

    failed: Mapping[tuple[str, str], str] = field(default_factory=dict)
    groups: Mapping[str, str] = field(default_factory=dict)  # model → the column that its groups are of
    pooling: Collection[str] = ()
    unrelated: Mapping[tuple[str, str], str] = field(default_factory=dict)

    def of_levels(self, row: Mapping[str, Any]) -> str:
        """Why the levels that a row compares by itself, or is one of, may not be compared."""
        return next((why for _, why in self._levels(row)), "")

    def of(self, row: Mapping[str, Any]) -> str:
        """Why a row of the estimates is marked; empty if it is not."""
        return next((why for _, why in self._reasons(row)), "")

    def _reasons(self, row: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        """The scales that a row compares although they did not measure alike, and why not."""
        yield from self._levels(row)
        for pair in associated(row, self.groups.get(str(row["model"]), "")) if self.unrelated else ():
            if pair in self.unrelated:
                yield pair[0], self.unrelated[pair]

    def _levels(self, row: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        if not self.failed:
            return
        model = str(row["model"])
        for scale, over in compared(row, self.groups.get(model, ""), model in self.pooling):
            why = self.failed.get((scale, over), "")
            if why:
                yield scale, why

    def marked(self, rows: Iterable[Mapping[str, Any]]) -> dict[str, str]:
        """Scale → why, for the scales that rows of the estimates compare."""
        found: dict[str, str] = {}
        for row in rows:
            for scale, why in self._reasons(row):
                found.setdefault(scale, why)
        return found


def cautions_of(
    comparability: pl.DataFrame | None, groups: Mapping[str, str], pooling: Collection[str] = ()
) -> Cautions:
    """From the table of a study's conclusions; ``groups``: model → the column it groups by; ``pooling``: as above."""
    if comparability is None:
        return Cautions({}, groups, pooling)
    failed: dict[tuple[str, str], str] = {}
    for row in comparability.filter(~pl.col("is_comparable")).iter_rows(named=True):
        failed.setdefault((row["scale"], row["over"]), f"{row['reason']}{_relief(row['freed'])}")
    return Cautions(failed, groups, pooling, without_metric(comparability.iter_rows(named=True)))


def _relief(freed: str | None) -> str:
    """What has to differ so that latent means may be compared; ``freed`` is as ``sem`` writes it, "freed: …"."""
    return f"; latent means may be compared if these parameters differ: {freed.rpartition(': ')[2]}" if freed else ""


def readable(text: str, study: StudyContext) -> str:
    """A reason with items and waves by their labels: "intercept of “Trust in the government”, 2018"."""
    for question in (one for own in study.questions.values() for one in own):
        for wave in question.waves:
            text = text.replace(f"{question.item}_{wave}", f"“{question.label}”, {study.label(wave)}")
    return text


def note(marked: Mapping[str, str], study: StudyContext) -> str:
    """The line below a table that prints marked results."""
    what = "levels" if all(why.startswith("scalar") for why in marked.values()) else "levels and associations"
    reasons = "; ".join(f"{study.label(scale)}: {readable(why, study)}" for scale, why in marked.items())
    return f"{MARK} The questions did not measure alike, so that {what} may not be compared. {reasons}."


def explained(marked: Mapping[str, str], study: StudyContext) -> Sequence[Block]:
    """The section at the end of a paper that every mark leads to."""
    if not marked:
        return ()
    lead = (
        f"Numbers with the mark {MARK} are levels of scales whose questions did not measure alike in all waves or "
        "groups compared: scalar invariance failed by the criterion declared in advance. Differences between such "
        "numbers may reflect how people understood the questions. Associations within a wave do not compare such "
        "levels; nor do those over several waves, where a model has a term for each wave. Where it has none, they do. "
        "Associations bear the mark where those of several groups or waves are given and metric invariance failed."
    )
    each = [Paragraph(words(f"{study.label(scale)}: {readable(why, study)}.")) for scale, why in marked.items()]
    return (Heading(2, words("What may not be compared"), ANCHOR), Paragraph(words(lead)), *each)
