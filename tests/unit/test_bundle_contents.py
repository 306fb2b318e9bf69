"""Which files of a study travel: all that it names in data/areas, and all that one of its steps reads there."""

import json
import shutil

import pytest
from shared import ROOT

from assets.bundles.contents import declared_files
from pipeline.paths import Paths
from pipeline.specs import load_project

STUDY = "parallel_lives"
BOUNDARIES = """  boundaries: {file: made_up.geojson, code: code, source: nobody, licence: none, vintage: "2021"}
"""
GEOJSON = json.dumps(
    {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "properties": {"code": "SYN00001"},
                "geometry": {"type": "Polygon", "coordinates": [[[0, 50], [1, 50], [1, 51], [0, 50]]]},
            }
        ],
    }
)
CENSUS = "small_areas: {method: mrp, margins: [is_woman], census: made_up.csv}"


@pytest.fixture
def root(tmp_path):
    for name in ("data/studies", "data/areas"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("_*"))
    shutil.copy(ROOT / "data" / "concepts.yaml", tmp_path / "data")
    shutil.copytree(ROOT / "reports", tmp_path / "reports", ignore=shutil.ignore_patterns("build"))
    return tmp_path


def of_areas(root):
    paths = Paths(root)
    found = declared_files(paths, load_project(paths), STUDY)
    return {place.rpartition("/")[2] for place in found if place.startswith("data/areas/")}


def test_area_tables_and_lookups_travel_whether_a_step_reads_them_or_not(root):
    assert {"synthetic_changes_2021.csv", "synthetic_deprivation_2019.csv"} <= of_areas(root)


@pytest.mark.parametrize(
    ("before", "after", "file", "content"),
    [
        ("profile:\n", f"profile:\n{BOUNDARIES}", "made_up.geojson", GEOJSON),
        (
            "small_areas: {method: reml, covariates: [deprivation, leave_share]}", CENSUS, "made_up.csv",
            "area_code,is_woman,count\nSYN00001,0,10\nSYN00001,1,10\n",
        ),
    ],
    ids=["boundaries", "census"],
)  # fmt: skip
def test_what_the_index_reads_of_areas_travels(root, before, after, file, content):
    declared = root / "data" / "studies" / STUDY / "index.yaml"
    text = declared.read_text()
    assert before in text
    declared.write_text(text.replace(before, after, 1))
    (root / "data" / "areas" / file).write_text(content)
    assert file in of_areas(root)
