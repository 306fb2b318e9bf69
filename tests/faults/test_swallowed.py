"""Options and answers that scores and weights took in silence: used as R uses them, or refused in one line."""

from collections.abc import Callable

import numpy as np
import polars as pl
import pytest

from pipeline import imputation, models, participation, scales, weights
from pipeline.errors import CohesionError

DRAW = np.random.default_rng(1)
ITEMS = pl.DataFrame({f"i{k}": DRAW.integers(1, 6, 50).astype(float) for k in range(3)})
ASKED = pl.DataFrame(
    {
        "person_id": range(300),
        "r": (DRAW.random(300) < 0.6).astype(int),
        "age": DRAW.normal(50, 10, 300),
        "sex": DRAW.choice(["f", "m"], 300),
        "w": DRAW.lognormal(0, 0.5, 300),
        "N": 200,
    }
)
TARGETS = pl.DataFrame({"variable": ["sex", "sex"], "category": ["f", "m"], "share": [0.5, 0.5]})
TWICE = pl.concat([ASKED, ASKED.head(10)])
NO_WOMEN = ASKED.with_columns(w=pl.when(pl.col("sex") == "f").then(0.0).otherwise(1.0))
CHANCE = np.linspace(0.1, 0.9, 300)


@pytest.mark.parametrize("held", [pl.Int8, pl.UInt8, pl.Int16, pl.Float32])
def test_a_score_does_not_overflow(held: type[pl.DataType]) -> None:
    """Thermometers from 0 to 100 held in one byte: R's rowMeans."""
    frame = pl.DataFrame({"a": [100, 90], "b": [100, 80]}, schema={"a": held, "b": held})
    assert scales.score_scale(frame, ["a", "b"]).to_list() == [100.0, 85.0]
    assert scales.score_scale(frame, ["a", "b"], score="sum").to_list() == [200.0, 170.0]
    assert scales.score_scale(frame, ["a", "b"], reverse=["a"], ranges={"a": (0, 100)}).to_list() == [50.0, 45.0]


