"""Answers: all waves of a study on the items' declared scales, with the ledger that accounts for every answer."""

from assets import store
from assets.fingerprints import code_of, digest, hash_of_file
from assets.graph import Node, Output, Tables, Workspace
from pipeline.files import write_whole
from pipeline.specs import Project, Study


def nodes(project: Project) -> list[Node]:
    """``findings/<study>``, then ``answers/<study>`` with its ``ledger`` and ``crosswalk``."""
    return [make(study) for study in project.studies.values() for make in (_findings, _answers)]


def _findings(study: Study) -> Node:
    key = ("findings", study.key)
    waves = {wave: ("wave", study.key, wave) for wave in study.waves}
    labels = {wave: ("labels", study.key, wave) for wave in study.waves}
    receipts = [("receipt", study.key, wave) for wave in study.waves]

    def compute(workspace: Workspace, tables: Tables) -> Output:
        import polars as pl

        from pipeline.harmonise import set_aside
        from pipeline.harmonise.drift import (
            compare_all,
            drift_html,
            link_counts,
            linked_table,
            links,
            open_blocks,
            undecided,
            unmatched_answers,
            write_unmatched,
        )
        from pipeline.tables import Findings

        deposited = {wave: tables[table] for wave, table in waves.items()}
        labelled = {wave: tables[table] for wave, table in labels.items()}
        found = compare_all(study, deposited, labelled)
        write_unmatched(unmatched_answers(study, deposited, found), workspace.paths.unmatched_answers(study.key))
        page = workspace.paths.drift_file(study.key)
        text = drift_html(
            study,
            found,
            workspace.paths.templates / "drift.html.j2",
            receipts=pl.concat([tables[receipt] for receipt in receipts]),
            apart=pl.concat(set_aside(study, deposited, found)[1].values()),
            links=linked_table(study, tables["linked", study.key]),
        )
        write_whole(page, lambda part: part.write_text(text, encoding="utf-8"))
        return Output(
            tables={key: found},
            schemas={key: Findings},
            problems={"decided": open_blocks(found)},
            remarks={f"drift_{wave}": undecided(found, wave) for wave in study.waves},
            metadata={key: {"paper": page, "findings": found.height, "links": links(link_counts(study, deposited))}},
            keep=True,
        )

    return Node(
        keys=(key,),
        inputs=(*waves.values(), *labels.values(), *receipts, ("linked", study.key)),
        group="harmonise",
        study=study.key,
        description=f"{study.about.short_title}: what each wave does otherwise than the waves before it.",
        version=digest(study.about.digest, *map(study.digest_of, ("items", "waves")), code_of("harmonise", "specs")),
        compute=compute,
        external=lambda workspace: hash_of_file(workspace.paths.templates / "drift.html.j2"),
        kinds=frozenset({"polars"}),
        checks=("decided",),
        remarks={f"drift_{wave}": f"{study.waves[wave].title} beside the waves before it." for wave in study.waves},
        files=lambda paths: [paths.drift_file(study.key)],
    )


def _answers(study: Study) -> Node:
    answers, ledger, crosswalk = (("answers", study.key), ("ledger", study.key), ("crosswalk", study.key))
    inputs = {wave: ("wave", study.key, wave) for wave in study.waves}

    def compute(workspace: Workspace, tables: Tables) -> Output:
        from pipeline.harmonise import account, harmonise, item_ranges, set_aside
        from pipeline.tables import Crosswalk, Ledger, answers_schema

        deposited = {wave: tables[key] for wave, key in inputs.items()}
        waves, apart = set_aside(study, deposited, tables["findings", study.key])
        for wave, taken in apart.items():
            store.write_or_remove(workspace.paths.quarantined(study.key, wave, "answers"), taken)
        made = harmonise(study, waves)
        sql = "\n\n".join(f"-- {wave}\n{text}" for wave, text in made.sql.items())
        return Output(
            tables={answers: made.answers, ledger: made.ledger, crosswalk: made.crosswalk},
            schemas={answers: answers_schema(item_ranges(study)), ledger: Ledger, crosswalk: Crosswalk},
            problems={"accounting": account(made.ledger, waves, made.answers)},
            metadata={
                answers: {
                    "persons": made.answers["person_id"].n_unique(),
                    "items": len(study.items),
                    "answers_received": made.ledger["count"].sum(),
                    "answers_valued": made.ledger.filter("is_valued")["count"].sum(),
                    "answers_set_aside": sum(taken.height for taken in apart.values()),
                    "sql": f"```sql\n{sql}\n```",
                }
            },
        )

    return Node(
        keys=(answers, ledger, crosswalk),
        inputs=(*inputs.values(), ("findings", study.key)),
        group="harmonise",
        study=study.key,
        description=f"{study.about.short_title}: one row per person and wave, each item with its value, or why not.",
        version=digest(study.about.digest, *map(study.digest_of, ("items", "waves")), code_of("harmonise", "specs")),
        compute=compute,
        kinds=frozenset({"duckdb", "sql"}),
        checks=("accounting",),
    )
