"""What really changed in five waves of a real panel is found unprompted: without a word of it in the declarations."""

import polars as pl
import pytest
from shared import ROOT, shared

from pipeline.harmonise.drift import compare_all
from pipeline.ingest.wave import wave_table
from pipeline.paths import Paths
from pipeline.specs import load_project

FOUND = {
    ("w02", "contact_how_often_bad", "routing"): 1450,  # asked of all in 2016, of those with any contact in 2017
    ("w03", "contact_how_often_bad", "routing"): 1307,
    ("w04", "contact_how_often_bad", "routing"): 1158,
    ("w04", "outgroup_asked", "distribution"): 1997,  # half were asked about another group
    ("w05", "outgroup_asked", "swapped"): 1656,  # and everyone about the other one in 2021
    ("w03", "trusts_president", "unstable"): 2081,  # another president since March 2018
    ("w04", "trusts_president", "distribution"): 1974,  # the uprising of October 2019
    ("w04", "trusts_government", "distribution"): 1981,
    ("w04", "trusts_police", "distribution"): 1989,
    ("w04", "satisfied_democracy", "distribution"): 1850,
    ("w04", "conflict_with_migrants", "distribution"): 1856,
    ("w05", "trusts_congress", "distribution"): 1627,
    ("w04", "movement_participation", "routing"): 335,
    ("w05", "movement_participation", "routing"): 368,
}
FACTS = {"contradicts_fact", "age_backwards", "age_ahead", "weight_huge"}


@pytest.fixture(scope="module")
def warnings() -> pl.DataFrame:
    folder = shared("real", "elsoc", "waves")
    study = load_project(Paths(ROOT)).studies["elsoc"]
    tables = {wave: wave_table(study, wave, folder, b"0" * 32) for wave in study.waves}
    silent = {
        wave: declared.model_copy(update={"exceptions": {}, "decisions": ()}) for wave, declared in study.waves.items()
    }
    object.__setattr__(study, "waves", silent)
    found = compare_all(
        study,
        {wave: table.frame for wave, table in tables.items()},
        {wave: table.labels for wave, table in tables.items()},
    )
    return found.filter(pl.col("severity") != "notes")


@pytest.mark.thorough
def test_what_changed_is_found_with_its_count(warnings: pl.DataFrame) -> None:
    rows = warnings.filter(~pl.col("kind").is_in(FACTS)).select("wave", "item", "kind", "count").iter_rows()
    assert {(wave, item, kind): count for wave, item, kind, count in rows} == FOUND


def test_contradicting_facts_are_counted_and_nothing_stops_a_sound_deposit(warnings: pl.DataFrame) -> None:
    assert set(warnings["severity"]) == {"warns"}
    assert warnings["decision"].null_count() == warnings.height
    counts = {(row["wave"], row["kind"]): row["count"] for row in warnings.iter_rows(named=True)}
    assert [counts[wave, "age_backwards"] for wave in ("w02", "w03", "w04", "w05")] == [34, 37, 2, 14]
    assert [counts[wave, "contradicts_fact"] for wave in ("w02", "w03", "w04", "w05")] == [6, 21, 20, 19]
    assert [counts[wave, "weight_huge"] for wave in ("w04", "w05")] == [2, 3]
