"""Answers: all waves of a study on the items' declared scales, with the ledger that accounts for every answer."""

from __future__ import annotations

from assets.engine.node import Key, Node, Output, Tables
from assets.engine.outside import OutsideFile
from assets.engine.view import view
from assets.engine.workspace import Workspace
from assets.nodes import reads
from assets.nodes.ingest import below, has_joins, private, quarantined
from assets.nodes.preview import fenced
from assets.nodes.redelivery import redelivery_keys
from pipeline.specs import Study
from pipeline.specs.arm_parts import further_head


def nodes(workspace: Workspace) -> list[Node]:
    """``findings/<study>``, then ``answers/<study>`` with its ``ledger`` and ``crosswalk``."""
    studies = workspace.project.studies.values()
    return [make(workspace, study) for study in studies for make in (_findings, _answers)]


def make_findings(tables: Tables, *, study: Study, template: OutsideFile, modelled: tuple[str, ...]) -> Output:
    """One row per finding of the drift report, with the report as a page."""
    import polars as pl

    from pipeline.harmonise import set_aside
    from pipeline.harmonise.drift import (
        compare_all,
        counted,
        drift_html,
        link_counts,
        linked_table,
        links,
        open_blocks,
        undecided,
        unmatched_answers,
        unmatched_csv,
    )
    from pipeline.tables import Findings

    waves = tables["waves"]
    labels = {key: item.label for key, item in study.items.items()}
    found = compare_all(study, waves, tables["labels"], modelled, tables.get("joins"), tables.get("outcomes"))
    unmatched = unmatched_answers(study, waves, found)
    page = drift_html(
        study,
        found,
        template.path,
        receipts=pl.concat(tables["receipts"].values()),
        apart=pl.concat(set_aside(study, waves, found)[1].values()),
        links=linked_table(study, tables["linked"]),
        redeliveries=tables["redeliveries"],
    )
    return Output(
        tables={"findings": found},
        schemas={"findings": Findings},
        files={"report": page.encode()} | ({"unmatched": unmatched_csv(unmatched)} if unmatched.height else {}),
        problems={"decided": open_blocks(found)},
        remarks={f"drift_{wave}": undecided(found, wave, labels) for wave in study.waves},
        metadata={"findings": {"findings": counted(found), "links": links(link_counts(study, waves))}},
        keep=True,
    )


def _findings(workspace: Workspace, study: Study) -> Node:
    paths = workspace.paths
    return Node(
        make_findings,
        reads={
            "study": view(study, reads.FINDINGS),
            "template": OutsideFile(paths.template("drift.html.j2")),
            "modelled": _modelled(workspace, study),
        },
        inputs={
            "waves": {wave: ("wave", study.key, wave) for wave in study.waves},
            "labels": {wave: ("labels", study.key, wave) for wave in study.waves},
            "receipts": {wave: ("receipt", study.key, wave) for wave in study.waves},
            "linked": ("linked", study.key),
            **({"joins": joins} if (joins := joins_of(study)) else {}),
            **({"outcomes": ("outcomes", study.key)} if study.about.outcomes else {}),
            "redeliveries": redelivery_keys(workspace, study),
        },
        outputs={"findings": ("findings", study.key)},
        files={
            "report": below(paths, paths.drift_file(study.key), is_page=True),
            "unmatched": below(paths, paths.unmatched_answers(study.key), private=True),
        },
        group="harmonise",
        study=study.key,
        description=f"{study.about.short_title}: what each wave does differently from the waves before it.",
        kinds=frozenset({"polars"}),
        checks=("decided",),
        remarks={
            f"drift_{wave}": f"{declared.title} compared with the waves before it."
            for wave, declared in study.waves.items()
        },
        effort=8.0,
    )


def joins_of(study: Study) -> dict[str, Key]:
    """Wave → the table of the files that are joined to its parts, where there are any."""
    return {wave: ("joins", study.key, wave) for wave in study.waves if has_joins(study, wave)}


def _modelled(workspace: Workspace, study: Study) -> tuple[str, ...]:
    """The concepts that the study's models name."""
    models = workspace.project.models.values()
    return tuple(sorted({name for model in models if model.study == study.key for name in model.concepts}))


def make_answers(tables: Tables, *, study: Study) -> Output:
    """One row per person and wave, each item with its value or the reason why it has none; ledger and crosswalk."""
    import polars as pl

    from pipeline.harmonise import account, harmonise, item_ranges, set_aside
    from pipeline.tables import Crosswalk, Ledger, answers_schema

    waves, apart = set_aside(study, tables["waves"], tables["findings"])
    made = harmonise(study, waves)
    sql = "\n\n".join(f"-- {wave}\n{text}" for wave, text in made.sql.items())
    return Output(
        tables={"answers": made.answers, "ledger": made.ledger, "crosswalk": made.crosswalk},
        schemas={
            "answers": answers_schema(item_ranges(study), further_head(study)),
            "ledger": Ledger,
            "crosswalk": Crosswalk,
        },
        files=private(apart),
        problems={"accounting": account(made.ledger, waves, made.answers)},
        metadata={
            "answers": {
                "persons": made.answers.select(pl.col("person_id").n_unique()).item(),
                "items": len(study.items),
                "answers_received": made.ledger["count"].sum(),
                "answers_valued": made.ledger.filter("is_valued")["count"].sum(),
                "answers_set_aside": sum(taken.height for taken in apart.values()),
                "sql": fenced(sql, "sql"),
            }
        },
    )


def _answers(workspace: Workspace, study: Study) -> Node:
    return Node(
        make_answers,
        reads={"study": view(study, reads.ANSWERS)},
        inputs={
            "waves": {wave: ("wave", study.key, wave) for wave in study.waves},
            "findings": ("findings", study.key),
        },
        outputs={table: (table, study.key) for table in ("answers", "ledger", "crosswalk")},
        files={wave: quarantined(workspace.paths, study.key, wave, "answers") for wave in study.waves},
        group="harmonise",
        study=study.key,
        description=f"{study.about.short_title}: one row per person and wave, each item with its value, or why not.",
        kinds=frozenset({"duckdb", "sql"}),
        checks=("accounting",),
        by_column=frozenset({"answers"}),
        on_disk=frozenset({"waves"}),
    )
