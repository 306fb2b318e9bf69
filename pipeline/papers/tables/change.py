"""Tables of change: how far answers vary, and how people’s answers change from one wave to the next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from pipeline.errors import PaperError
from pipeline.papers.content import Row, TableBlock
from pipeline.papers.paper_context import PaperContext
from pipeline.papers.results import nearest
from pipeline.papers.study_context import StudyContext
from pipeline.papers.tables.arms import by_arm
from pipeline.papers.tables.cells import cell_row, count, decimal_share, number, of_people, plain_table
from pipeline.specs.rounding import places_of


def variation(paper: PaperContext, names: Sequence[str], _options: Mapping[str, str]) -> TableBlock:
    """How far answers vary overall, between people, and within a person. ``:::table variation CONCEPT CONCEPT``"""
    frame = paper.table("variation")
    chosen = names or frame["variable"].unique(maintain_order=True).to_list()
    body: list[Row] = []
    for _, own in by_arm(frame, paper.study, body):
        for name in chosen:
            parts = {row["component"]: row for row in own.filter(pl.col("variable") == name).iter_rows(named=True)}
            if not parts and name not in frame["variable"]:
                raise PaperError(f"`{name}` is not a score of this study{nearest(name, frame['variable'])}")
            if parts:
                body.append(_spread(paper.study.label(name), parts))
    headers = ("Mean", "Overall", "Between people", "Within a person", "Answers", "People", "Answers per person")
    notes = ["Standard deviations of all answers, of each person’s mean, and of the deviations from that mean."]
    return plain_table(paper, "How much people differ, and how much they change", ("Measure",), headers, body, notes)


def _spread(label: str, parts: Mapping[str, Mapping[str, float | int | None]]) -> Row:
    overall = parts["overall"]
    spreads = (number(parts[part]["sd"]) for part in ("overall", "between", "within"))
    answers, people = (int(overall[name] or 0) for name in ("n", "persons"))
    counts = (count(answers, unit="answers", sample=label), count(people, sample=label))
    numbers = (number(overall["mean"]), *spreads)
    own = (of_people(text, people) for text in numbers)
    return cell_row(label, *own, *counts, of_people(number(overall["waves_per_person"]), people))


def transitions(paper: PaperContext, _names: Sequence[str], options: Mapping[str, str]) -> TableBlock:
    """What people who gave each answer say at the next wave, or that they are missing. ``arm=KEY`` prints one arm."""
    frame = paper.table("transitions")
    if frame.is_empty():
        raise PaperError("there are no two waves between which people could move")
    study, measure = paper.study, str(frame["measure"][0])
    if "arm" in options:
        frame = frame.filter(pl.col("arm") == options["arm"])
    body: list[Row] = []
    each = [own["destination"].unique(maintain_order=True).to_list() for own in frame.partition_by("arm")]
    places = each[0] if all(names == each[0] for names in each) else [name.split()[0] for name in each[0]]
    for _, own in by_arm(frame, study, body):
        names = own["destination"].unique(maintain_order=True)
        for origin in own["origin"].unique(maintain_order=True):
            rows = own.filter(pl.col("origin") == origin)
            ways = {row["destination"]: row for row in rows.iter_rows(named=True)}
            of = int(rows["origin_count"][0])
            cells = (of_people(_way(ways.get(to)), _fewest(ways.get(to), of)) for to in names)
            body.append(cell_row(_place(study, measure, origin), count(of, unit="answers"), *cells))
    by = {"psu": "sampling unit", "person_id": "person"}.get(str(frame["clustered_by"][0]), "cluster")
    notes = [
        "Each row takes the answers on the left: the percentage followed by each answer at the next wave, over all "
        f"pairs of neighbouring waves. In brackets: 95% intervals, clustered by {by}. Missing: no interview, or no "
        "answer."
    ]
    if places != each[0]:
        notes.append(
            "Lowest, middle and highest are the groups of each part by the answers of its first wave, of which they "
            "hold the shares on the left."
        )
    elif any(name.endswith("%") for name in places):
        notes.append("Lowest, middle and highest hold the shares named of the answers of the first wave.")
    headers = ("Answers", *(_place(study, measure, name) for name in places))
    return plain_table(paper, f"{study.label(measure)}: from one wave to the next", ("From",), headers, body, notes)


def _place(study: StudyContext, measure: str, name: str) -> str:
    """A value by what people answered, where one item measures it; a group of values by its own name."""
    said = study.labels.get(f"{measure}={name}", name)
    return said[:1].upper() + said[1:]


def _fewest(row: Mapping[str, float | None] | None, of: int) -> float | None:
    """How many answers the smaller side of a share has: those that went that way, or those that did not."""
    if row is None or row["share"] is None:
        return None
    return of if row["share"] in (0.0, 1.0) and not of else min(row["share"], 1 - row["share"]) * of


def _way(row: Mapping[str, float | None] | None) -> str:
    if row is None or row["share"] is None:
        return "–"
    if row["conf_low"] is None or row["conf_high"] is None:
        return decimal_share(row["share"], 0)
    places = places_of((100 * row["conf_low"], 100 * row["conf_high"]), 0, value=100 * row["share"])
    share, *ends = (decimal_share(row[name], places).rstrip("%") for name in ("share", "conf_low", "conf_high"))
    return f"{share} ({' to '.join(ends)})"
