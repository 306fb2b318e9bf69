"""The panel on which models are fitted: one row per person and wave, one column per concept."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from pipeline.door import public
from pipeline.scales.areas import with_area
from pipeline.scales.score import score_scale
from pipeline.specs.project import Study
from pipeline.specs.ranges import reversed_ranges
from pipeline.tables import FURTHER_HEAD, HEAD


@public(once=("answers",), on_disk="pipeline.scales.on_disk:panel")
def panel(
    study: Study,
    answers: pl.DataFrame,
    areas: Mapping[str, pl.DataFrame] | None = None,
    ranges: Mapping[str, tuple[float, float]] | None = None,
) -> pl.DataFrame:
    """One row per person and wave: the head, then every score of the study under the name of its concept.

    Scales first, then items that are the only measure of their concept, then area measures joined by area code
    (and by a score such as ``ethnic_minority`` where the table is keyed by it). ``areas`` maps file name → table;
    ``ranges`` are the ``reversed_ranges`` of the study, by default found from its items.

    Raises ``CohesionError`` for an area table without the declared columns, vintage, date, or codes.
    """
    head = [name for name in (*HEAD, *FURTHER_HEAD) if name in answers.columns]
    ranges = reversed_ranges(study) if ranges is None else ranges
    columns = []
    for key, scale in study.scales.items():
        columns.append(
            score_scale(
                answers,
                scale.items,
                score=scale.score,
                minimum_answered=scale.minimum_answered,
                reverse=scale.reverse,
                ranges=ranges,
            ).alias(scale.concept or key)
        )
    columns += [answers[item].alias(concept) for concept, item in study.scored_items().items()]
    made = answers.select(head).with_columns(columns)
    for concept, measure in study.about.areas.items():
        made = with_area(made, concept, measure, (areas or {}).get(measure.table))
    return made
