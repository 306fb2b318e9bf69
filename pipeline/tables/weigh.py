"""What weigh makes: weights, their steps, margins, balance and replicates."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from pipeline.tables.contracts import dy


class Weights(dy.Schema):
    """One row per person and wave: the weight as delivered, and scaled to mean one within arm and wave."""

    person_id = dy.String(primary_key=True)
    study = dy.String()
    arm = dy.String()
    wave = dy.String(primary_key=True)
    design_weight = dy.Float64(nullable=True, min=0)
    scaled_weight = dy.Float64(nullable=True, min=0)


class PanelWeights(dy.Schema):
    """One row per person of a weight set's arms: the weight for its waves, or the reason why there is none."""

    person_id = dy.String(primary_key=True)
    arm = dy.String()
    origin = dy.String(nullable=True)  # the wave whose answers and base weight the person starts from
    is_asked = dy.Bool()
    responded = dy.Bool()
    reason = dy.String()  # responded | missed w03 | not asked: ... | no such wave in arm ...
    design_weight = dy.Float64(nullable=True, min=0)
    response_probability = dy.Float64(nullable=True, min=0, max=1)
    response_weight = dy.Float64(nullable=True, min=0)
    panel_weight = dy.Float64(nullable=True, min_exclusive=0)

    @dy.rule()
    def no_weight_has_a_reason(cls) -> pl.Expr:
        return pl.col("panel_weight").is_not_null() == (pl.col("reason") == "responded")


class WeightSteps(dy.Schema):
    """One row per arm and step from base weight to final weight: the distribution of the weights after it."""

    arm = dy.String(primary_key=True)
    step = dy.String(primary_key=True)  # base, all asked | base, responders | response | margins | trimmed
    n = dy.Int64(min=0)
    sum = dy.Float64(min=0)
    min = dy.Float64(min=0)
    max = dy.Float64(min=0)
    cv = dy.Float64(nullable=True, min=0)
    design_effect = dy.Float64(min=0)
    effective_n = dy.Float64(min=0)


class WeightMargins(dy.Schema):
    """One row per arm, margin and category: the population's share, and the sample's before and after."""

    arm = dy.String(primary_key=True)
    variable = dy.String(primary_key=True)
    category = dy.String(primary_key=True)
    target = dy.Float64(min=0, max=1)
    before = dy.Float64(min=0, max=1)
    achieved = dy.Float64(min=0, max=1)
    difference = dy.Float64(min=-1, max=1)
    persons = dy.Int64(min=0)


class WeightBalance(dy.Schema):
    """One row per arm, variable and category: all asked compared with the responders, before and after weighting."""

    arm = dy.String(primary_key=True)
    variable = dy.String(primary_key=True)
    category = dy.String(primary_key=True)  # empty for the mean of a number
    asked = dy.Float64()
    responders = dy.Float64()
    weighted = dy.Float64()
    difference_before = dy.Float64(nullable=True)
    difference_after = dy.Float64(nullable=True)


class ReplicateScales(dy.Schema):
    """One row per replicate of a weight set: the factor of its squared deviation in a variance."""

    replicate = dy.String(primary_key=True)
    variance_factor = dy.Float64(min=0)
    kind = dy.String()
    degrees_of_freedom = dy.Int64(min=0)


def replicate_schema(replicates: Sequence[str]) -> type[dy.Schema]:
    """One row per person with a weight: the weight, and one column per replicate."""
    columns: dict[str, dy.Column] = {"person_id": dy.String(primary_key=True), "panel_weight": dy.Float64(min=0)}
    columns |= {name: dy.Float64(min=0) for name in replicates}
    return type("ReplicateWeights", (dy.Schema,), columns)
