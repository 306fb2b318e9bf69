"""The preview of the node of profiles: of each area its score on the index, whatever else its page prints."""

import polars as pl

from assets.nodes.profile import _scores


def test_the_preview_has_one_score_of_each_area():
    rows = [
        ("a", "areas/s", "index", "estimate", "50.1"), ("a", "areas/s", "index", "std_error", "1.2"),
        ("a", "area_changes/s", "index", "estimate", "+1.0"), ("a", "areas/s", "index", "estimate", "50.1"),
        ("b", "areas/s", "trust", "estimate", "40.0"), ("b", "areas/s", "index", "estimate", "48.7"),
    ]  # fmt: skip
    numbers = pl.DataFrame(rows, schema=("area", "source", "measure", "column", "printed"), orient="row")
    assert _scores(numbers).select("area", "printed").rows() == [("a", "50.1"), ("b", "48.7")]
