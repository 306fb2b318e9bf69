"""Codebooks: one node a study, with its page, its table and its DDI file."""

from __future__ import annotations

from collections.abc import Mapping

from assets.engine.node import Node, Output, Tables
from assets.engine.outside import OutsideFile
from assets.engine.view import view
from assets.engine.workspace import Workspace
from assets.nodes import reads
from assets.nodes.ingest import below
from pipeline.specs import Study


def nodes(workspace: Workspace) -> list[Node]:
    """``codebook/<study>`` for every declared study."""
    return [_codebook(workspace, study) for study in workspace.project.studies.values()]


def make_codebook(tables: Tables, *, study: Study, concepts: Mapping[str, str], template: OutsideFile) -> Output:
    """One row per wave, item and code, with how many people gave it; the codebook in its three forms."""
    from pipeline.papers.codebook import (
        codebook_cells,
        codebook_counts,
        codebook_csv,
        codebook_ddi,
        codebook_html,
        codebook_of,
        people_asked,
    )
    from pipeline.papers.disclosure.record import cells_as_csv
    from pipeline.tables.codebook import CodebookCounts

    rules = study.about.disclosure
    given = (tables["crosswalk"], tables["ledger"], rules.smallest, rules.counts)
    counts = codebook_counts(*given)
    book = codebook_of(study, concepts, counts)
    files = {
        "page": codebook_html(book, template.path.read_bytes()),
        "csv": codebook_csv(book),
        "ddi": codebook_ddi(book),
        "cells": cells_as_csv(codebook_cells(counts, people_asked(*given), rules.counts)),
    }
    shown = {"codebook": {"variables": len(book.variables), "confidential_counts": counts["count"].null_count()}}
    return Output({"codebook": counts}, {"codebook": CodebookCounts}, files=files, metadata=shown)


def _codebook(workspace: Workspace, study: Study) -> Node:
    paths, concepts = workspace.paths, workspace.project.concepts
    named = {item.concept for item in study.items.values() if item.concept}
    return Node(
        make_codebook,
        reads={
            "study": view(study, reads.CODEBOOK),
            "concepts": {key: concepts[key].label for key in sorted(named) if key in concepts},
            "template": OutsideFile(paths.template("codebook.html.j2")),
        },
        inputs={"crosswalk": ("crosswalk", study.key), "ledger": ("ledger", study.key)},
        outputs={"codebook": ("codebook", study.key)},
        files={
            "page": below(paths, paths.codebook_file(study.key), is_page=True),
            "csv": below(paths, paths.codebook_file(study.key, "csv")),
            "ddi": below(paths, paths.codebook_file(study.key, "xml")),
            "cells": below(paths, paths.codebook_cells(study.key)),
        },
        group="write",
        study=study.key,
        description=f"{study.about.short_title}: what was asked, what each code means, and how many gave it.",
        kinds=frozenset({"html", "csv", "xml"}),
    )
