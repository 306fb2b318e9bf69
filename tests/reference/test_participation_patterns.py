"""Participation against the stored R results, and against the real panel's published patterns."""

import json

import numpy as np
import polars as pl
import pytest
from shared import SHIPPED, shared

from pipeline.participation import participation, patterns, retention, transitions, xtsum

FOLDER = SHIPPED / "attrition_weights"
REFERENCE = json.loads((FOLDER / "reference.json").read_text())
WAVES = ["w01", "w02", "w03", "w04"]


@pytest.fixture(scope="module")
def wide() -> pl.DataFrame:
    return pl.read_csv(FOLDER / "panel_wide.csv").with_columns(person_id=pl.col("id").cast(pl.String))


@pytest.fixture(scope="module")
def table(wide) -> pl.DataFrame:
    long = wide.unpivot([f"resp{wave}" for wave in range(1, 5)], index="person_id", variable_name="wave")
    answered = long.filter(pl.col("value") == 1).with_columns(
        pl.col("wave").str.replace("resp", "w0"), arm=pl.lit("all")
    )
    return participation(answered, {"all": WAVES}, study="simulated")


def test_patterns(table):
    found = dict(patterns(table, style="xtdescribe").select("pattern", "count").rows())
    assert found == REFERENCE["participation_patterns"]


def test_retention(table, wide):
    dead = wide.filter(pl.col("died_w3") == 1).select("person_id", wave=pl.lit("w03"), outcome=pl.lit("dead"))
    for row, expected in zip(retention(table, dead).to_dicts(), REFERENCE["wave_response"], strict=True):
        assert row["achieved"] == expected["n"]
        assert row["returned"] == expected["returners"]
        assert row["answered_every_wave"] == expected["monotone_in"]
        assert row["eligible"] == expected["eligible_excl_dead"]
        assert row["cumulative_retention"] == pytest.approx(expected["uncond_rate"], abs=1e-12)
        assert row["wave_to_wave"] == pytest.approx(expected["retention_from_prev"], abs=1e-12)


@pytest.fixture(scope="module")
def tertiles(wide) -> pl.DataFrame:
    """The thirds of trust at waves 1 and 2, cut at wave 1's thirds, closed on the right as R's cut()."""
    low, high = np.quantile(wide["trust1"].to_numpy(), [1 / 3, 2 / 3])
    long = pl.concat(
        wide.select("person_id", "area", "female", trust=pl.col(f"trust{number}"), wave=pl.lit(f"w0{number}"))
        for number in (1, 2)
    ).drop_nulls("trust")
    third = pl.when(pl.col("trust") <= low).then(pl.lit("lo")).when(pl.col("trust") <= high).then(pl.lit("mid"))
    return long.with_columns(third=third.otherwise(pl.lit("hi")).cast(pl.Enum(["lo", "mid", "hi"])))


def test_transitions(tertiles):
    assert list(REFERENCE["transitions"]["counts"]) == ["lo", "mid", "hi"]
    counted = transitions(tertiles, "third", WAVES[:2])
    observed = transitions(tertiles, "third", WAVES[:2], missing=False)
    for origin, destinations in REFERENCE["transitions"]["counts"].items():
        found = counted.filter(origin=origin).select("destination", "count").rows()
        assert dict(found) == destinations
        shares = dict(observed.filter(origin=origin).select("destination", "share").rows())
        assert shares == pytest.approx(REFERENCE["transitions"]["row_prop_observed"][origin], abs=1e-12)


def test_transition_intervals_follow_the_clusters(tertiles):
    expected = json.loads((FOLDER / "more.json").read_text())["transitions_clustered_by_area"]
    table = transitions(tertiles, "third", WAVES[:2], cluster="area")
    assert table.height == len(expected)
    for row in expected:
        found = table.filter(origin=row["origin"], destination=row["destination"]).row(0, named=True)
        for name in ("share", "std_error", "conf_low", "conf_high"):
            assert found[name] == pytest.approx(row[name], abs=1e-8), name


