"""A redelivery lists the means that move as they are printed, and counts the others in one line."""

import polars as pl

from pipeline.harmonise.drift import redelivery_lines
from pipeline.harmonise.drift.redelivered_words import in_words
from pipeline.tables import Redeliveries

COUNTS = {"in_both": 100, "added": 0, "gone": 0, "means": 4}


def delivered(*means):
    """``means``: name, mean and weighted mean before and after."""
    head = {"study": "s", "wave": "w01", "arm": ""}
    rows = [{**head, "part": "counts", "name": name, "count": count} for name, count in COUNTS.items()]
    for name, *values in means:
        columns = ("mean_before", "mean_after", "weighted_before", "weighted_after")
        answers = {"answers_before": 100, "answers_after": 100}
        rows.append({**head, "part": "means", "name": name, **answers, **dict(zip(columns, values, strict=True))})
    return pl.DataFrame(rows, schema={name: column.dtype for name, column in Redeliveries.columns().items()})


WEIGHT_ONLY = ("trust", 3.105, 3.105, 3.2, 3.25)
SLIGHTLY = ("talk", 2.0, 2.0, 2.10001, 2.10002)


def test_only_what_moves_as_printed_is_listed():
    lines = list(redelivery_lines(delivered(WEIGHT_ONLY, SLIGHTLY)))
    assert "Means: 1 of 4 move (items and scales); 1 more move by less than 0.0005." in lines
    assert [line for line in lines if line.startswith("  ")] == [
        "  trust: weighted 3.200 → 3.250 (+0.050); n 100 → 100"
    ]


def test_the_page_lists_the_same():
    assert in_words(delivered(WEIGHT_ONLY, SLIGHTLY), {}).tables["Means that move"].height == 1


def test_where_all_are_listed_nothing_more_is_said():
    lines = list(redelivery_lines(delivered(("trust", 3.1, 3.2, 3.1, 3.2))))
    assert "Means: 1 of 4 move (items and scales)." in lines
    assert "  trust: 3.100 → 3.200 (+0.100); weighted 3.100 → 3.200 (+0.100); n 100 → 100" in lines
