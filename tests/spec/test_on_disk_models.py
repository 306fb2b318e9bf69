"""Models of a panel on disk are those of the same rows in memory: every number to 1e-10, every word the same."""

import itertools
from pathlib import Path

import duckdb
import numpy as np
import polars as pl
import pytest

from pipeline.errors import CohesionError, ModelError
from pipeline.models import (
    ReplicateColumns,
    design_means,
    design_shares,
    fixed_effects,
    pooled,
    within_between,
)
from pipeline.weights import replicate_weights

PEOPLE, WAVES = 150, 5


def made_up(seed: int = 3) -> pl.DataFrame:
    """An unbalanced panel, shuffled: offsets, missing answers, weights of zero, categories, a stratum of one unit."""
    chance = np.random.default_rng(seed)
    person, wave = np.repeat(np.arange(PEOPLE), WAVES), np.tile(np.arange(WAVES), PEOPLE)
    rows, usual = len(person), chance.normal(size=PEOPLE)[person]
    contact = 3 + usual + chance.normal(size=rows)
    stratum = chance.choice(["n", "s", "e"], rows)
    frame = pl.DataFrame(
        {
            "person_id": [f"p{7919 * one % PEOPLE:04}" for one in person],
            "wave": [f"w{one + 8}" for one in wave],  # w10 comes after w9
            "contact": contact,
            "year": 2010.0 + wave + chance.integers(0, 2, rows),
            "education": chance.choice(["a", "b", "c"], rows),
            "w": chance.uniform(0, 2, rows),
            "area": chance.integers(0, 40, rows),
            "trust": 3 + 0.6 * usual + 0.3 * contact + chance.normal(size=rows),
            "belief": chance.normal(size=rows),
            "stratum": stratum,
            "unit": np.where(stratum == "e", 0, chance.integers(0, 9, rows)),
            "counted": np.full(rows, 1000.0),
        }
    )
    gaps = pl.Series(chance.random(rows))
    return frame.with_columns(
        pl.when(gaps > 0.1).then("belief"),
        pl.when(gaps < 0.95).then("education"),
        w=pl.when(pl.col("w") > 0.1).then("w").otherwise(0.0),
    ).sample(fraction=0.85, seed=1, shuffle=True)


@pytest.fixture(scope="module")
def panel() -> pl.DataFrame:
    return made_up()


