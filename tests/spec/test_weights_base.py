"""What a weight set starts from: the delivered weight of its first wave or of another; who has zero has a reason."""

from __future__ import annotations

import shutil
import warnings
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from pydantic import ValidationError

from pipeline.errors import DeclarationErrors
from pipeline.models import design_means
from pipeline.participation import participation
from pipeline.paths import REPOSITORY, Paths
from pipeline.specs import Study, WeightSet, load_project
from pipeline.specs.study import StudyFile
from pipeline.tables import PanelWeights, shaped
from pipeline.weights import weight_set
from pipeline.weights.base import weight_zero
from pipeline.weights.declared import declared_weights
from pipeline.weights.delivered import delivered_weights, weight_summary
from pipeline.weights.recipe import Recipe

WAVES = ("w01", "w02", "w03")
FINAL = {"a": 1.0, "b": 3.0, "c": 2.0, "d": 0.0, "e": 0.5}
TRUST = {"a": (1, 2, 3), "b": (2, 2, 5), "c": (3, 1, 1), "d": (5, 5, 5), "e": (4, 4, 2), "f": (5, 1, None)}


def study() -> Study:
    about = StudyFile.model_validate(
        {"title": "t", "short_title": "t", "population": "p", "citation": "c", "licence": "l",
         "arms": {"main": {"title": "Main", "waves": WAVES}}}
    )  # fmt: skip
    return Study("example", about, {}, {}, {})


def panel(first: dict[str, float | None] | None = None) -> pl.DataFrame:
    """Six people; the last missed the third wave. The weight is delivered with the last wave, or with the first."""
    rows = []
    for person, answers in TRUST.items():
        for wave, answer in zip(WAVES, answers, strict=True):
            weight = FINAL.get(person) if wave == "w03" else (first or {}).get(person)
            if answer is not None:
                rows.append((person, "main", wave, float(answer), weight))
    return pl.DataFrame(rows, schema=["person_id", "arm", "wave", "trust", "design_weight"], orient="row")


def made(frame: pl.DataFrame, **declared: object):
    whole = {"label": "All", "waves": WAVES, "response": {"method": "none"}, **declared}
    took_part = participation(frame, {"main": WAVES}, study="example")
    return declared_weights("all", WeightSet.model_validate(whole), frame, took_part, study())


def test_the_weight_of_the_last_wave_is_that_of_every_wave_of_the_set() -> None:
    """By hand: the weights 1, 3, 2 and 0.5 of the last wave, of mean one, and the means with them."""
    found = made(panel(), base={"wave": "w03"})
    assert found.problems == []
    given = {row["person_id"]: row for row in found.weights.to_dicts()}
    mean = (1 + 3 + 2 + 0.5) / 4
    weights = {person: given[person]["panel_weight"] for person in "abce"}
    assert weights == pytest.approx({person: FINAL[person] / mean for person in "abce"})
    assert given["f"]["reason"] == "missed w03"
    assert given["d"]["reason"] == "weight zero: not of the population of the weight of w03"
    assert PanelWeights.is_valid(shaped(found.weights, PanelWeights))
    joined = panel().join(found.weights.select("person_id", "panel_weight"), on="person_id").drop_nulls("panel_weight")
    means = dict(design_means(joined, ["trust"], weight="panel_weight").select("wave", "estimate").rows())
    by_hand = {"w01": 1 + 3 * 2 + 2 * 3 + 0.5 * 4, "w02": 2 + 3 * 2 + 2 + 0.5 * 4, "w03": 3 + 3 * 5 + 2 + 0.5 * 2}
    assert means == pytest.approx({wave: total / 6.5 for wave, total in by_hand.items()})


def test_a_base_weight_of_zero_is_a_reason_and_never_a_warning() -> None:
    first = {"a": 1.0, "b": 2.0, "c": 0.0, "d": 0.0, "e": 1.0, "f": 0.0}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = made(panel(first))
    reasons = dict(found.weights.select("person_id", "reason").rows())
    zero = "weight zero: not of the population of the weight of w01"
    assert reasons == {"a": "responded", "b": "responded", "c": zero, "d": zero, "e": "responded", "f": "missed w03"}
    assert weight_zero(found.weights) == 2
    assert found.problems == []
    assert found.steps.filter(step="base, all asked")["n"].to_list() == [3]
    assert found.weights["response_probability"].is_nan().any() is False
    assert not found.weights.filter(reason=zero).select(pl.any_horizontal("is_asked", "responded").any()).item()


