"""What every model's node shares: the tables of its weight set, and its estimates as an output."""

from __future__ import annotations

from typing import Any

from assets.engine.node import Key, Output, Tables
from assets.nodes.preview import markdown_table
from assets.nodes.weight_sets import replicate_keys
from pipeline.specs import AnyModel, Model, Study


def weight_keys(model: Model, study: Study) -> dict[str, Key]:
    """The tables of the weight set that a model names; none for delivered weights."""
    declared = study.weights.get(model.weights or "")
    if declared is None:
        return {}
    replicates = replicate_keys(study.key, str(model.weights)) if declared.replicates else {}
    return {"weights": ("weights", study.key, str(model.weights)), **replicates}


def weighting_of(model: Model, study: Study, tables: Tables) -> Any:
    """The weight set with its replicates, as the models take it."""
    if "weights" not in tables:
        return None
    from pipeline.models.weighting import Weighting
    from pipeline.weights.stored import read_replicates

    replicated = "replicates" in tables
    replicates: Any = read_replicates(tables["replicates"], tables["replicate_weights"]) if replicated else None
    waves = study.weights[str(model.weights)].waves
    return Weighting(str(model.weights), waves, tables["weights"], replicates)


def answered(model: AnyModel, estimates: Any) -> Output:
    """The estimates of a model, with its family and the first rows shown; equivalence tests where it declares them."""
    from pipeline.models.multiverses.equivalence import with_equivalence
    from pipeline.tables import Estimates

    estimates = with_equivalence(estimates, model.smallest_effect, model.confidence)
    columns = ["component", "term", "wave", "group", "estimate", "std_error", "p_value"]
    shown = {"family": model.family, "estimates": markdown_table(estimates.select(columns).head(20))}
    return Output({"estimates": estimates}, {"estimates": Estimates}, metadata={"estimates": shown})
