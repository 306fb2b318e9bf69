"""What an asset's page begins with: of every table its own words, and a page on which its results stand."""

import pytest

from assets.dagster.descriptions import about_asset, pages_of
from assets.dagster.words import GROUPS
from assets.engine.workspace import Workspace
from assets.nodes import all_nodes
from pipeline.paths import REPOSITORY, Paths
from pipeline.specs import load_project
from pipeline.tables.words import TABLES

PATHS = Paths(REPOSITORY)
NODES = all_nodes(Workspace(PATHS, load_project(PATHS)))
PAGES = pages_of(NODES)
STUDY = "beyond_us_and_them"
OF_INDEX = ("index", "areas", "area_changes", "monitor", "programme")
SHOWN_BY_NO_PAGE = {"coherence", "figure", "weights"}
"""Figures that no paper shows, weight sets that no model uses; and what staff alone read."""


def node(name: str):
    return next(one for one in NODES if one.name == name)


@pytest.mark.parametrize("kind", OF_INDEX)
def test_what_the_index_makes_stands_in_its_group_and_leads_to_the_profiles(kind):
    made = node(f"{kind}/{STUDY}")
    assert GROUPS[made.group] == "5_index"
    assert PAGES[made.name] == f"/reports/profiles/{STUDY}/overview.html"
    for key in made.keys:
        said = about_asset(made, key, PATHS, PAGES[made.name])
        assert TABLES[key[0]].grain.split(":")[0] in said
        assert "[Open the report that shows it](/reports/profiles/" in said


def test_every_asset_of_a_study_leads_to_a_page_but_what_no_page_shows():
    without = {one.keys[0][0] for one in NODES if one.study == STUDY and one.name not in PAGES}
    assert without <= SHOWN_BY_NO_PAGE


@pytest.mark.parametrize(
    ("name", "page"),
    [
        (f"wave/{STUDY}/w01", f"/reports/drift/{STUDY}.html"),
        ("estimates/buat_trust_means", "/reports/papers/buat_findings.html"),
        ("paper/buat_findings", "/reports/papers/buat_findings.html"),
    ],
)
def test_the_page_is_that_of_the_nearest_reader(name, page):
    assert PAGES[name] == page
