"""Which scales may be compared over waves and groups, as a study's invariance models conclude."""

from __future__ import annotations

from collections.abc import Mapping

from assets.engine.node import Key, Node, Output, Tables
from assets.engine.workspace import Workspace
from pipeline.specs import Project, StructuralModel


def nodes(workspace: Workspace) -> list[Node]:
    """``comparability/<study>`` of every study that tests invariance."""
    made = (_comparability(study, workspace.project) for study in workspace.project.studies)
    return [node for node in made if node is not None]


def make_comparability(tables: Tables, *, study: str, over: Mapping[str, str]) -> Output:
    """One row per scale and what it was tested over."""
    import polars as pl

    from pipeline.sem.declared.comparability import comparability
    from pipeline.tables import Comparability

    made = comparability(study, dict(over), pl.concat(tables["tested"].values()))
    failed = made.filter(~pl.col("is_comparable"))["scale"].unique().sort().to_list()
    return Output(
        {"comparability": made},
        {"comparability": Comparability},
        metadata={"comparability": {"scales that failed scalar invariance": ", ".join(failed) or "none"}},
    )


def _comparability(study: str, project: Project) -> Node | None:
    tested = invariance_models(study, project)
    if not tested:
        return None
    return Node(
        make_comparability,
        reads={"study": study, "over": {name: model.group or "waves" for name, model in tested.items()}},
        inputs={"tested": {name: ("estimates", name) for name in tested}},
        outputs={"comparability": ("comparability", study)},
        group="model",
        study=study,
        description=f"{project.studies[study].about.short_title}: which scales measure alike over waves and groups.",
        kinds=frozenset({"polars"}),
    )


def comparability_key(study: str, project: Project) -> dict[str, Key]:
    """The study's table of what may be compared, where it has one."""
    return {"comparability": ("comparability", study)} if invariance_models(study, project) else {}


def invariance_models(study: str, project: Project) -> dict[str, StructuralModel]:
    """The models that test whether the study's scales measure alike."""
    return {
        name: model
        for name, model in project.models.items()
        if isinstance(model, StructuralModel) and model.family == "invariance" and model.study == study
    }
