"""Redeliveries: one node for each wave that was delivered again, on what the correction changed."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from assets.engine.node import Key, Node, Output, Tables
from assets.engine.outside import Deposits, OutsideFile, Secret
from assets.engine.view import view
from assets.engine.workspace import Workspace
from assets.nodes import reads
from assets.nodes.ingest import deposits_of
from pipeline.errors import CohesionError
from pipeline.specs import Model, Study
from pipeline.specs.parts import every_file
from pipeline.specs.weight_used import called, weight_used

if TYPE_CHECKING:
    import polars as pl

    from pipeline.harmonise.drift import Delivery


def nodes(workspace: Workspace) -> list[Node]:
    """``redelivery/<study>/<wave>`` for every wave that was delivered again."""
    studies = workspace.project.studies.values()
    return [_node(workspace, study, wave) for study in studies for wave in redelivered_waves(workspace, study)]


def redelivered_waves(workspace: Workspace, study: Study) -> list[str]:
    """The waves whose declaration lists an earlier delivery; generated files have none."""
    if workspace.uses_sample(study):
        return []
    return [wave for wave, declared in study.waves.items() if any(file.earlier for file in every_file(declared))]


def redelivery_keys(workspace: Workspace, study: Study) -> dict[str, Key]:
    """Wave → the key of what its correction changed."""
    return {wave: ("redelivery", study.key, wave) for wave in redelivered_waves(workspace, study)}


def printed_means(workspace: Workspace, study: Study) -> dict[str, str]:
    """Score → the weights with which models print its mean wave by wave."""
    found: dict[str, dict[str, None]] = {}
    for model in workspace.project.models.values():
        if model.study == study.key and isinstance(model, Model) and model.family == "design_means":
            for outcome in model.outcomes:
                found.setdefault(outcome, {})[called(weight_used(model, study))] = None
    return {outcome: ", ".join(weights) for outcome, weights in found.items()}


def make_redelivery(
    tables: Tables,
    *,
    study: Study,
    wave: str,
    printed: Mapping[str, str],
    deposits: Deposits,
    kept: Deposits,
    key: Secret,
    withdrawn: OutsideFile,
) -> Output:
    """One row per thing that differs from the delivery accepted before, which is read from its kept copy."""
    from pipeline.harmonise.drift import Delivery, not_compared
    from pipeline.ingest import load_key
    from pipeline.ingest.arrival.versions import as_it_lies, before_this, lay_out
    from pipeline.ingest.withdrawal.noted import read_withdrawn
    from pipeline.tables import Redeliveries

    secret, noted = load_key(key.path), read_withdrawn(withdrawn.path)
    then = before_this(study, wave) or study
    try:
        with TemporaryDirectory(prefix="cohesion-") as scratch:
            lay_out(then, wave, kept.folder, deposits.folder, Path(scratch))
            before = Delivery(*as_it_lies(then, wave, Path(scratch), secret, noted))
        _, columns = as_it_lies(study, wave, deposits.folder, secret, noted)
        found = compare_deliveries(study, wave, before, Delivery(tables["wave"], columns), printed)
    except CohesionError as error:
        found = not_compared(study, wave, str(error))
    return Output({"redelivery": found}, {"redelivery": Redeliveries})


def compare_deliveries(
    study: Study, wave: str, before: Delivery, after: Delivery, printed: Mapping[str, str]
) -> pl.DataFrame:
    """One row per thing that differs between two deliveries of a wave (contract ``Redeliveries``)."""
    from pipeline.harmonise.drift import People, redelivered
    from pipeline.ingest.arrival.versions import answers_that_differ

    found = answers_that_differ(before.frame, after.frame)
    people = People(found.people_in_both, found.people_new, found.people_gone)
    return redelivered(study, wave, before, after, people, found.cells, printed)


def _node(workspace: Workspace, study: Study, wave: str) -> Node:
    paths, declared = workspace.paths, study.waves[wave]
    read = list({file.file: file for file in every_file(declared)}.values())
    files = tuple(file.file for file in read)
    together = next(waves for waves in study.deliveries() if wave in waves)
    named = (study.about.issued, study.about.withdrawals, *(file.refreshment for file in declared.files))
    versions = dict.fromkeys(file.earlier[-1] if file.earlier else file.sha256 for file in read)
    return Node(
        make_redelivery,
        reads={
            "study": view(study, reads.redelivery_of(wave, together)),
            "wave": wave,
            "printed": printed_means(workspace, study),
            "deposits": deposits_of(workspace, study, files, tuple(name for name in named if name)),
            "kept": Deposits(paths.kept(study.key), tuple(f"{version}.*" for version in versions)),
            "key": Secret(paths.pseudonym_key),
            "withdrawn": OutsideFile(paths.withdrawn(study.key)),
        },
        inputs={"wave": ("wave", study.key, wave)},
        outputs={"redelivery": ("redelivery", study.key, wave)},
        group="ingest",
        study=study.key,
        description=f"{study.about.short_title}, {declared.title}: what differs from the delivery before, in counts.",
        kinds=frozenset({"polars"}),
        code=tuple(dict.fromkeys(reads.format_code(file.format) for file in read)),
        records=reads.format_records(file.format for file in read),
    )
