"""Constructed leaks: what gives a number of few people away is refused, wherever it stands; what does not, passes."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from pipeline.papers.disclosure import refusals, totals

Frame = list[dict[str, Any]]


def count(value: float | None, table: str = "t1", **where: Any) -> dict[str, Any]:
    return {"statistic": "count", "value": value, "table": table, "place": f"{table} {where}"} | where


def share(value: float | None, n: float, table: str = "t1", **where: Any) -> dict[str, Any]:
    return {"statistic": "share", "value": value, "n": n, "rounding": 0.01, "table": table, "place": table} | where


def mean(value: float, n: float | None, table: str = "t1", **where: Any) -> dict[str, Any]:
    return {"statistic": "mean", "value": value, "n": n, "table": table, "place": table, "outcome": "trust"} | where


def cross(values: dict[str, list[float | None]], table: str = "t1", **where: Any) -> Frame:
    """A table of area by ethnic group; ``None`` in a list is a suppressed cell, the area ``all`` the totals."""
    groups = ("asian", "black", "white", None)
    return [
        count(value, table, area=None if area == "all" else area, ethnic=ethnic, **where)
        for area, row in values.items()
        for ethnic, value in zip(groups, row, strict=False)
    ]


SAFE_CROSS: dict[str, list[float | None]] = {"a": [30, 25, 60, 115], "b": [20, 22, 70, 112], "all": [50, 47, 130, 227]}

ROW_OF_A: Frame = [
    count(30, area="a", ethnic="asian"),
    count(None, area="a", ethnic="black"),
    count(60, area="a", ethnic="white"),
]
"""A row of which one cell is suppressed; its total is elsewhere."""

LEAKS: dict[str, tuple[Frame, Frame]] = {
    # single cells
    "a cell of three people": ([count(3, area="a")], []),
    "a cell of nobody": ([count(0, area="a")], []),
    "a cell of nine people": ([count(9, area="a")], []),
    "a mean of four people": ([mean(3.2, 4, area="a")], []),
    "a share of six people": ([share(0.5, 6, area="a", weighted=True)], []),
    "a plotted point of eight people": ([{**mean(2.1, 8, wave="w03"), "place": "Figure 2"}], []),
    "an estimate of seven people": ([{"statistic": "estimate", "value": 0.4, "n": 7}], []),
    "a mean of which nobody knows of how many": ([mean(3.2, None, area="a")], []),
    "a number in prose that nothing accounts for": ([{"statistic": "unknown", "value": 12, "place": "a sentence"}], []),
    "area by ethnic group by wave, one cell small": (
        [
            count(value, area=area, ethnic=ethnic, wave=wave)
            for area, ethnic, wave, value in [
                ("a", "asian", "w01", 30),
                ("a", "asian", "w02", 22),
                ("a", "black", "w01", 14),
                ("a", "black", "w02", 6),
                ("b", "asian", "w01", 41),
                ("b", "asian", "w02", 33),
            ]
        ],
        [],
    ),
    # all or nobody
    "all of a group": ([share(1.0, 40, area="a")], []),
    "nobody of a group": ([share(0.0, 40, area="a")], []),
    "nearly all of a group, rounded": ([share(0.997, 40, area="a", rounding=0.01)], []),
    "all of a group, weighted": ([share(1.0, 300, area="a", weighted=True)], []),
    "a share that gives three people away": ([share(0.06, 50, area="a")], []),
    "a share that gives the four others away": ([share(0.92, 50, area="a")], []),
    "a group all in one category": (cross({"a": [0, 0, 40, 40], "all": [30, 25, 60, 115]}), []),
    # extremes and individuals
    "the lowest value": ([{"statistic": "minimum", "value": 1, "n": 500}], []),
    "the highest value": ([{"statistic": "maximum", "value": 10, "n": 500}], []),
    "a scatter of individuals": ([{"statistic": "individual", "value": 3.1, "n": 500}], []),
    "the ninety-ninth percentile of 200 people": (
        [{"statistic": "quantile", "category": "0.99", "value": 9, "n": 200}],
        [],
    ),
    "a quantile of which nobody knows which": ([{"statistic": "quantile", "value": 9, "n": 200}], []),
    # models
    "a model with five residual df": ([{"statistic": "estimate", "value": 0.2, "n": 30, "df": 5}], []),
    # magnitudes
    "a total of amounts with unknown contributors": ([{"statistic": "total", "value": 900, "n": 60}], []),
    "a total that one dominates": (
        [{"statistic": "total", "value": 900, "n": 60, "largest": 0.6, "two_largest": 0.7}],
        [],
    ),
    "a total that two dominate": (
        [{"statistic": "total", "value": 900, "n": 60, "largest": 0.45, "two_largest": 0.88}],
        [],
    ),
    # one suppressed cell and its total
    "one suppressed cell in a row with its total": (cross({"a": [30, None, 60, 95], "b": [20, 22, 70, 112]}), []),
    "the total stands in another table": (
        [*ROW_OF_A, count(95, "t2", area="a")],
        [],
    ),
    "the total stands in a sentence": (
        [*ROW_OF_A, {**count(95, "", area="a"), "place": "the sentence “95 people answered in a”"}],
        [],
    ),
    "the n of a plotted point is the total": (
        [*ROW_OF_A, {"statistic": "mean", "value": 3.4, "n": 95, "area": "a", "place": "Figure 1"}],
        [],
    ),
    "two suppressed cells that have six people together": (
        cross({"a": [None, None, 60, 66], "b": [20, 22, 70, 112]}),
        [],
    ),
    "the cells suppressed in a row are found by their columns": (
        cross({"a": [None, None, 60, 90], "b": [20, 22, 70, 112], "all": [23, 49, 130, 202]}),
        [],
    ),
    "three suppressed cells, of which one is alone in its column": (
        cross({"a": [None, None, 60, 90], "b": [None, 22, 70, 137], "all": [50, 47, 130, 227]}),
        [],
    ),
    "a suppressed count whose percentage is printed": (
        [
            count(None, area="a", category="yes", outcome="volunteers"),
            share(0.03, 104, "t2", area="a", outcome="volunteers"),
        ],
        [],
    ),
    "percentages of a row but one, with the n": (
        [
            share(0.30, 100, area="a", category="asian"),
            share(0.66, 100, area="a", category="white"),
            share(None, 100, area="a", category="black"),
        ],
        [],
    ),
    "a rounded total does not hide a cell of a table rounded finer": (
        [*ROW_OF_A, count(95, "t2", area="a", rounding=5)],
        [],
    ),
    # differencing
    "a category left out of the table": (
        [count(60, area="a", ethnic="white"), count(30, area="a", ethnic="asian"), count(95, area="a")],
        [],
    ),
    "everybody, and everybody but a few": ([count(1_000), count(996, "t2", disability="no")], []),
    "a merged category and one of the two": (
        [
            count(30, area="a", ethnic="asian|black"),
            count(60, area="a", ethnic="white"),
            count(26, "t2", area="a", ethnic="asian"),
        ],
        [],
    ),
    "two tables with age cut at different years": (
        [
            count(100, age="16-24"),
            count(300, age="25-64"),
            count(104, "t2", age="16-25"),
            count(296, "t2", age="26-64"),
        ],
        [],
    ),
    "a region less all but one of its areas": (
        [
            count(300, region="north"),
            count(100, region="north", area="a"),
            count(196, region="north", area="b"),
            count(None, region="north", area="c"),
        ],
        [],
    ),
    "a hierarchy: the suppressed area is found two levels up": (
        [
            count(600),
            count(300, region="south"),
            count(None, region="north"),
            count(100, "t2", region="north", area="a"),
            count(196, "t2", region="north", area="b"),
            count(None, "t2", region="north", area="c"),
        ],
        [],
    ),
    "the same mean with and without four people": (
        [mean(3.21, 1_000, wave="w01"), mean(3.20, 996, "t2", wave="w01", sample="complete cases")],
        [],
    ),
    "one wave less the people of the first who answered it": (
        [count(410, "t1", arm="main", wave="w02"), count(406, "t2", arm="main", wave="w02", cohort="w01")],
        [],
    ),
    # between releases
    "a cell that lost one person since the last release": (
        [count(81, area="a", ethnic="white")],
        [count(82, area="a", ethnic="white", release="1.0")],
    ),
    "the total was published earlier": (
        [*ROW_OF_A],
        [count(95, "t9", area="a", release="1.0")],
    ),
    "a cell is suppressed that the last release printed": (
        [*ROW_OF_A, count(95, area="a")],
        [count(5, area="a", ethnic="black", release="1.0")],
    ),
    "the last release merged what this one prints in part": (
        [count(26, area="a", ethnic="asian")],
        [count(30, area="a", ethnic="asian|black", release="1.0")],
    ),
    "a withdrawal shows in the means": ([mean(3.20, 999, wave="w01")], [mean(3.21, 1_000, wave="w01", release="1.0")]),
    "a withdrawal: of two suppressed cells one is known from before": (
        [count(999), count(None, area="a"), count(None, area="b"), count(900, area="c")],
        [
            count(1_000, release="1.0"),
            count(60, area="a", release="1.0"),
            count(40, area="b", release="1.0"),
            count(900, area="c", release="1.0"),
        ],
    ),
    "three releases that only together give it away": (
        [count(60, area="a", ethnic="white")],
        [
            count(95, "t9", area="a", release="1.0"),
            count(30, "t9", area="a", ethnic="asian", release="1.1"),
            count(None, "t9", area="a", ethnic="black", release="1.1"),
            count(None, "t9", area="a", ethnic="white", release="1.1"),
        ],
    ),
}

FINE: dict[str, tuple[Frame, Frame]] = {
    "a cell of ten people": ([count(10, area="a")], []),
    "a table with totals": (cross(SAFE_CROSS), []),
    "two suppressed cells in each row and column": (
        cross(
            {"a": [None, None, 60, 90], "b": [None, None, 70, 112], "c": [40, 44, 60, 144], "all": [80, 76, 190, 346]}
        ),
        [],
    ),
    "a share that gives ten people away": ([share(0.20, 50, area="a")], []),
    "a model with ten residual df": ([{"statistic": "estimate", "value": 0.2, "n": 30, "df": 10}], []),
    "a total of many": ([{"statistic": "total", "value": 900, "n": 60, "largest": 0.1, "two_largest": 0.2}], []),
    "the median of twenty people": ([{"statistic": "quantile", "category": "0.5", "value": 9, "n": 20}], []),
    "nobody before the first wave, by definition": (
        [count(0, wave="w01", structural=True), count(400, wave="w02")],
        [],
    ),
    "waves do not add up over people": ([count(500), count(300, wave="w01"), count(280, wave="w02")], []),
    "two questions of which a few did not answer one": ([mean(3.2, 1_000), mean(3.1, 996, outcome="belonging")], []),
    "the same release again": (cross(SAFE_CROSS), [{**row, "release": "1.0"} for row in cross(SAFE_CROSS)]),
    "a later release with many more people": ([count(400, area="a")], [count(300, area="a", release="1.0")]),
    "a suppressed cell of which the total is rounded to tens": (
        [
            count(30, area="a", ethnic="asian", rounding=10),
            count(None, area="a", ethnic="black"),
            count(60, area="a", ethnic="white", rounding=10),
            count(90, area="a", rounding=10),
        ],
        [],
    ),
    "ages cut differently, many between": (
        [
            count(100, age="16-24"),
            count(300, age="25-64"),
            count(160, "t2", age="16-29"),
            count(240, "t2", age="30-64"),
        ],
        [],
    ),
}


def judged(leak: tuple[Frame, Frame]) -> list[Any]:
    now, before = (pl.DataFrame(rows, infer_schema_length=None) if rows else None for rows in leak)
    assert now is not None
    return refusals(now, before)


@pytest.mark.parametrize("name", LEAKS)
def test_a_leak_is_refused(name):
    found = judged(LEAKS[name])
    assert found, name
    assert all(refusal.place and refusal.todo for refusal in found)


@pytest.mark.parametrize("name", FINE)
def test_what_gives_nobody_away_passes(name):
    assert [str(refusal) for refusal in judged(FINE[name])] == []


def test_totals_know_their_contributors():
    answers = pl.DataFrame({"area": ["a"] * 20 + ["b"] * 20, "hours": [5.0] * 20 + [400.0] + [1.0] * 19})
    found = refusals(totals(answers, "hours", by=["area"], table="t1", place="Table 1"))
    assert [refusal.rule for refusal in found] == ["dominance"]
