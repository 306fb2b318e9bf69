"""Papers: one node a file of reports/papers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assets.engine.node import UNSTAMPED, Node, Output, Stamp, Tables
from assets.engine.outside import OutsideFile, Place
from assets.engine.view import view
from assets.engine.workspace import Workspace
from assets.nodes import reads, stamps
from assets.nodes.comparability import comparability_key
from assets.nodes.ingest import below
from assets.nodes.stamps import provenance
from assets.nodes.weight_sets import ABOUT
from pipeline.specs import AnyModel, Figure, Paper, Study
from pipeline.specs.paper_reads import (
    FIGURE_READS,
    labels_of,
    model_reads,
    planned_models,
    pooling_waves,
    ranges_of,
    smallest_of,
    study_reads,
    weight_sets_of,
)
from pipeline.specs.paper_sources import glossary_file, glossary_of, references_file
from pipeline.specs.project import Assumption
from pipeline.specs.provenance import Made
from pipeline.specs.writers import PARTS, WRITERS, stem

if TYPE_CHECKING:
    import polars as pl

STUDY_TABLES = ("participation", "response_rates", "absences", "reliability", "ledger", "findings", "linked")
FOLLOWED = ("variation", "transitions")
"""Tables of a study with a headline measure."""
CELLS = "cells"
"""The file of a paper that says of whom each of its numbers is, for those who judge whether it may be released."""


def nodes(workspace: Workspace) -> list[Node]:
    """``paper/<paper>`` for every declared paper."""
    return [_paper(workspace, name, paper) for name, paper in workspace.project.papers.items()]


def make_paper(
    tables: Tables,
    *,
    name: str,
    text: OutsideFile,
    study: Study,
    models: Mapping[str, AnyModel],
    figures: Mapping[str, Figure],
    labels: Mapping[str, str],
    assumptions: tuple[Assumption, ...],
    templates: Mapping[str, OutsideFile],
    writers: tuple[str, ...],
    ranges: Mapping[str, tuple[float, float]],
    smallest: Mapping[str, float],
    pooling: tuple[str, ...],
    made: Mapping[str, Made],
    waves: tuple[str, ...],
    references: OutsideFile | None,
    glossary: OutsideFile | None,
    root: Place,
    stamp: Stamp = UNSTAMPED,
) -> Output:
    """One row per number and one per sentence that the paper prints; the paper itself is a page of every writer."""
    import polars as pl

    from pipeline.papers import paper_numbers, paper_passages, render_study_paper, written
    from pipeline.papers.disclosure import cleared
    from pipeline.papers.disclosure.record import cells_as_csv
    from pipeline.tables import PaperNumber, PaperPassage

    apart = ("estimates", "figures", "receipts", "joins", *ABOUT)
    about = {table: frame for table, frame in tables.items() if table not in apart}
    about["receipts"] = pl.concat(tables["receipts"].values())
    if "joins" in tables:
        about["joins"] = pl.concat(tables["joins"].values())
    document = render_study_paper(
        name,
        text.path.read_text(encoding="utf-8"),
        study=study,
        models=models,
        figures=figures,
        labels=labels,
        assumptions=assumptions,
        results=pl.concat(tables["estimates"].values()),
        tables=about | dict(_of_weights(tables)),
        drawn={figure: _drawn(record, root) for figure, record in tables["figures"].items()},
        ranges=ranges,
        smallest=smallest,
        pooling=pooling,
        provenance=provenance(stamp, made, stamps.received(tables), waves),
        references=references.path.read_text(encoding="utf-8") if references else "",
        glossary=glossary_of(glossary.path) if glossary else {},
    )
    numbers = paper_numbers(document, name)
    pages = {
        page(writer, part.part): written(
            part, writer, templates[writer].path.read_bytes() if writer in templates else None
        )
        for writer in writers
        for part in document.documents
        if part.part in WRITERS[writer].parts
    }
    pages[CELLS] = cells_as_csv(cleared(document))
    shown = {"paper": {"numbers_bound": numbers.height}}
    return Output(
        {"paper": numbers, "passages": paper_passages(document, name)},
        {"paper": PaperNumber, "passages": PaperPassage},
        files=pages,
        metadata=shown,
    )


def page(writer: str, part: str) -> str:
    """The name of a writer's file of one part of a paper."""
    return writer if part == PARTS[0] else f"{writer} of the {part}"