REFUSED: dict[str, tuple[Callable[[], object], str]] = {
    "score: reverses no item": (lambda: scales.score_scale(ITEMS, ["i0", "i1"], reverse=["i9"]), "i9: an item to rev"),
    "score: none answered": (lambda: scales.score_scale(ITEMS, ["i0", "i1"], minimum_answered=0), "minimum_answered=0"),
    "score: more than there are": (lambda: scales.score_scale(ITEMS, ["i0", "i1"], minimum_answered=3), "of 2 items"),
    "score: an item twice": (lambda: scales.score_scale(ITEMS, ["i0", "i0"]), "each named once"),
    "score: no item": (lambda: scales.score_scale(ITEMS, []), "each named once"),
    "score: text": (lambda: scales.score_scale(ITEMS.cast(pl.String), ["i0", "i1"]), "needs numbers"),
    "score: absent": (lambda: scales.score_scale(ITEMS, ["i0", "i9"]), "i9: no such columns"),
    "score: outside the range": (
        lambda: scales.score_scale(ITEMS, ["i0", "i1"], reverse=["i0"], ranges={"i0": (0, 3)}), "outside 0 to 3",
    ),
    "score: range the wrong way": (
        lambda: scales.score_scale(ITEMS, ["i0", "i1"], reverse=["i0"], ranges={"i0": (5, 1)}), "outside 5 to 1",
    ),
    "alpha: text": (lambda: scales.cronbach_alpha(ITEMS.cast(pl.String), ITEMS.columns), "needs numbers"),
    "trim: below zero": (lambda: weights.trim(np.array([1.0, -1.0, 3.0]), upper=2), "missing or below zero"),
    "trim: missing": (lambda: weights.trim(pl.Series([1.0, None, 3.0]), upper=2), "missing or below zero"),
    "limits: not shares": (lambda: weights.quantile_limits(CHANCE, 0.05, 95), "no rising shares"),
    "limits: missing": (lambda: weights.quantile_limits(pl.Series([1.0, None]), 0.1, 0.9), "missing or below zero"),
    "quality: below zero": (lambda: weights.weight_quality(np.array([1.0, -1.0])), "below zero"),
    "quality: none": (lambda: weights.weight_quality(np.array([])), "no weight"),
    "rake: to nobody": (lambda: weights.rake(ASKED, TARGETS, total=0), "no population"),
    "post-stratify: below zero": (lambda: weights.poststratify(ASKED, TARGETS, total=-5), "no population"),
    "calibrate: to nobody": (lambda: weights.calibrate(ASKED, TARGETS, total=0), "no population"),
    "classes: without weight": (lambda: weights.class_weights(NO_WOMEN, "r", by=["sex"], base_weight="w"), "in f"),
    "classes: none": (lambda: weights.class_weights(ASKED, "r", probability=CHANCE, classes=0), "`classes=0`"),
    "classes: no chance": (lambda: weights.class_weights(ASKED, "r", probability=9 * CHANCE), "outside 0 to 1"),
    "classes: two ways": (lambda: weights.class_weights(ASKED, "r", by=["sex"], probability=CHANCE), "not of both"),
    "classes: too few": (lambda: weights.class_weights(ASKED, "r", probability=CHANCE[:9]), "9 probabilities for 300"),
    "propensity: reference": (
        lambda: weights.propensity_weights(ASKED, "r", ["sex"], reference={"sexx": "f"}), "sexx: a reference",
    ),
    "propensity: reference of a number": (
        lambda: weights.propensity_weights(ASKED, "r", ["age"], reference={"age": "50"}), "age: a reference",
    ),
    "replicates: fay": (lambda: weights.replicate_weights(ASKED, "jk1", fay=0.5), "`fay` is for balanced"),
    "replicates: population": (
        lambda: weights.replicate_weights(ASKED, "bootstrap", population="N", seed=1), "corrects the jackknives",
    ),
    "replicates: population too small": (
        lambda: weights.replicate_weights(ASKED, "jk1", population="N"), "fewer units than its sample",
    ),
    "replicates: one": (lambda: weights.replicate_weights(ASKED, "bootstrap", replicates=1, seed=1), "no variance"),
    "balance: response as 1 and 2": (
        lambda: weights.balance(ASKED.with_columns(pl.col("r") + 1), ["sex"], responded="r", weight="w"), "coded 1",
    ),
    "twice: propensity": (lambda: weights.propensity_weights(TWICE, "r", ["age"]), "more than once"),
    "twice: rake": (lambda: weights.rake(TWICE, TARGETS), "more than once"),
    "twice: replicates": (lambda: weights.replicate_weights(TWICE, "jk1"), "more than once"),
    "twice: xtsum": (
        lambda: participation.xtsum(TWICE.with_columns(wave=pl.lit("w1")), ["age"]), "more than once in a wave",
    ),
    "twice: imputation": (
        lambda: imputation.impute(TWICE, imputation.default_plan(TWICE), seed=1), "person_id: a person more than once",
    ),
    "pool: variances": (lambda: imputation.pool(np.ones((3, 1)), -np.ones((3, 1))), "below zero"),
    "pool: terms": (lambda: imputation.pool(np.ones((3, 2)), np.ones((3, 2)), terms=["x"]), "1 terms for 2"),
    "pool: no df": (lambda: imputation.pool(np.ones((3, 1)), np.ones((3, 1)), df_complete=0), "df_complete"),
    "pool: correlation of nobody": (lambda: imputation.pool_correlation([0.1, 0.2], 3), "more than three"),
    "d2: no statistic": (lambda: imputation.d2([1.0, float("nan")], 2), "no result"),
    "d2: no df": (lambda: imputation.d2([1.0, 2.0], 0), "`k=0`"),
    "impute: no round": (
        lambda: imputation.impute(ASKED, imputation.default_plan(ASKED), iterations=0, seed=1), "iterations",
    ),
}  # fmt: skip


@pytest.mark.parametrize("call", REFUSED)
def test_it_is_refused_in_one_line(call: str) -> None:
    function, message = REFUSED[call]
    with pytest.raises(CohesionError) as caught:
        function()
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_models_of_declarations_have_the_door() -> None:
    assert hasattr(models.fit, "__wrapped__")
    assert hasattr(imputation.how_sure, "__wrapped__")
