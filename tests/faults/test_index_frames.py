"""Wrong panels, weights and codes at the doors of the index: handled, or refused in one sentence that names nobody."""

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from pipeline.errors import CohesionError
from pipeline.index import (
    area_sets,
    area_table,
    census_table,
    index_changes,
    index_coherence,
    index_monitor,
    index_uncertainty,
    person_scores,
    with_rank_intervals,
)
from pipeline.index.programmes.declared import programme_table
from pipeline.specs.index import Index
from pipeline.specs.programme import Programme
from pipeline.tables import AreaChanges, Areas, AreaSensitivity, Coherence, Monitor

SCORES = ("trust", "contact", "belonging")
RANGES = dict.fromkeys(SCORES, (1.0, 5.0))
AREAS = ("N01", "S01", "E01", "W01")
SECRET = "person_0000_is_secret"


def panel() -> pl.DataFrame:
    """Thirty people in each of four areas, asked twice."""
    random = np.random.default_rng(3)
    people = [SECRET if one == 0 else f"person_{one:04}" for one in range(120)]
    lasting = random.normal(size=120)
    waves = []
    for wave in ("w01", "w02"):
        said = {name: np.clip(np.round(3 + lasting + random.normal(size=120)), 1, 5).astype(float) for name in SCORES}
        waves.append(
            pl.DataFrame(
                {"person_id": people, "wave": wave, "area_code": [a for a in AREAS for _ in range(30)], **said}
            )
        )
    return pl.concat(waves).with_columns(study=pl.lit("s"), arm=pl.lit("main"), fieldwork_start=dt.date(2024, 1, 1))


PANEL = panel()
WEIGHTS = PANEL.select("person_id", "wave", scaled_weight=pl.lit(1.0))
CODE = pl.col("area_code")


def declared(**more: object) -> Index:
    domains = {
        "all": {"label": "All", "indicators": ["trust", "contact"]},
        "own": {"label": "Own", "indicators": ["belonging"]},
    }
    choices = {"weights": ["equal", "pca"], "left_out": "indicator"}
    said = {"title": "I", "area": "area", "domains": domains, "base_wave": "w01", **more}
    return Index.model_validate({"uncertainty": {"draws": 50, "replicates": 50, "choices": choices}, **said})


def built(frame: pl.DataFrame = PANEL, weights: pl.DataFrame | None = WEIGHTS, **more: object) -> pl.DataFrame:
    """Every table of the index, held to its contract; the areas."""
    labels = more.pop("labels", {})
    index = declared(**more)
    made = person_scores(frame, index, RANGES, weights)
    areas = area_table(index, made.index, made.indicators, made.design, labels=labels)
    found = index_uncertainty(index, areas, made.index, made.indicators, made.design)
    areas = Areas.validate(with_rank_intervals(areas, found.intervals))
    changes = AreaChanges.validate(index_changes(index, made.index, made.indicators, made.design))
    Coherence.validate(index_coherence(index, made.index, made.indicators))
    AreaSensitivity.validate(found.sensitivity)
    Monitor.validate(index_monitor(index, changes, made.index, made.indicators, made.design).monitor)
    assert areas.filter(pl.col("n_persons") < 10, pl.col("estimate").is_not_null()).is_empty()
    assert changes.filter(pl.col("n_persons") < 10, pl.col("estimate").is_not_null()).is_empty()
    return areas


def of(expression: pl.Expr) -> pl.DataFrame:
    return PANEL.with_columns(area_code=expression)


