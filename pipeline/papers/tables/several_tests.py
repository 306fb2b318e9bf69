"""Tests of several models taken together, each with its p as it is and corrected for how many there are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pipeline.errors import PaperError
from pipeline.papers.content import Column, TableBlock
from pipeline.papers.paper_context import PaperContext
from pipeline.papers.phrases import in_sentence
from pipeline.papers.results import Row, nearest
from pipeline.papers.tables.cells import cell_row, p_value, rests_on, with_interval
from pipeline.specs.family import Family

METHODS = {
    "uncorrected": "p",
    "holm": "p (Holm)",
    "bonferroni": "p (Bonferroni)",
    "benjamini_hochberg": "p (Benjamini–Hochberg)",
}
INTERVALS = {
    "holm": "Intervals hold all true values at once (Bonferroni).",
    "bonferroni": "Intervals hold all true values at once (Bonferroni).",
    "benjamini_hochberg": "Intervals are of the results that are selected, with the false coverage rate kept.",
}


def corrections(paper: PaperContext, names: Sequence[str], _options: Mapping[str, str]) -> TableBlock:
    """One row per test, a column for each correction. ``:::table corrections MODEL``"""
    known = paper.results.which(has_corrections)
    if not names or names[0] not in known:
        asked = names[0] if names else ""
        raise PaperError(f"`{asked}` is not a model of corrections of this paper{nearest(asked, known)}")
    rows = [row for row in paper.results.of(names[0]) if row["component"] == "corrected"]
    methods = list(dict.fromkeys(str(row["group"]) for row in rows))
    tests: dict[str, dict[str, Row]] = {}
    for row in rows:
        tests.setdefault(str(row["term"]), {})[str(row["group"])] = row
    first = methods[1] if len(methods) > 1 else methods[0]
    body = [
        cell_row(
            _label(paper, test, own[first]),
            with_interval(own[first]),
            *(rests_on(p_value(own[method]["p_value"]), own[method]) for method in methods),
        )
        for test, own in tests.items()
    ]
    notes = [f"{len(tests)} tests are taken together. {INTERVALS.get(first, '')}".strip()]
    notes += [f"Withheld: {one[first]['note']}." for one in tests.values() if one[first]["note"]]
    columns = (Column("Test"), *(Column(name, "right") for name in ("Estimate", *(METHODS[one] for one in methods))))
    caption = "Tests corrected for how many there are"
    return TableBlock(None, "", caption, columns, tuple(body), source=paper.study.source, notes=tuple(notes))


def has_corrections(family: Family) -> bool:
    """Whether models of the family correct tests of others."""
    return "corrected" in family.components


def _label(paper: PaperContext, test: str, row: Row) -> str:
    """Which result: its term and outcome, in the words of the study."""
    _, term, *further = test.split(" ")
    kind = {"within": " (within a person)", "between": " (between people)"}
    said = "".join(kind.get(part, "") for part in further)
    return f"{paper.study.label(term)} and {in_sentence(paper.study.label(row['outcome']))}{said}"