def _drawn(record: pl.DataFrame, root: Place) -> dict[str, Any]:
    """A figure's record with the bytes of its files, which are those that it was stored with."""
    import hashlib

    from assets.engine.store import DamagedError
    from pipeline.figures.data import read_csv
    from pipeline.paths import Paths

    row = record.row(0, named=True)
    found = dict(row)
    for suffix in ("png", "svg", "narrow.svg", "csv"):
        try:
            content = Paths(root.path).figure_file(row["figure"], suffix).read_bytes()
        except OSError:
            raise DamagedError(("figure", row["figure"])) from None
        if hashlib.sha256(content).hexdigest() != row[f"{suffix.replace('.', '_')}_sha256"]:
            raise DamagedError(("figure", row["figure"]))
        found[suffix.removesuffix(".svg")] = content
    return found | {"data": read_csv(found["csv"])}


def _of_weights(tables: Tables) -> Iterator[tuple[str, pl.DataFrame]]:
    """Steps, margins and balance of the sets below one another, under the names that papers call them by."""
    import polars as pl

    for table in ABOUT:
        frames = tables.get(table, {})
        parts = [frame.select(pl.lit(name).alias("weight_set"), pl.all()) for name, frame in frames.items()]
        if parts and any(part.height for part in parts):
            yield table.replace("weight_", "").replace("steps", "weights"), pl.concat(parts)


def _paper(workspace: Workspace, name: str, paper: Paper) -> Node:
    project, paths = workspace.project, workspace.paths
    study, file = project.studies[paper.study], paths.papers / f"{name}.md"
    text = file.read_text(encoding="utf-8")
    models = {model: project.models[model] for model in paper.models}
    templates = {key: paths.template(writer.template) for key, writer in WRITERS.items() if writer.template}
    return Node(
        make_paper,
        reads={
            "name": name,
            "text": OutsideFile(file),
            "study": view(study, study_reads(paper, text, project)),
            "models": {
                key: view(model, model_reads(model, planned=key in planned_models(study)))
                for key, model in models.items()
            },
            "figures": {figure: view(project.figures[figure], FIGURE_READS) for figure in paper.figures},
            "labels": labels_of(paper, text, project),
            "assumptions": tuple(study.assumptions),
            "ranges": ranges_of(models.values(), study, project),
            "smallest": smallest_of(models.values(), study, project),
            "pooling": pooling_waves(models, project.models),
            "references": _outside(references_file(paths.papers) if "[@" in text else None),
            "glossary": _outside(glossary_file(paths.papers) if "](term:" in text else None),
            "templates": {key: OutsideFile(template) for key, template in templates.items()},
            "writers": tuple(WRITERS),
            "made": stamps.made(models, study, project.models),
            "waves": tuple(study.waves),
            "root": Place(paths.root),
        },
        inputs=_inputs(workspace, paper),
        outputs={"paper": ("paper", name), "passages": ("passages", name)},
        files={
            page(key, part): below(paths, paths.paper_file(stem(name, part), writer.suffix), is_page=part == PARTS[0])
            for key, writer in WRITERS.items()
            for part in writer.parts
        }
        | {CELLS: below(paths, paths.paper_cells(name))},
        group="write",
        study=paper.study,
        description=paper.title,
        kinds=frozenset(WRITERS),
        code=tuple(writer.function for writer in WRITERS.values()) + reads.part_code(text),
        records=(
            *reads.writer_records(),
            *reads.part_records(text),
            *reads.family_records(models),
            *reads.kind_records(project.figures[figure] for figure in paper.figures),
        ),
        effort=3.0,
        stamped=True,
    )


def _outside(file: Path | None) -> OutsideFile | None:
    return OutsideFile(file) if file else None


def _inputs(workspace: Workspace, paper: Paper) -> dict[str, Any]:
    """Results, figures, receipts and what is known of the panel; of weights only the sets that the models use."""
    project, key = workspace.project, paper.study
    study, sets = project.studies[key], weight_sets_of(paper, project)
    names = (*STUDY_TABLES, *(FOLLOWED if study.about.headline else ()))
    return {
        "estimates": {model: ("estimates", model) for model in paper.models},
        "figures": {figure: ("figure", figure) for figure in paper.figures},
        **stamps.receipts(study, study.waves),
        **{table: (table, key) for table in names},
        **comparability_key(key, project),
        **{table: {chosen: (table, key, chosen) for chosen in sets} for table in (ABOUT if sets else ())},
    }