FIRST = pl.col("person_id") == SECRET
LATER = pl.col("wave") == "w02"
HANDLED: dict[str, tuple[Callable[[], pl.DataFrame], list[str]]] = {
    "spaces around codes": (lambda: built(of(pl.when(LATER).then(CODE + " ").otherwise(CODE))), [*AREAS]),
    "codes that are blank": (lambda: built(of(CODE.replace({"N01": " "}))), ["E01", "S01", "W01"]),
    "an area of one person": (lambda: built(of(pl.when(FIRST).then(pl.lit("Z99")).otherwise(CODE))), [*AREAS, "Z99"]),
    "one area": (lambda: built(of(pl.lit("N01"))), ["N01"]),
    "areas of one wave alone": (lambda: built(of(pl.when(LATER).then(None).otherwise(CODE))), [*AREAS]),
    "an area that vanished": (lambda: built(PANEL.filter(~((CODE == "N01") & LATER))), [*AREAS]),
    "an area that came later": (lambda: built(PANEL.filter((CODE != "N01") | LATER)), [*AREAS]),
    "people who moved": (
        lambda: built(of(pl.when(LATER).then(CODE.replace({"N01": "S01"})).otherwise(CODE))),
        [*AREAS],
    ),
    "whole numbers held as floats": (lambda: built(of(CODE.rank("dense").cast(pl.Float64))), ["1", "2", "3", "4"]),
    "a constant indicator": (lambda: built(PANEL.with_columns(belonging=pl.lit(3.0)), uncertainty={}), [*AREAS]),
    "an indicator that an area was not asked": (
        lambda: built(PANEL.with_columns(belonging=pl.when(CODE != "N01").then("belonging"))),
        [*AREAS],
    ),
    "a wave that nobody answered": (
        lambda: built(PANEL.with_columns(pl.when(~LATER).then(name).alias(name) for name in SCORES)),
        [*AREAS],
    ),
    "weights of zero in an area": (
        lambda: built(weights=WEIGHTS.with_columns(scaled_weight=(PANEL["area_code"] != "N01").cast(pl.Float64))),
        ["E01", "S01", "W01"],
    ),
    "no weights": (lambda: built(weights=WEIGHTS.clear()), [*AREAS]),
}


@pytest.mark.parametrize("case", HANDLED)
@pytest.mark.filterwarnings("error::RuntimeWarning")
def test_it_is_handled(case: str) -> None:
    build, areas = HANDLED[case]
    assert sorted(built_areas := build()["area"].unique().to_list()) == sorted(areas), built_areas


def programme(**more: object) -> pl.DataFrame:
    areas = {
        "north": {"label": "N", "code": "N01", "start": "w02"},
        "south": {"label": "S", "code": "S01", "start": "w02"},
    }
    said = {"label": "P", "by": "area", "arms": ["main"], "areas": areas, "outcomes": ["trust"],
            "comparison": {"arms": ["main"], "codes": ["E01"]}}  # fmt: skip
    frame = more.pop("frame", PANEL)
    assert isinstance(frame, pl.DataFrame)
    return programme_table({"p": Programme.model_validate(said | more)}, frame, {}, 10)


