"""Weight sets: one node an entry of weights.yaml, for the waves that an analysis reads."""

from __future__ import annotations

from typing import Any

from assets.engine.node import Key, Node, Output, Tables
from assets.engine.view import view
from assets.engine.workspace import Workspace
from assets.nodes import reads
from pipeline.specs import Study, WeightSet

ABOUT = ("weight_steps", "weight_margins", "weight_balance")
"""What is reported of a set besides its weights; papers print them."""
REPLICATED = ("replicates", "replicate_weights")
"""Where a set's replicates lie: their scales, and the weights."""


def nodes(workspace: Workspace) -> list[Node]:
    """``weights/<study>/<set>`` for every declared set."""
    return [_weight_set(study, name) for study in workspace.project.studies.values() for name in study.weights]


def replicate_keys(study: str, name: str) -> dict[str, Key]:
    """The tables of a set's replicates."""
    return {table: (table, study, name) for table in REPLICATED}


def make_weight_set(tables: Tables, *, name: str, declared: WeightSet, study: Study) -> Output:
    """One row per person of the set: the weight for its waves; its steps, margins and balance, and any replicates."""
    from pipeline import tables as contracts
    from pipeline.tables import shaped
    from pipeline.weights.declared import declared_weights
    from pipeline.weights.stored import replicate_tables

    made = declared_weights(name, declared, tables["panel"], tables["participation"], study)
    schemas = {
        "weights": contracts.PanelWeights,
        "weight_steps": contracts.WeightSteps,
        "weight_margins": contracts.WeightMargins,
        "weight_balance": contracts.WeightBalance,
    }
    frames = dict(zip(schemas, (made.weights, made.steps, made.margins, made.balance), strict=True))
    output = {table: shaped(frame, schemas[table]) for table, frame in frames.items()}
    if made.replicates is not None:
        with_weight = made.weights.drop_nulls("panel_weight")["person_id"]
        output |= dict(zip(REPLICATED, replicate_tables(with_weight, made.replicates), strict=True))
        schemas["replicates"] = contracts.ReplicateScales
        schemas["replicate_weights"] = contracts.replicate_schema(output["replicates"]["replicate"].to_list())
    return Output(
        output,
        schemas,
        problems={"weights": made.problems},
        metadata={"weights": _shown(made.steps) | _counted(made.weights)},
    )


def _weight_set(study: Study, name: str) -> Node:
    declared = study.weights[name]
    outputs: dict[str, Key] = {"weights": ("weights", study.key, name)}
    outputs |= {table: (table, study.key, name) for table in ABOUT}
    outputs |= replicate_keys(study.key, name) if declared.replicates else {}
    return Node(
        make_weight_set,
        reads={
            "name": name,
            "declared": view(declared, reads.WEIGHT_SET),
            "study": view(study, reads.weighting(declared)),
        },
        inputs={"panel": ("panel", study.key), "participation": ("participation", study.key)},
        outputs=outputs,
        group="weigh",
        study=study.key,
        description=f"{study.about.short_title}: {declared.label} ({_waves(declared)}).",
        kinds=frozenset({"polars"}),
        checks=("weights",),
        on_disk=frozenset({"panel", "participation"}),
        effort=4.0 if declared.replicates else 1.0,
    )


def _waves(declared: WeightSet) -> str:
    return f"{'any' if declared.who == 'any' else 'every one'} of {', '.join(declared.waves)}"


def _shown(steps: Any) -> dict[str, object]:
    """The last step of each arm, for the UI; no person's weight but the smallest and the largest."""
    last = steps.group_by("arm", maintain_order=True).last()
    found: dict[str, object] = {}
    for row in last.to_dicts():
        ends = " to ".join(f"{row[end]:.2f}" for end in ("min", "max"))
        found[row["arm"]] = (
            f"{row['n']:,} weighted, effective n {row['effective_n']:,.0f}, "
            f"design effect {row['design_effect']:.2f}, weights {ends}"
        )
    return found


def _counted(weights: Any) -> dict[str, object]:
    """How many answered and have no weight since the delivered one is zero, where there are any."""
    from pipeline.weights.base import weight_zero

    zero = weight_zero(weights)
    return {"base weight zero": f"{zero:,} people answered and are not of the population of the weight"} if zero else {}
