"""Models: one node a file of reports/models."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from assets.engine.node import Key, Node, Output, Tables
from assets.engine.view import view
from assets.engine.workspace import Workspace
from assets.nodes import reads
from assets.nodes.estimated import answered, weight_keys, weighting_of
from assets.nodes.impute import imputation_keys
from assets.nodes.multiverse import multiverse_node
from pipeline.specs import AnyModel, Model, Project, StructuralModel, Study
from pipeline.specs.families import FAMILIES
from pipeline.specs.multiverse import Multiverse
from pipeline.specs.several_tests import Corrections
from pipeline.specs.standard_errors import DESIGN_BASED, takes_replicates


def nodes(workspace: Workspace) -> list[Node]:
    """``estimates/<model>`` for every declared model; those made of the estimates of others come last."""
    project = workspace.project
    made = sorted(project.models.items(), key=lambda item: isinstance(item[1], Corrections))
    return [_node(name, model, project) for name, model in made]


def _node(name: str, model: AnyModel, project: Project) -> Node:
    study = project.studies[model.study]
    if isinstance(model, StructuralModel):
        return _structural(name, model, study)
    if isinstance(model, Corrections):
        return _corrections(name, model)
    if isinstance(model, Multiverse):
        return multiverse_node(name, model, project)
    if model.family == "sensitivity":
        asked = project.models[str(model.of)]
        assert isinstance(asked, Model)
        return _sensitivity(name, model, asked, study)
    return _regression(name, model, study)


def make_estimates(tables: Tables, *, name: str, model: Model, study: Study) -> Output:
    """The Estimates table of a regression; on imputed data fitted to each completed panel, and pooled."""
    from pipeline.imputation.completed import fit_imputed
    from pipeline.models.dispatch import fit

    weighting = weighting_of(model, study, tables)
    if "imputations" not in tables:
        return answered(model, fit(name, model, tables["panel"], study, weighting))
    refit = partial(_fit, name, model, study, weighting)
    made = fit_imputed(
        refit, tables["panel"], tables["imputations"], confidence=model.confidence, name=str(model.imputation)
    )
    return answered(model, made)


def _fit(name: str, model: Model, study: Study, weighting: Any, frame: Any) -> Any:
    from pipeline.models.dispatch import fit

    return fit(name, model, frame, study, weighting, repeated=True)


def _regression(name: str, model: Model, study: Study) -> Node:
    about = f"{model.question} ({model.family.replace('_', ' ')})"
    return _asking(make_estimates, name, model, study, model, {"name": name, "model": reads.model(model)}, about)


def _asking(
    function: Any, name: str, model: Model, study: Study, fitted: Model, parts: dict[str, Any], about: str
) -> Node:
    """The node of a regression's estimates: ``fitted`` is the model whose family and weights are used."""
    weights = weight_keys(model, study)
    imputed = imputation_keys(study, model.imputation)
    families = dict.fromkeys((model.family, fitted.family))
    return Node(
        function,
        reads={**parts, "study": view(study, reads.modelling(model, fitted, study))},
        inputs={"panel": ("panel", model.study), **weights, **imputed},
        outputs={"estimates": ("estimates", name)},
        group="model",
        study=model.study,
        description=about,
        kinds=frozenset({"python"}),
        code=tuple(name for family in families for name in _code(family)),
        records=reads.family_records({"asked": model, "fitted": fitted}),
        effort=3.0 if imputed else 1.0,
        on_disk=frozenset({"panel"} if _needs_sums_only(model, fitted, study) else ()),
    )


def _code(family: str) -> Iterator[str]:
    """What a family's record names: the function that fits it, and the one for a panel on disk."""
    record = FAMILIES[family]
    yield from (name for name in (record.function, record.on_disk) if name)