@pytest.mark.parametrize("kind", ["bootstrap", "jkn"])
def test_replicates_are_of_those_with_a_weight(kind: str) -> None:
    rng = np.random.default_rng(3)
    people = [f"p{number}" for number in range(60)]
    rows = [(one, "main", wave, 1.0, float(number % 6)) for number, one in enumerate(people) for wave in WAVES]
    frame = pl.DataFrame(rows, schema=["person_id", "arm", "wave", "trust", "design_weight"], orient="row")
    frame = frame.filter(pl.Series(rng.random(frame.height) > 0.1) | (pl.col("wave") == "w01"))
    plan = {"kind": kind, **({"number": 20, "seed": 1} if kind == "bootstrap" else {})}
    found = made(frame, replicates=plan, base={"wave": "w03"})
    assert found.problems == []
    assert found.replicates is not None
    assert len(found.replicates.full) == found.weights["panel_weight"].count()


def test_on_plain_frames_zero_is_a_reason_too() -> None:
    people = pl.DataFrame(
        {"person_id": ["a", "b", "c"], "is_asked": [True] * 3, "responded": [1, 1, 1], "reason": ["responded"] * 3,
         "wt": [0.0, 1.0, 3.0]}
    )  # fmt: skip
    found = weight_set(people, Recipe(response="none"), base_weight="wt").table
    assert found["panel_weight"].to_list() == [None, 0.5, 1.5]
    assert found["reason"].to_list()[0].startswith("weight zero")
    assert found["responded"].to_list() == [0, 1, 1]


def test_a_later_weight_is_adjusted_already() -> None:
    response = {"method": "propensity", "predictors": ["trust"]}
    with pytest.raises(ValidationError, match="is adjusted for those who left before"):
        WeightSet.model_validate({"label": "l", "waves": WAVES, "base": {"wave": "w03"}, "response": response})


def test_a_delivered_weight_of_zero_is_counted_as_none(tmp_path: Path) -> None:
    frame = panel(dict.fromkeys(TRUST, 1.0)).with_columns(study=pl.lit("s"))
    frame.write_parquet(tmp_path / "panel.parquet")
    in_memory = weight_summary(delivered_weights(frame))
    assert in_memory["weight_zero"] == 1
    assert in_memory["weighted"] == frame.height - 1
    assert in_memory == weight_summary(delivered_weights(tmp_path / "panel.parquet"))


@pytest.fixture
def project(tmp_path: Path) -> Path:
    shutil.copytree(REPOSITORY / "data" / "studies" / "_template", tmp_path / "data" / "studies" / "example")
    shutil.copy(REPOSITORY / "data" / "concepts.yaml", tmp_path / "data" / "concepts.yaml")
    return tmp_path


@pytest.mark.parametrize(
    ("base", "wave", "line", "said"),
    [
        ("", "columns: {weight: none}\n", "first_wave:", "w01 has no weight in the arm `main`: say `base: {wave: …}`"),
        ("base: design_weight", "columns: {weight: none}\n", "  base:", "w01 has no weight in the arm `main`"),
        ("base: {wave: w01}", "columns: {weight: none}\n", "  base:", "w01 has no weight in the arm `main`"),
        ("base: {wave: w09}", "", "  base:", "`w09` is not a wave of this study"),
        ("base: {wave: w01}", "", "", ""),
        ("base: none", "columns: {weight: none}\n", "", ""),
    ],
)
def test_check_refuses_a_base_that_is_not_there(project: Path, base: str, wave: str, line: str, said: str) -> None:
    folder = project / "data" / "studies" / "example"
    weights = folder / "weights.yaml"
    weights.write_text(f"first_wave:\n  label: The first wave\n  waves: [w01]\n{f'  {base}' if base else ''}\n")
    with (folder / "waves" / "w01.yaml").open("a") as file:
        file.write(wave)
    if not said:
        assert load_project(Paths(project)).studies["example"].weights
        return
    with pytest.raises(DeclarationErrors) as caught:
        load_project(Paths(project))
    (problem,) = caught.value.problems
    number = next(n for n, text in enumerate(weights.read_text().splitlines(), 1) if text.startswith(line))
    assert problem.startswith(f"data/studies/example/weights.yaml:{number}: {said}")
