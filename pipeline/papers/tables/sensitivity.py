"""One result in every version of a sensitivity model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pipeline.errors import PaperError
from pipeline.papers.content import Column, TableBlock
from pipeline.papers.paper_context import PaperContext
from pipeline.papers.phrases import in_sentence
from pipeline.papers.results import Row, nearest
from pipeline.papers.tables.cells import answers, cell_row, count, decimal_share, p_value, rests_on, with_interval
from pipeline.papers.tables.rows import caution
from pipeline.specs.comparing import MARK
from pipeline.specs.family import Family
from pipeline.tables import VERSIONS


def sensitivity(paper: PaperContext, names: Sequence[str], _options: Mapping[str, str]) -> TableBlock:
    """One row per version of a result. ``:::table sensitivity MODEL``"""
    rows = version_rows(paper, names[0] if names else "")
    versions = [row for row in rows if row["component"] == "version"]
    body = [
        cell_row(
            version_label(row),
            with_interval(row) + (MARK if paper.results.cautions.of(row) else ""),
            rests_on(p_value(row["p_value"]), row),
            count(row["n_persons"], sample=f"{row['model']}, {row['group']}"),
            answers(row["n_obs"], f"{row['model']}, {row['group']}"),
        )
        for row in versions
    ]
    term, outcome = (paper.study.label(versions[0][name]) for name in ("term", "outcome"))
    notes = [f"Standard errors, {made}." for made in _standard_errors(versions)]
    if any(row["group"] == "imputed" for row in versions):
        notes.append("Answers of the imputed version are those given and those imputed.")
    missing = next((row["estimate"] for row in rows if row["component"] == "missing_information"), None)
    if missing is not None:
        notes.append(f"In the imputed version {decimal_share(missing, 0)} of the information is missing.")
    notes += [f"Withheld: {row['note']}." for row in versions if row["estimate"] is None and row["note"]]
    notes += caution(paper, versions)
    return TableBlock(
        None,
        "",
        f"{term} and {in_sentence(outcome)}, by who is counted",
        (Column("Version"), *(Column(name, "right") for name in ("Estimate", "p", "People", "Answers"))),
        tuple(body),
        source=paper.study.source,
        notes=tuple(notes),
    )


def version_rows(paper: PaperContext, model: str) -> list[Row]:
    """The rows of a model that estimates one result in several versions. Raises ``PaperError`` if it is none."""
    known = paper.results.which(has_versions)
    if model not in known:
        raise PaperError(f"`{model}` is not a sensitivity model of this paper{nearest(model, known)}")
    return paper.results.of(model)


def has_versions(family: Family) -> bool:
    """Whether models of the family estimate one result in several versions."""
    return "version" in family.components


def version_label(row: Row) -> str:
    """What readers call the version of a row."""
    version = str(row["group"])
    return VERSIONS.get(version, version)


def _standard_errors(versions: list[Row]) -> list[str]:
    """How the standard errors of each version were made; versions made alike are listed together."""
    found: dict[str, list[str]] = {}
    for row in versions:
        if row["covariance"]:
            found.setdefault(row["covariance"], []).append(version_label(row).lower())
    return [f"{', '.join(names)}: {made}" for made, names in found.items()]
