"""A multiverse of a model: one node, whose cells share their work and are fanned out on the pool."""

from __future__ import annotations

from typing import Any

from assets.engine.node import Key, Node, Output, Tables
from assets.engine.view import view
from assets.nodes import reads
from assets.nodes.estimated import answered, weight_keys, weighting_of
from assets.nodes.impute import imputation_keys
from pipeline.specs import Model, Project, Study
from pipeline.specs.families import FAMILIES
from pipeline.specs.multiverse import Multiverse
from pipeline.specs.multiverse_cells import settings


def make_multiverse(tables: Tables, *, name: str, model: Multiverse, asked: Model, study: Study) -> Output:
    """The ``result`` of the model ``asked`` in every cell of the grid, and what the cells say together."""
    from pipeline.imputation.panel import completed_panel, draws
    from pipeline.imputation.pooling import pool
    from pipeline.models.multiverses.grid import multiverse_of

    panel, cells = tables["panel"], tables.get("imputations")
    completed = [] if cells is None else [completed_panel(panel, cells, index + 1) for index in range(draws(cells))]
    weightings: dict[str, Any] = {}
    for chosen in _sets(model, asked, study):
        own = {table: tables[f"{table} {chosen}"] for table in TABLES if f"{table} {chosen}" in tables}
        weightings[chosen] = weighting_of(asked.model_copy(update={"weights": chosen}), study, own)
    return answered(model, multiverse_of(name, model, asked, panel, weightings, completed, pool))


TABLES = ("weights", "replicates", "replicate_weights")
"""Tables of a weight set: each is an input under its name and that of the set."""


def _sets(model: Multiverse, asked: Model, study: Study) -> tuple[str, ...]:
    """The weight sets of the study that some cell takes."""
    named = (*model.choices.weights, *filter(None, [asked.weights]))
    return tuple(dict.fromkeys(name for name in named if name in study.weights))


def multiverse_node(name: str, model: Multiverse, project: Project) -> Node:
    """``estimates/<model>`` of a multiverse."""
    study, asked = project.studies[model.study], project.models[str(model.of)]
    assert isinstance(asked, Model)
    weights: dict[str, Key] = {}
    waves: list[str] = []
    for chosen in _sets(model, asked, study):
        keys = weight_keys(asked.model_copy(update={"weights": chosen}), study)
        weights |= {f"{table} {chosen}": key for table, key in keys.items()}
        waves.append(f"weights.{chosen}.waves")
    fitted = {one.model.family: one.model for one in settings(model, asked)}
    families = dict.fromkeys((model.family, asked.family, *fitted))
    imputed = imputation_keys(study, model.imputation)
    return Node(
        make_multiverse,
        reads={
            "name": name,
            "model": reads.model(model),
            "asked": reads.model(asked),
            "study": view(study, ("key", *waves)),
        },
        inputs={"panel": ("panel", model.study), **weights, **imputed},
        outputs={"estimates": ("estimates", name)},
        group="model",
        study=model.study,
        description=f"{model.question} ({len(model.cells):,} analyses of {model.of})",
        kinds=frozenset({"python"}),
        code=tuple(FAMILIES[family].function for family in families),
        records=reads.family_records({"multiverse": model, "asked": asked, **fitted}),
        effort=3.0 + len(model.cells) * (0.02 if model.draws else 0.005),
    )
