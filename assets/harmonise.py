"""Answers: all waves of a study on the items' declared scales, with the ledger that accounts for every answer."""

from assets.fingerprints import code_of, digest
from assets.graph import Node, Output, Tables, Workspace
from pipeline.specs import Project, Study


def nodes(project: Project) -> list[Node]:
    """``answers/<study>``, ``ledger/<study>`` and ``crosswalk/<study>``."""
    return [_answers(study) for study in project.studies.values()]


def _answers(study: Study) -> Node:
    answers, ledger, crosswalk = (("answers", study.key), ("ledger", study.key), ("crosswalk", study.key))
    inputs = {wave: ("wave", study.key, wave) for wave in study.waves}

    def compute(_: Workspace, tables: Tables) -> Output:
        from pipeline.harmonise import account, harmonise, item_ranges
        from pipeline.tables import Crosswalk, Ledger, answers_schema

        waves = {wave: tables[key] for wave, key in inputs.items()}
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
                    "sql": f"```sql\n{sql}\n```",
                }
            },
        )

    return Node(
        keys=(answers, ledger, crosswalk),
        inputs=tuple(inputs.values()),
        group="harmonise",
        study=study.key,
        description=f"{study.about.short_title}: one row per person and wave, each item with its value, or why not.",
        version=digest(study.about.digest, *map(study.digest_of, ("items", "waves")), code_of("harmonise", "specs")),
        compute=compute,
        kinds=frozenset({"duckdb", "sql"}),
        checks=("accounting",),
    )
