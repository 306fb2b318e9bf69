"""How much people change, and where they go from wave to wave: what papers say of the panel beside its models."""

from assets.fingerprints import code_of, digest
from assets.graph import Node, Output, Tables, Workspace
from pipeline.specs import Project, Study


def nodes(project: Project) -> list[Node]:
    """``variation/<study>`` with ``transitions/<study>``, for every study with a headline measure."""
    return [_followed(study) for study in project.studies.values() if study.about.headline]


def _followed(study: Study) -> Node:
    variation, transitions, panel = ("variation", study.key), ("transitions", study.key), ("panel", study.key)

    def compute(_: Workspace, tables: Tables) -> Output:
        from pipeline.participation import transitions_by_arm, variation_by_arm
        from pipeline.tables import Transitions, Variation

        headline = str(study.about.headline)
        moved = transitions_by_arm(tables[panel], headline, study.calendar)
        spread = variation_by_arm(tables[panel], study.scores)
        return Output(
            tables={variation: spread, transitions: moved},
            schemas={variation: Variation, transitions: Transitions},
            metadata={transitions: {"measure": headline, "pairs": int(moved["count"].sum())}},
        )

    return Node(
        keys=(variation, transitions),
        inputs=(panel,),
        group="score",
        study=study.key,
        description=f"{study.about.short_title}: how much people differ and change, and where they go between waves.",
        version=digest(str(study.calendar), str(study.about.headline), code_of("participation")),
        compute=compute,
        kinds=frozenset({"polars"}),
    )
