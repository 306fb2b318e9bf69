"""Models: one node a file of reports/models."""

from collections.abc import Callable
from typing import Any

from assets.fingerprints import code_of, digest
from assets.graph import Key, Node, Output, Tables, Workspace
from assets.impute import imputation_keys
from assets.structural import answered, comparability_of, structural
from assets.weight_sets import replicate_keys
from pipeline.specs import AnyModel, Model, Project, StructuralModel, Study


def nodes(project: Project) -> list[Node]:
    """``estimates/<model>`` for every declared model, and ``comparability/<study>`` where invariance is tested."""
    fitted = [_node(key, model, project) for key, model in project.models.items()]
    return [*fitted, *(node for study in project.studies.values() for node in comparability_of(study, project))]


def _node(name: str, model: AnyModel, project: Project) -> Node:
    study = project.studies[model.study]
    if isinstance(model, StructuralModel):
        return structural(name, model, study)
    if model.family == "sensitivity":
        asked = project.models[str(model.of)]
        assert isinstance(asked, Model)
        return _sensitivity(name, model, _narrowed(asked, model), study)
    return _estimates(name, model, study)


def _estimates(name: str, model: Model, study: Study) -> Node:
    key, panel = ("estimates", name), ("panel", model.study)
    weights = weight_keys(model, study)
    imputed = imputation_keys(study, model.imputation)

    def compute(_: Workspace, tables: Tables) -> Output:
        from pipeline.imputation.completed import fit_imputed
        from pipeline.models import fit

        weighting = weighting_of(model, study, weights, tables)
        if imputed:
            made = fit_imputed(
                lambda frame: fit(name, model, frame, study, weighting),
                tables[panel],
                tables[imputed[0]],
                confidence=model.confidence,
                name=str(model.imputation),
            )
        else:
            made = fit(name, model, tables[panel], study, weighting)
        return answered(key, model, made)

    about = f"{model.question} ({model.family.replace('_', ' ')})"
    return _asking(key, (panel, *weights, *imputed), model, study, about, compute, model.digest)


def _asking(
    key: Key,
    inputs: tuple[Key, ...],
    model: Model,
    study: Study,
    about: str,
    compute: Callable[[Workspace, Tables], Output],
    *asked: str,
) -> Node:
    """The node of a model's estimates; ``asked`` are the digests of the declarations it answers."""
    return Node(
        keys=(key,),
        inputs=inputs,
        group="model",
        study=model.study,
        description=about,
        version=digest(*asked, study.about.design.digest, code_of("models", "specs", *_pooling(model))),
        compute=compute,
        kinds=frozenset({"python"}),
    )


def _pooling(model: Model) -> tuple[str, ...]:
    """The code that pools, for models that are fitted on imputed data."""
    return ("imputation",) if model.imputation or model.family == "sensitivity" else ()


def _narrowed(asked: Model, model: Model) -> Model:
    """The model asked again, in the waves and arms that the sensitivity model names."""
    return asked.model_copy(update={"waves": model.waves or asked.waves, "arms": model.arms or asked.arms})


def _sensitivity(name: str, model: Model, asked: Model, study: Study) -> Node:
    """The ``result`` of the model ``asked``, estimated again in every version that is declared."""
    key, panel = ("estimates", name), ("panel", model.study)
    again = asked.model_copy(update={"weights": model.weights})
    weights = weight_keys(again, study)
    imputed = imputation_keys(study, model.imputation)

    def compute(_: Workspace, tables: Tables) -> Output:
        from pipeline.imputation.completed import how_sure
        from pipeline.models import fit

        weighting = weighting_of(again, study, weights, tables)

        def refit(frame: Any, weighted: bool) -> Any:
            return fit(str(model.of), again if weighted else asked, frame, study, weighting if weighted else None)

        cells = tables[imputed[0]] if imputed else None
        made = how_sure(name, model, asked, refit, tables[panel], cells)
        return answered(key, model, made)

    about = f"{model.question} (sensitivity of {model.of})"
    return _asking(key, (panel, *weights, *imputed), model, study, about, compute, model.digest, asked.digest)


def weight_keys(model: Model, study: Study) -> tuple[Key, ...]:
    """The tables of the weight set that a model names; none for delivered weights."""
    declared = study.weights.get(model.weights or "")
    if declared is None:
        return ()
    replicates = replicate_keys(study.key, str(model.weights)) if declared.replicates else ()
    return ("weights", study.key, str(model.weights)), *replicates


def weighting_of(model: Model, study: Study, keys: tuple[Key, ...], tables: Tables) -> Any:
    """The weight set with its replicates, as the models take it."""
    if not keys:
        return None
    from pipeline.models.weighting import Weighting
    from pipeline.weights.stored import read_replicates

    weights, *replicated = (tables[key] for key in keys)
    replicates = read_replicates(*replicated) if replicated else None
    return Weighting(str(model.weights), study.weights[str(model.weights)].waves, weights, replicates)
