"""The replicates of a declared index: those of a weight set, or a bootstrap of people by their design."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from pipeline.door import public
from pipeline.errors import CohesionError
from pipeline.index.assembly.means import together
from pipeline.index.assembly.recipe import on_own_range, recipe_of
from pipeline.index.checks import require_columns, require_numbers, require_same_keys
from pipeline.index.persons.area_means import placed
from pipeline.index.rounds import calendar_of
from pipeline.index.uncertainty import ReplicatedIndex, replicated_index
from pipeline.specs.index import Index

SET_WEIGHT = "panel_weight"


@public(once=("scores", "indicators"))
def in_weight_set(
    scores: pl.DataFrame, indicators: pl.DataFrame, replicate_weights: pl.DataFrame, waves: Sequence[str]
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The rows of the people and waves of a weight set, with its weight, mean one within arm and wave.

    ``replicate_weights``: ``person_id, panel_weight`` and a column per replicate; ``waves``: those of the set. People
    outside the set, or with no weight in it, are in neither frame. Raises CohesionError where nobody is left.

    >>> head = {"person_id": ["p", "q", "p"], "arm": ["a"] * 3, "wave": ["w01", "w01", "w02"], "weight": [1.0] * 3}
    >>> weights = pl.DataFrame({"person_id": ["p", "r"], "panel_weight": [2.0, 1.0]})
    >>> in_weight_set(pl.DataFrame(head), pl.DataFrame(head), weights, ["w01"])[0].select("person_id", "weight").rows()
    [('p', 1.0)]
    """
    require_columns(replicate_weights, ("person_id", SET_WEIGHT), "the weights of the set have")
    require_numbers(replicate_weights, (SET_WEIGHT,))
    if replicate_weights["person_id"].is_duplicated().any():
        raise CohesionError("a person has more than one weight in the set", where="replicate_weights")
    require_same_keys(scores, replicate_weights, ("person_id",))
    weights = replicate_weights.filter(pl.col(SET_WEIGHT) > 0).select("person_id", _set=SET_WEIGHT)
    mean_one = pl.col("_set") / pl.col("_set").mean().over("arm", "wave")

    def kept(frame: pl.DataFrame) -> pl.DataFrame:
        inside = frame.filter(pl.col("wave").is_in(list(waves)))
        return (
            inside.join(weights, on="person_id", how="inner", maintain_order="left", validate="m:1")
            .with_columns(weight=mean_one)
            .drop("_set")
        )

    found = kept(scores)
    if not found.height:
        raise CohesionError("nobody with a score is in the weight set", where=", ".join(waves), count=scores.height)
    return found, kept(indicators)


@public(once=("scores", "indicators", "design"))
def index_replicates(
    index: Index,
    scores: pl.DataFrame,
    indicators: pl.DataFrame,
    design: pl.DataFrame | None = None,
    *,
    replicate_weights: pl.DataFrame | None = None,
    scales: pl.DataFrame | None = None,
) -> ReplicatedIndex:
    """The declared index in the sample and in every replicate; its ``wave`` is the round, where rounds are declared.

    ``replicate_weights`` and ``scales`` are those of the declared weight set, ``scores`` and ``indicators`` then of its
    people alone (``in_weight_set``). Without a set people, or the units of ``design``, are drawn within its strata as
    standard errors take them, areas being parts of the whole; strata of one unit are put together, and how many they
    are is ``resamples.merged``. Raises CohesionError for a declared weight set that is not given.
    """
    said = index.uncertainty
    if (said.weights is None) != (replicate_weights is None):
        what = f"the replicates of `{said.weights}` are not given" if said.weights else "no weight set is declared"
        raise CohesionError(what, where="uncertainty: weights", todo="Give those that index.yaml names.")
    calendar = calendar_of(index.rounds, scores)
    everything = calendar.of_arms(together(index, scores, on_own_range(index, indicators)))
    rows = placed(everything, calendar.of_people(design))
    rows = rows.filter(pl.col("area").is_not_null(), pl.col("weight") > 0)
    if replicate_weights is not None:
        return replicated_index(rows, recipe_of(index), replicate_weights=replicate_weights, scales=scales)
    return replicated_index(
        rows, recipe_of(index), replicates=said.replicates, seed=said.seed, stratum="_stratum", psu="_unit"
    )
