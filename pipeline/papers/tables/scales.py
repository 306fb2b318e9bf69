"""How reliable each scale is, wave by wave."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pipeline.papers.content import Cell, Row, TableBlock
from pipeline.papers.paper_context import PaperContext
from pipeline.papers.tables.arms import by_arm
from pipeline.papers.tables.cells import cell_row, judged, number, of_people, plain_table


def reliability(paper: PaperContext, _names: Sequence[str], _options: Mapping[str, str]) -> TableBlock:
    """Cronbach's alpha of each scale by wave."""
    frame = paper.table("reliability")
    study = paper.study
    waves = frame["wave"].unique().sort().to_list()
    body: list[Row] = []
    for _, of_arm in by_arm(frame, study, body):
        for (scale,), own in of_arm.group_by("scale", maintain_order=True):
            alphas = {wave: (alpha, people) for wave, alpha, people in own.select("wave", "alpha", "n_persons").rows()}
            known = (alphas.get(wave, (None, None)) for wave in waves)
            cells = (of_people(number(alpha), people) for alpha, people in known)
            questions = judged(str(own["n_items"].max()), Cell("count", None, unit="questions", structural=True))
            body.append(cell_row(study.label(str(scale)), questions, *cells))
    return plain_table(
        paper,
        "Internal consistency of each scale (Cronbach’s alpha)",
        ("Scale",),
        ("Questions", *(study.label(wave) for wave in waves)),
        body,
        ["A dash: not asked in that wave, or not enough answers."],
    )