def test_xtsum_against_the_firm_panel():
    expected = json.loads(shared("reference", "plm", "reference.json").read_text())["xtsum"]["empluk"]
    firms = pl.read_csv(shared("reference", "plm", "empluk.csv"))
    table = xtsum(firms, ["emp", "wage", "capital", "output"], person="firm")
    for variable, numbers in expected.items():
        of = {row["component"]: row for row in table.filter(variable=variable).to_dicts()}
        assert of["overall"]["mean"] == pytest.approx(numbers["mean"], abs=1e-8)
        for component in ("overall", "between", "within"):
            assert of[component]["sd"] == pytest.approx(numbers[f"sd_{component}"], abs=1e-8)
        for component in ("between", "within"):
            assert of[component]["min"] == pytest.approx(numbers[f"min_{component}"], abs=1e-8)
            assert of[component]["max"] == pytest.approx(numbers[f"max_{component}"], abs=1e-8)
        assert (of["overall"]["n"], of["overall"]["persons"]) == (numbers["N"], numbers["n"])
        assert of["overall"]["waves_per_person"] == pytest.approx(numbers["Tbar"], abs=1e-8)


def test_xtsum_against_the_wage_panel():
    numbers = json.loads(shared("reference", "plm", "reference.json").read_text())["xtsum"]["wages_lwage"]
    table = xtsum(pl.read_csv(shared("reference", "plm", "wages.csv")), ["lwage"], person="id")
    assert table["sd"].to_list() == pytest.approx([numbers[f"sd_{c}"] for c in ("overall", "between", "within")])


def test_xtdescribe_against_the_firm_panel():
    expected = json.loads(shared("reference", "plm", "reference.json").read_text())["xtdescribe_empluk"]
    firms = pl.read_csv(shared("reference", "plm", "empluk.csv"))
    answered = firms.select(
        person_id=pl.col("firm").cast(pl.String), arm=pl.lit("all"), wave=pl.col("year").cast(pl.String)
    )
    table = participation(answered, {"all": [str(year) for year in range(1976, 1985)]}, study="firms")
    assert dict(patterns(table, style="xtdescribe").select("pattern", "count").rows()) == expected


def test_xttrans_against_the_wage_panel():
    expected = json.loads(shared("reference", "plm", "reference.json").read_text())["xttrans_wages_union"]
    wages = pl.read_csv(shared("reference", "plm", "wages.csv")).select(
        pl.col("id").cast(pl.String).alias("person_id"), pl.col("t").cast(pl.String).alias("wave"), "union"
    )
    table = transitions(wages, "union", [str(year) for year in range(1, 8)], missing=False)
    for origin, destinations in expected["counts"].items():
        assert dict(table.filter(origin=origin).select("destination", "count").rows()) == destinations
        percent = {row["destination"]: 100 * row["share"] for row in table.filter(origin=origin).to_dicts()}
        assert percent == pytest.approx(expected["row_pct"][origin], abs=1e-8)


def test_the_chilean_panel():
    import pyreadstat

    years = {"w01": 2016, "w02": 2017, "w03": 2018, "w04": 2019, "w05": 2021}
    answered = pl.concat(
        pl.from_pandas(
            pyreadstat.read_sav(shared("real", "elsoc", "waves", f"ELSOC_{w.upper()}_{y}.sav"), usecols=["idencuesta"])[
                0
            ]
        ).select(person_id=pl.col("idencuesta").cast(pl.Int64).cast(pl.String), arm=pl.lit("all"), wave=pl.lit(w))
        for w, y in years.items()
    )
    table = participation(answered, {"all": list(years)}, study="elsoc")
    assert table["person_id"].n_unique() == 2928
    assert int(table["is_present"].sum()) == 11521
    oracle = pl.read_csv(
        shared("real", "elsoc", "oracle", "attrition_patterns_sample1.csv"), schema_overrides=[pl.String, pl.Int64]
    )
    assert dict(patterns(table).select("pattern", "count").rows()) == dict(oracle.rows())
    assert round(100 * retention(table)["cumulative_retention"][-1], 1) == 59.4