@pytest.fixture(scope="module")
def file(panel, tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("on disk") / "a 'panel'.parquet"
    panel.write_parquet(path)
    return path


def same(one: pl.DataFrame, other: pl.DataFrame, tolerance: float = 1e-10) -> None:
    numbers = [name for name, kind in one.schema.items() if kind.is_float()]
    assert other.drop(numbers).equals(one.drop(numbers))
    for name in numbers:
        assert other[name].is_null().equals(one[name].is_null())
        np.testing.assert_allclose(
            other[name].fill_null(0), one[name].fill_null(0), rtol=tolerance, atol=1e-13, err_msg=name
        )


FITS = [
    {"effects": effects, "cluster": cluster, "weights": weights, "correction": correction}
    for effects in ("person", "person_and_wave")
    for cluster, correction in (
        ("person_id", "hc1"), ("person_id", "stata"), (None, "hc1"), ("area", "none"), (("person_id", "area"), "stata"),
    )
    for weights in (None, "w")
]  # fmt: skip


def few(cases: list, kept: int) -> list:
    """The first cases, and the others marked as more of the same."""
    return [*cases[:kept], *(pytest.param(case, marks=pytest.mark.thorough) for case in cases[kept:])]


@pytest.mark.parametrize(
    "options",
    few(FITS[3:4] + FITS[18:20] + FITS[:3] + FITS[4:18], 3),
    ids=lambda given: " ".join(map(str, given.values())),
)
def test_fixed_effects(panel, file, options):
    terms = ("trust", ["contact"], ["belief", "education", "year"])
    same(fixed_effects(panel, *terms, repeated=True, **options), fixed_effects(file, *terms, **options))


@pytest.mark.parametrize("reml", few([True, False], 1))
def test_within_between(panel, file, reml):
    terms = ("trust", ["contact", "belief"], ["education", "year"])
    same(within_between(panel, *terms, reml=reml), within_between(file, *terms, reml=reml))
    degrees = {"degrees": "satterthwaite", "wave_effects": False}  # by a numerical derivative
    same(within_between(panel, *terms, **degrees), within_between(file, *terms, **degrees), 1e-8)


MEANS = [
    (("wave", "education"), "domain", "average"),
    *itertools.product(
        [("wave",), ("wave", "education"), (), ("education",)],
        ["domain", "answered"],
        ["certainty", "adjust", "average", "remove"],
    ),
]


@pytest.mark.parametrize("case", few(MEANS, 1), ids=str)
def test_design_means(panel, file, case):
    by, subset, lonely_psu = case
    how = {"by": by, "subset": subset, "design_effects": True, "lonely_psu": lonely_psu}
    for design in ({}, {"weight": "w", "strata": "stratum", "psu": "unit"}, {"weight": "w", "fpc": "counted"}):
        same(design_means(panel, ["belief"], **how, **design), design_means(file, ["belief"], **how, **design))


def test_shares(panel, file):
    shares = {"area": {"low": [1, 2, 3], "none": []}, "education": {"a": ["a"]}}
    how = {"by": ("wave", "education"), "weight": "w"}
    same(design_shares(panel, shares, **how), design_shares(file, shares, **how))


def test_replicates_are_columns_of_the_table(panel, tmp_path):
    people = panel.unique("person_id", maintain_order=True)
    drawn = replicate_weights(people, weight="w", stratum="stratum", replicates=60, seed=1)
    columns = {f"r{place}": drawn.weights[:, place] for place in range(60)}
    people.with_columns(
        full=pl.Series(drawn.full), **{name: pl.Series(each) for name, each in columns.items()}
    ).write_parquet(tmp_path / "wide.parquet")
    how = {"by": ("wave",)}
    on_disk = design_means(
        tmp_path / "wide.parquet", ["trust"], replicates=ReplicateColumns("full", tuple(columns), drawn), **how
    )
    same(design_means(people, ["trust"], replicates=drawn, **how), on_disk)


def test_a_query_and_a_relation_are_tables_too(panel, file):
    expected = fixed_effects(panel.filter(pl.col("area") < 20), "trust", ["contact"], repeated=True)
    same(expected, fixed_effects(pl.scan_parquet(file).filter(pl.col("area") < 20), "trust", ["contact"]))
    with duckdb.connect() as connection:
        connection.register("panel", panel.to_arrow())
        same(expected, fixed_effects(connection.sql("SELECT * FROM panel WHERE area < 20"), "trust", ["contact"]))


def test_the_same_twice_and_whatever_memory_there_is(file, monkeypatch):
    terms = ("trust", ["contact"], ["belief"])
    first = fixed_effects(file, *terms)
    monkeypatch.setenv("COHESION_MEMORY", "500MB")
    assert fixed_effects(file, *terms).equals(first)


BROKEN = {
    "infinite": (lambda frame: frame.with_columns(contact=pl.lit(float("inf"))), "infinite values"),
    "twice": (lambda frame: pl.concat([frame, frame.head(3)]), "more than once in a wave"),
    "constant": (lambda frame: frame.with_columns(contact=pl.lit(2.0)), "never changes within|has the same value"),
    "determined": (lambda frame: frame.with_columns(contact=2 * pl.col("belief") + 1), "cannot be separated"),
    "absent": (lambda frame: frame.drop("contact"), "no column `contact`"),
    "text": (lambda frame: frame.with_columns(trust=pl.lit("a")), "must be a number"),
    "negative": (lambda frame: frame.with_columns(w=-pl.col("w")), "weights below zero"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_refused_in_memory_is_refused_on_disk(panel, tmp_path, name):
    change, message = BROKEN[name]
    broken = change(panel)
    broken.write_parquet(tmp_path / "broken.parquet")
    for table in (broken, tmp_path / "broken.parquet"):
        with pytest.raises(ModelError, match=message):
            fixed_effects(table, "trust", ["belief", "contact"], weights="w")


def test_means_refuse_what_they_refuse_in_memory(panel, tmp_path):
    for change, message in (BROKEN["twice"], BROKEN["negative"]):
        change(panel).write_parquet(tmp_path / "broken.parquet")
        with pytest.raises(ModelError, match=message):
            design_means(tmp_path / "broken.parquet", ["trust"], weight="w")


def test_what_needs_rows_in_memory_says_so(file, tmp_path):
    with pytest.raises(ModelError, match="needs its rows in memory"):
        pooled(file, "trust", ["contact"])
    with pytest.raises(ModelError, match=r"Write Path"):
        fixed_effects(str(file), "trust", ["contact"])
    with pytest.raises(ModelError, match=r"calibrated_on: needs the rows"):
        design_means(file, ["trust"], weight="w", calibrated_on=["education"])
    (tmp_path / "text.parquet").write_text("no table")
    with pytest.raises(CohesionError, match="no Parquet file"):
        fixed_effects(tmp_path / "text.parquet", "trust", ["contact"])
    with pytest.raises(CohesionError, match="is not there"):
        fixed_effects(tmp_path / "absent.parquet", "trust", ["contact"])