REFUSED: dict[str, tuple[Callable[[], object], str]] = {
    "codes in two cases": (
        lambda: built(of(pl.when(LATER).then(CODE.str.to_lowercase()).otherwise(CODE))),
        r"area_code: `E01` and `e01` are one code in two spellings \(30\)\. Write it in one way",
    ),
    "leading zeros": (
        lambda: built(of(CODE.replace({"N01": "04", "S01": "4"}))),
        r"area_code: `04` and `4` are one code in two spellings \(60\)",
    ),
    "a programme's codes in two cases": (
        lambda: programme(frame=of(pl.when(LATER).then(CODE.str.to_lowercase()).otherwise(CODE))),
        "are one code in two spellings",
    ),
    "a name for a code that is written otherwise": (
        lambda: built(labels={"n01": "North"}),
        "labels of areas: `n01` is written `N01` in the answers",
    ),
    "no areas": (lambda: built(of(pl.lit(None, pl.String))), "area: nobody has an area and a score"),
    "no column of areas": (lambda: built(PANEL.drop("area_code")), "area_code: the panel has no such column"),
    "rows without a wave": (
        lambda: built(PANEL.with_columns(wave=pl.when(~FIRST).then("wave"))),
        r"wave: rows without a wave \(2\)",
    ),
    "rows without a person": (
        lambda: built(PANEL.with_columns(person_id=pl.when(~FIRST).then("person_id"))),
        r"person_id: rows without a person_id \(2\)",
    ),
    "one person in two areas of a wave": (
        lambda: built(pl.concat([PANEL, PANEL.filter(FIRST).with_columns(area_code=pl.lit("S01"))])),
        r"a person more than once in a wave \(2\)",
    ),
    "a comparison with every area": (
        lambda: built(comparison={"areas": AREAS}),
        "comparison: every area has people of the comparison",
    ),
    "a comparison with an area of nobody": (lambda: built(comparison={"areas": ["X"]}), "nobody is in `X`"),
    "negative weights": (
        lambda: built(weights=WEIGHTS.with_columns(scaled_weight=pl.when(LATER).then(-1.0).otherwise(1.0))),
        r"scaled_weight: weights must not be negative \(120\)",
    ),
    "weights in words": (
        lambda: built(weights=WEIGHTS.with_columns(scaled_weight=pl.lit("heavy"))),
        "scaled_weight: weights must be numbers",
    ),
    "weights that are all zero": (lambda: built(weights=WEIGHTS.with_columns(scaled_weight=pl.lit(0.0))), "nobody has"),
    "answers beyond the range": (lambda: built(PANEL.with_columns(trust=pl.lit(9.0))), r"outside its range of 1 to 5"),
    "a constant indicator to be standardised": (
        lambda: built(PANEL.with_columns(trust=pl.lit(3.0)), normalisation={"method": "z_score"}, uncertainty={}),
        "trust: is the same of everybody",
    ),
    "an indicator without answers": (
        lambda: built(PANEL.with_columns(trust=pl.lit(None, pl.Float64))),
        "has no answers",
    ),
    "nobody at all": (lambda: built(PANEL.clear()), "nobody in the panel"),
    "a comparison of a programme with nobody": (
        lambda: programme(comparison={"arms": ["main"], "codes": ["X9"]}),
        "no row with an answer is of `the comparison`",
    ),
    "a code that is called as an area of the set": (
        lambda: area_sets(
            pl.DataFrame({"area": ["A1", "north"]}),
            pl.DataFrame({"area_set": ["north"], "label": ["North"], "code": ["A1"]}),
            vintage="2021",
            recorded="2021",
            rest="own",
        ),
        r"called as an area is: `north` \(1 code, 1 row\)",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_it_is_refused_in_one_sentence(case: str) -> None:
    wrong, says = REFUSED[case]
    with pytest.raises(CohesionError, match=says) as caught:
        wrong()
    assert SECRET not in str(caught.value)


def test_a_census_is_read_as_text_and_numbers(tmp_path: Path) -> None:
    file = tmp_path / "census.csv"
    file.write_text("# source\narea_code, sex ,count\n 01,1,5\n02,2,6.5\n", encoding="utf-8-sig")
    assert census_table(file, ["sex"]).rows() == [("01", 1, 5.0), ("02", 2, 6.5)]
    file.write_text("area_code,sex,count\n01,1,-5\n", encoding="utf-8")
    with pytest.raises(CohesionError, match=r"census.csv:2: the count `-5` is no number"):
        census_table(file, ["sex"])


def test_an_index_is_given_as_its_file_has_it() -> None:
    said = {"title": "I", "area": "area", "domains": {"all": {"label": "All", "indicators": ["trust", "contact"]}}}
    given = person_scores(PANEL, said, RANGES)  # type: ignore[arg-type]
    assert given.index.equals(person_scores(PANEL, Index.model_validate(said), RANGES).index)
    for wrong, says in [({**said, "areas": 1}, "`areas`: is not an option here"), ("index.yaml", "is a str, and no")]:
        with pytest.raises(CohesionError, match=says):
            person_scores(PANEL, wrong, RANGES)  # type: ignore[arg-type]
