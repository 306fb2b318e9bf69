"""Models: one node a file of reports/models."""

from typing import Any

from assets.fingerprints import code_of, digest
from assets.graph import Key, Node, Output, Tables, Workspace
from assets.structural import comparability_of, preview, structural
from assets.weight_sets import replicate_keys
from pipeline.specs import AnyModel, Model, Project, StructuralModel, Study


def nodes(project: Project) -> list[Node]:
    """``estimates/<model>`` for every declared model, and ``comparability/<study>`` where invariance is tested."""
    fitted = [_node(key, model, project.studies[model.study]) for key, model in project.models.items()]
    return [*fitted, *(node for study in project.studies.values() for node in comparability_of(study, project))]


def _node(name: str, model: AnyModel, study: Study) -> Node:
    return structural(name, model, study) if isinstance(model, StructuralModel) else _estimates(name, model, study)


def _estimates(name: str, model: Model, study: Study) -> Node:
    key, panel = ("estimates", name), ("panel", model.study)
    weights = _weight_keys(model, study)

    def compute(_: Workspace, tables: Tables) -> Output:
        from pipeline.models import fit
        from pipeline.tables import Estimates

        made = fit(name, model, tables[panel], study, _weighting(model, study, weights, tables))
        return Output(
            tables={key: made},
            schemas={key: Estimates},
            metadata={key: {"question": model.question, "family": model.family, "estimates": preview(made)}},
        )

    return Node(
        keys=(key,),
        inputs=(panel, *weights),
        group="model",
        study=model.study,
        description=f"{model.question} ({model.family.replace('_', ' ')})",
        version=digest(model.digest, study.about.design.digest, code_of("models", "specs")),
        compute=compute,
        kinds=frozenset({"python"}),
    )


def _weight_keys(model: Model, study: Study) -> tuple[Key, ...]:
    """The tables of the weight set that a model names; none for delivered weights."""
    declared = study.weights.get(model.weights or "")
    if declared is None:
        return ()
    replicates = replicate_keys(study.key, str(model.weights)) if declared.replicates else ()
    return ("weights", study.key, str(model.weights)), *replicates


def _weighting(model: Model, study: Study, keys: tuple[Key, ...], tables: Tables) -> Any:
    """The weight set with its replicates, as the models take it."""
    if not keys:
        return None
    from pipeline.models.weighting import Weighting
    from pipeline.weights.stored import read_replicates

    weights, *replicated = (tables[key] for key in keys)
    replicates = read_replicates(*replicated) if replicated else None
    return Weighting(str(model.weights), study.weights[str(model.weights)].waves, weights, replicates)
