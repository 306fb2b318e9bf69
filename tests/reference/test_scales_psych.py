"""Reliability and scores against R's psych: on simulated answers of our own, and on psych's own example data.

Judge: ``psych::alpha`` on complete rows (raw alpha), and row means in R. Closed forms, held to 1e-12.
"""

import json

import polars as pl
import pytest
from shared import SHIPPED, shared

from pipeline.scales import cronbach_alpha, score_scale

FOLDER = SHIPPED / "scales"
JUDGE = json.loads((FOLDER / "reference.json").read_text(encoding="utf-8"))
ITEMS = {
    "turned": ["a", "b", "turned_c", "d"],
    "unturned": ["a", "b", "c", "d"],
    "two": ["a", "b"],
    "with_weak": ["a", "b", "turned_c", "d", "e"],
    "with_constant": ["a", "b", "turned_c", "d", "same"],
}


@pytest.fixture(scope="module")
def answers() -> pl.DataFrame:
    columns = ["a", "b", "c", "d", "e", "same"]
    frame = pl.read_csv(FOLDER / "answers.csv", schema_overrides=dict.fromkeys(columns, pl.Float64))
    return frame.with_columns(turned_c=6 - pl.col("c"))


@pytest.mark.parametrize("case", ITEMS)
def test_alpha(case: str, answers: pl.DataFrame) -> None:
    found, judge = cronbach_alpha(answers, ITEMS[case]), JUDGE["alpha"][case]
    assert found.alpha == pytest.approx(judge["raw_alpha"], abs=1e-12)
    assert (found.n_persons, found.n_items) == (judge["n_persons"], judge["n_items"])


@pytest.mark.parametrize("needed", [2, 3, 4])
def test_mean_score(needed: int, answers: pl.DataFrame) -> None:
    rule = {"reverse": ["c"], "ranges": {"c": (1, 5)}, "minimum_answered": needed}
    compare(score_scale(answers, ["a", "b", "c", "d"], **rule), JUDGE["score"][f"needs_{needed}"])


def test_sum_score(answers: pl.DataFrame) -> None:
    rule = {"reverse": ["c"], "ranges": {"c": (1, 5)}, "score": "sum"}
    compare(score_scale(answers, ["a", "b", "c", "d"], **rule), JUDGE["total"])


def compare(score: pl.Series, judge: dict[str, float]) -> None:
    assert score.count() == judge["n"]
    assert score.mean() == pytest.approx(judge["mean"], abs=1e-12)
    assert score.std() == pytest.approx(judge["sd"], abs=1e-12)


@pytest.mark.parametrize("scale", ["agree", "conscientious", "extraversion", "neuroticism", "openness"])
def test_personality_scales_of_psych(scale: str) -> None:
    folder = shared("reference", "psych_scales")
    judge = json.loads((folder / "reference.json").read_text(encoding="utf-8"))
    frame = pl.read_csv(folder / "bfi.csv", infer_schema_length=None).cast(pl.Float64)
    keys = judge["keys"][scale]
    items, reversed_items = [key.strip("-") for key in keys], [key[1:] for key in keys if key.startswith("-")]
    turned = frame.with_columns((7 - pl.col(item)).alias(item) for item in reversed_items)
    found, complete = cronbach_alpha(turned, items), judge["alpha"][scale]["complete_case"]
    assert found.n_persons == complete["n"]
    assert found.alpha == pytest.approx(complete["raw_alpha"], abs=1e-12)
    rule = {"reverse": reversed_items, "ranges": dict.fromkeys(reversed_items, (1, 6))}
    scores = judge["scores"][scale]
    all_answered = score_scale(frame, items, **rule)
    assert (all_answered.count(), all_answered.mean()) == (scores["n_complete"], pytest.approx(scores["mean_complete"]))
    most_answered = score_scale(frame, items, minimum_answered=3, **rule)
    assert (most_answered.count(), most_answered.mean()) == (scores["n_rule60"], pytest.approx(scores["mean_rule60"]))
