"""Scores: scales and their reliability, and the panel on which every model is fitted."""

from assets.fingerprints import code_of, digest, hash_of_file
from assets.graph import Node, Output, Tables, Workspace
from pipeline.specs import Project, Study


def nodes(project: Project) -> list[Node]:
    """``reliability/<study>`` and ``panel/<study>``."""
    return [make(study) for study in project.studies.values() for make in (_reliability, _panel)]


def _reliability(study: Study) -> Node:
    key, answers = ("reliability", study.key), ("answers", study.key)

    def compute(_: Workspace, tables: Tables) -> Output:
        from pipeline.scales import reliability
        from pipeline.tables import Reliability

        return Output(tables={key: reliability(tables[answers], study)}, schemas={key: Reliability})

    return Node(
        keys=(key,),
        inputs=(answers,),
        group="score",
        study=study.key,
        description=f"{study.about.short_title}: Cronbach's alpha of each scale, by wave and arm.",
        version=digest(study.digest_of("scales"), code_of("scales", "specs")),
        compute=compute,
        kinds=frozenset({"polars"}),
    )


def _panel(study: Study) -> Node:
    key, answers = ("panel", study.key), ("answers", study.key)
    area_tables = sorted({measure.table for measure in study.about.areas.values()})

    def external(workspace: Workspace) -> str:
        return digest(*(hash_of_file(workspace.paths.areas / table) for table in area_tables))

    def compute(workspace: Workspace, tables: Tables) -> Output:
        from pipeline.scales import panel, read_area_table, score_ranges
        from pipeline.tables import panel_schema

        areas = {table: read_area_table(workspace.paths.areas / table) for table in area_tables}
        made = panel(study, tables[answers], areas)
        return Output(
            tables={key: made},
            schemas={key: panel_schema(score_ranges(study))},
            metadata={key: {"persons": made["person_id"].n_unique(), "scores": ", ".join(study.scores)}},
        )

    return Node(
        keys=(key,),
        inputs=(answers,),
        group="score",
        study=study.key,
        description=f"{study.about.short_title}: one row per person and wave, one column per concept.",
        version=digest(study.digest_of("scales"), study.about.digest, code_of("scales", "specs")),
        compute=compute,
        kinds=frozenset({"polars"}),
        external=external if area_tables else None,
    )
