"""Areas as sets of codes, from the file to the pages: a merger and a split are traced, and the vintage is named."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from area_set_study import LOOKUP, SETS, make_districts
from typer.testing import CliRunner

from assets.commands.main import app

pytestmark = pytest.mark.thorough  # a whole build
EXPECTED = {"north": 110, "south": 70, "coast": 40, "east": 80}


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_districts(tmp_path_factory.mktemp("sets"))


def build(root: Path, *more: str) -> str:
    found = CliRunner().invoke(app, ["build", "--study", "first", "--root", str(root), *more])
    assert found.exit_code == 0, found.output
    return found.output


def table(root: Path, name: str) -> pl.DataFrame:
    return pl.read_parquet(root / "data" / "warehouse" / name / "first.parquet")


def test_a_merger_and_a_split_are_traced_from_the_file_to_the_pages(root):
    build(root)
    areas = table(root, "areas").filter(pl.col("measure") == "index")
    assert dict(areas.select("area", "n_persons").iter_rows()) == EXPECTED
    assert set(areas["label"]) == {"The north", "The south", "The coast", "The east"}
    methods = table(root, "index_methods").filter(step="area_vintage")
    assert methods["choice"].to_list() == ["2021"]
    assert "codes of 2011, traced through changes_2021.csv" in methods["detail"][0]
    pages = root / "reports" / "build" / "profiles" / "first"
    page = (pages / "the_north.html").read_text(encoding="utf-8")
    assert "Districts since 2021: codes of 2021" in page
    assert (pages / "overview.xlsx").exists()
    assert not list(pages.glob("*a9*"))


def test_a_lookup_that_changes_is_built_anew(root):
    """The larger part of the split is now in the other area: its people move with it."""
    build(root)
    lookup = root / "data" / "areas" / "changes_2021.csv"
    lookup.write_text(LOOKUP.replace("2021,0.6", "2021,0.3").replace("2021,0.4", "2021,0.7"))
    try:
        build(root)
        areas = table(root, "areas").filter(pl.col("measure") == "index", pl.col("n_persons").is_not_null())
        assert dict(areas.select("area", "n_persons").iter_rows()) == {"north": 110, "coast": 110, "east": 80}
    finally:
        lookup.write_text(LOOKUP)


def test_a_split_without_a_rule_stops_the_build_in_one_sentence(root):
    sets = root / "data" / "studies" / "first" / "area_sets.yaml"
    sets.write_text(SETS.replace("  splits: largest\n", ""))
    try:
        found = CliRunner().invoke(app, ["build", "--study", "first", "--root", str(root)])
    finally:
        sets.write_text(SETS)
    assert found.exit_code != 0
    (said,) = [line for line in found.output.splitlines() if "A3" in line][:1]
    assert "Traceback" not in found.output
    assert "P0" not in said
