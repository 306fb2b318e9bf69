"""Levels of two waves that the same people gave are compared with their covariance, where a model of changes has it."""

import math
import re

import numpy as np
import polars as pl
import pytest
from test_papers_words import CONTEXT, FIRST, FRONT, LATER, RANGES, level

from pipeline.models import design_changes, design_means
from pipeline.papers import render_paper
from pipeline.papers.content import Paragraph, plain
from pipeline.tables import estimates

PEOPLE = 400


def panel(gain: float, group: bool = False) -> pl.DataFrame:
    """People who differ much from each other and little from wave to wave."""
    random = np.random.default_rng(4)
    usual = random.normal(5, 1, PEOPLE)
    waves = {"w01": usual + random.normal(0, 0.5, PEOPLE), "w02": usual + gain + random.normal(0, 0.5, PEOPLE)}
    people = [f"p{n}" for n in range(PEOPLE)]
    parts = [pl.DataFrame({"person_id": people, "wave": wave, "trust": values}) for wave, values in waves.items()]
    return pl.concat(parts)


def fitted(frame: pl.DataFrame) -> pl.DataFrame:
    means = design_means(frame, ["trust"], model="means")
    return pl.concat([means, design_changes(frame, ["trust"], model="changes")], how="diagonal")


def render(body: str, results: pl.DataFrame):
    return render_paper(
        FRONT.replace("{summary}", "Words.") + body, results=results, context=CONTEXT, name="paper.md", ranges=RANGES
    )


def said(document) -> str:
    return plain(next(block for block in document.blocks if isinstance(block, Paragraph)).runs)


WORD = f"Trust {{{{ moved({LATER}, {FIRST}) }}}}."


def traced(document) -> str:
    return next(record.what for record in document.numbers if record.what.startswith("Word"))


def ends(text: str) -> list[float]:
    return [float(one.replace("−", "-")) for one in re.search(r"\((\S+) to ([^\s;)]+)", text).groups()]


def test_a_word_takes_the_covariance_of_the_same_people():
    frame = panel(0.1)
    results = fitted(frame)
    change = results.filter(pl.col("component") == "change").row(0, named=True)
    document = render(WORD, results)
    assert said(document) == "Trust rose."
    assert "with the covariance of the same people, from changes" in traced(document)
    assert ends(traced(document)) == pytest.approx([change["conf_low"], change["conf_high"]], abs=6e-4)
    by_hand = frame.pivot("wave", index="person_id", values="trust")
    error = (by_hand["w02"] - by_hand["w01"]).std() / math.sqrt(PEOPLE)
    assert change["std_error"] == pytest.approx(error, rel=1e-9), "complete pairs: the error of a mean difference"


def test_without_a_model_of_changes_it_says_how_it_was_compared():
    results = fitted(panel(0.1)).filter(pl.col("component") == "mean")
    document = render(WORD, results)
    assert said(document) == "Trust did not clearly change."
    assert "as if other people had answered each wave" in traced(document)


def test_a_change_of_other_people_is_not_taken():
    frame = panel(0.1)
    others = design_changes(frame.filter(pl.col("person_id") != "p1"), ["trust"], model="changes")
    results = pl.concat([design_means(frame, ["trust"], model="means"), others], how="diagonal")
    assert "as if other people had answered each wave" in traced(render(WORD, results))


@pytest.mark.parametrize("turned", [False, True])
def test_a_change_has_an_interval(turned):
    one, other = (FIRST, LATER) if turned else (LATER, FIRST)
    results = fitted(panel(0.1))
    change = results.filter(pl.col("component") == "change").row(0, named=True)
    text = said(render(f"By {{{{ change({one}, {other}) | interval(3) }}}}.", results))
    low, high = change["conf_low"], change["conf_high"]
    expected = (-high, -low) if turned else (low, high)
    assert [float(one.replace("−", "-")) for one in re.findall(r"[−-]?\d+\.\d+", text)] == pytest.approx(
        expected, abs=6e-4
    )


def test_a_claim_takes_it_too():
    assert render(f'Trust is higher. {{{{ claim({LATER}, "greater_than", {FIRST}) }}}}', fitted(panel(0.1)))


def test_levels_of_other_groups_keep_their_own_errors():
    rows = [level("trust", "w01", 5.0, 0.05), level("trust", "w02", 5.1, 0.05)]
    change = {**rows[1], "model": "changes", "family": "design_changes", "component": "change", "estimate": 0.1}
    change |= {"term": "w01_to_w02", "group": "a", "std_error": 0.01, "conf_low": 0.08, "conf_high": 0.12}
    assert said(render(WORD, estimates([*rows, change]))) == "Trust did not clearly change."
