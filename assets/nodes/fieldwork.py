"""Field reports: one node a study that has any, from lists among the deposits to what became of whom."""

from __future__ import annotations

from assets.engine.node import Node, Output, Tables
from assets.engine.outside import Deposits, Generated, OutsideFile, Secret
from assets.engine.view import view
from assets.engine.workspace import Workspace
from assets.nodes import reads
from assets.nodes.ingest import confirmed, deposits_of, sample_key
from pipeline.specs import Study
from pipeline.specs.outcome_columns import outcome_file


def nodes(workspace: Workspace) -> list[Node]:
    """``outcomes/<study>``, for every study that declares field reports."""
    return [_outcomes(workspace, study) for study in workspace.project.studies.values() if study.about.outcomes]


def make_outcomes(
    tables: Tables,
    *,
    study: Study,
    lists: tuple[str, ...],
    deposits: Deposits | Generated,
    key: Secret,
    withdrawn: OutsideFile,
) -> Output:
    """One row per person and wave that a field report names."""
    from pipeline.ingest import load_key
    from pipeline.ingest.arrival.hold import check_generated
    from pipeline.ingest.people.outcomes import field_outcomes
    from pipeline.ingest.people.sorting import Register
    from pipeline.ingest.withdrawal.noted import read_withdrawn
    from pipeline.tables import FieldOutcomes

    for name in lists if "sample" in tables else ():
        check_generated(deposits.folder / name, confirmed(tables))
    register = Register(deposits.folder, load_key(key.path), read_withdrawn(withdrawn.path))
    table = field_outcomes(study, register)
    counted = table["outcome"].value_counts().sort("count", "outcome", descending=[True, False]).rows()
    shown = ", ".join(f"{outcome}: {count:,}" for outcome, count in counted)
    return Output({"outcomes": table}, {"outcomes": FieldOutcomes}, metadata={"outcomes": {"outcomes": shown}})


def _outcomes(workspace: Workspace, study: Study) -> Node:
    files = [outcome_file(study.about, report) for report in study.about.outcomes]
    lists = tuple(dict.fromkeys(file.file for file in files))
    lists += (study.about.withdrawals,) if study.about.withdrawals else ()
    return Node(
        make_outcomes,
        reads={
            "study": view(study, reads.OUTCOMES),
            "lists": lists,
            "deposits": deposits_of(workspace, study, lists),
            "key": Secret(workspace.paths.pseudonym_key),
            "withdrawn": OutsideFile(workspace.paths.withdrawn(study.key)),
        },
        inputs=sample_key(workspace, study),
        outputs={"outcomes": ("outcomes", study.key)},
        group="ingest",
        study=study.key,
        description=f"{study.about.short_title}: what the field reports say became of each person at each wave.",
        kinds=frozenset({"polars", *(file.format for file in files)}),
        code=tuple(dict.fromkeys(reads.format_code(file.format) for file in files)),
        records=reads.format_records(file.format for file in files),
    )