def _needs_sums_only(model: Model, fitted: Model, study: Study) -> bool:
    """Whether the panel may stay on disk: its family needs only sums of it, and it is fitted once."""
    declared = study.weights.get(model.weights or "")
    replicated = declared is not None and declared.replicates is not None and takes_replicates(model.standard_errors)
    robust = model.standard_errors is not None and model.standard_errors.kind not in DESIGN_BASED
    plain = model.imputation is None and not replicated and not robust and not model.has_terms and not model.needs_rows
    return model is fitted and bool(FAMILIES[model.family].on_disk) and plain


def make_sensitivity(tables: Tables, *, name: str, model: Model, asked: Model, study: Study) -> Output:
    """The ``result`` of the model ``asked``, estimated again in every version that is declared."""
    from pipeline.imputation.completed import how_sure

    again = asked.model_copy(update={"weights": model.weights})
    weighting = weighting_of(again, study, tables)
    refit = partial(_refit, str(model.of), asked, again, study, weighting)
    return answered(model, how_sure(name, model, asked, refit, tables["panel"], tables.get("imputations")))


def _refit(name: str, asked: Model, again: Model, study: Study, weighting: Any, frame: Any, weighted: bool) -> Any:
    from pipeline.models.dispatch import fit

    return fit(name, again if weighted else asked, frame, study, weighting if weighted else None, repeated=True)


def _sensitivity(name: str, model: Model, asked: Model, study: Study) -> Node:
    """In the waves and arms that the sensitivity model names, or else those of the model ``asked``."""
    narrowed = asked.model_copy(update={"waves": model.waves or asked.waves, "arms": model.arms or asked.arms})
    parts = {"name": name, "model": reads.again(model), "asked": reads.model(narrowed)}
    about = f"{model.question} (sensitivity of {model.of})"
    return _asking(make_sensitivity, name, model, study, narrowed, parts, about)


def make_corrections(tables: Tables, *, name: str, model: Corrections) -> Output:
    """The declared tests of several models, corrected for how many there are."""
    from pipeline.models.multiverses.several_tests import corrected

    return answered(model, corrected(name, model, tables))


def _corrections(name: str, model: Corrections) -> Node:
    return Node(
        make_corrections,
        reads={"name": name, "model": reads.model(model)},
        inputs={tested.model: ("estimates", tested.model) for tested in model.tests},
        outputs={"estimates": ("estimates", name)},
        group="model",
        study=model.study,
        description=f"{model.question} ({len(model.tests)} tests)",
        kinds=frozenset({"python"}),
        code=(FAMILIES[model.family].function,),
        records=reads.family_records({name: model}),
    )


def make_structural(tables: Tables, *, name: str, model: StructuralModel, study: Study) -> Output:
    """The Estimates table of a structural model, from the panel and, where items are analysed, from the answers."""
    from pipeline.imputation.completed import fit_imputed, with_likelihood_ratio
    from pipeline.sem.declared import declared_ratios, fit_declared, keeping

    def refit(panel: Any) -> Any:
        return fit_declared(name, model, panel, study, tables.get("answers"))

    if "imputations" not in tables:
        return answered(model, refit(tables["panel"]))
    called = str(model.imputation)
    with keeping() as results:
        made = fit_imputed(refit, tables["panel"], tables["imputations"], confidence=model.confidence, name=called)
    ratios = declared_ratios(model, results)
    if ratios is not None:
        made = with_likelihood_ratio(made, ratios.own, ratios.pooled, ratios.df, name=called, reason=ratios.reason)
    return answered(model, made)


def _structural(name: str, model: StructuralModel, study: Study) -> Node:
    family = FAMILIES[model.family]
    inputs: dict[str, Key] = {"panel": ("panel", model.study)}
    inputs |= {"answers": ("answers", model.study)} if model.reads_items else {}
    inputs |= imputation_keys(study, model.imputation)
    return Node(
        make_structural,
        reads={"name": name, "model": reads.model(model), "study": view(study, reads.structural(model, study))},
        inputs=inputs,
        outputs={"estimates": ("estimates", name)},
        group="model",
        study=model.study,
        description=f"{model.question} ({model.family})",
        kinds=frozenset({"python"}),
        code=(family.function,) if family.function else (),
        records=reads.family_records({name: model}),
        effort=4.0,
    )
