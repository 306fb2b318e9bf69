"""What the UI shows of a table of areas at first sight."""

import polars as pl

from assets.nodes.preview import newest_round
from assets.nodes.profile import _scores


def test_the_preview_of_profiles_has_one_score_of_each_area():
    rows = [
        ("1", "index", "estimate", "areas/a", "51.2"),
        ("1", "index", "estimate", "area_changes/a", "+1.0"),
        ("1", "unity", "estimate", "areas/a", "50.0"),
        ("2", "index", "n_persons", "areas/a", "200"),
        ("2", "index", "estimate", "areas/a", "49.0"),
    ]
    numbers = pl.DataFrame(rows, schema=["area", "measure", "column", "source", "printed"], orient="row")
    assert _scores(numbers).select("area", "printed").rows() == [("1", "51.2"), ("2", "49.0")]


def test_the_preview_of_areas_is_of_those_of_one_time():
    areas = pl.DataFrame({"area": ["1", "2", "2"], "wave": ["w08", "w03", "w02"], "round": ["w08", "w08", "w06"]})
    assert newest_round(areas)["area"].to_list() == ["1", "2"]
    assert newest_round(areas.clear()).is_empty()
