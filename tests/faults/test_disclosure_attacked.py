"""Leaks that an attacker tried: each is refused, with its place and what to do, and none ends in a stack trace."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from pipeline.papers.codebook import codebook_cells, codebook_counts, people_asked
from pipeline.papers.content import Column, Document, FigureBlock, FigureData, FigureFile
from pipeline.papers.disclosure import cleared, refusals
from pipeline.papers.disclosure.record import as_printed
from pipeline.specs.disclosure import hidden

Frame = list[dict[str, Any]]


def c(value: float | None, table: str = "t1", **where: Any) -> dict[str, Any]:
    return {"statistic": "count", "value": value, "table": table, "place": f"{table} {where}"} | where


def s(value: float, n: float, table: str = "t1", rounding: float = 0.01, **where: Any) -> dict[str, Any]:
    cell = {"statistic": "share", "value": value, "n": n, "rounding": rounding, "table": table, "place": table}
    return cell | where


def m(value: float, n: float, table: str = "t1", **where: Any) -> dict[str, Any]:
    return {"statistic": "mean", "value": value, "n": n, "table": table, "place": table, "outcome": "trust"} | where


def e(n: float, **where: Any) -> dict[str, Any]:
    return {"statistic": "estimate", "value": 0.3, "n": n, "table": "e", "place": "e"} | where


LEAKS: dict[str, tuple[Frame, Frame]] = {
    "two tables that differ by one person": ([c(500, "t1", wave="w01"), c(499, "t2", wave="w01", age="16+|x")], []),
    "two tables by 1 person, other dims": ([c(120, "t1", sex="f"), c(119, "t2", sex="f", disabled="no")], []),
    "rounded pct with base": ([s(0.07, 100, "t", category="yes", area="a")], []),
    "rounded pct of 1 in 3 decimals": ([s(0.991, 1000, "t", 0.001, category="yes", area="a")], []),
    "pct complement published in two": (
        [s(0.52, 60, category="a", wave="w01"), s(0.35, 60, category="b", wave="w01")],
        [],
    ),
    "pct with suppressed n but n elsewhere": ([s(0.05, 100, "t2", area="a", outcome="v"), c(100, area="a")], []),
    "later release changed base": (
        [s(0.30, 100, "t", outcome="v", area="a")],
        [s(0.30, 101, "t", outcome="v", area="a", release="1")],
    ),
    "later release category merged": (
        [
            c(40, area="a", g="x|y"),
        ],
        [c(35, area="a", g="x", release="1")],
    ),
    "total minus shown part": ([c(200, "t1", wave="w01"), c(195, "t2", wave="w01", arm="main")], []),
    "mean and base of one": ([m(3.0, 1, area="a")], []),
    "two means differ by one": ([m(3.2, 100, area="a"), m(3.21, 101, "t2", area="a", sample="all")], []),
    "mean over union and part": ([m(3.2, 100, area="a"), m(3.3, 96, "t2", area="a", sex="f")], []),
    "class 0 rounded to whole percent": ([s(0.004, 900, area="a", category="yes")], []),
    "class 100 of category table by counts": (
        [
            c(100, area="a", category="yes", outcome="v"),
            c(None, area="a", category="no", outcome="v"),
            c(100, "t2", area="a", outcome="v"),
        ],
        [],
    ),
    "dominance two of three": ([{"statistic": "total", "value": 10, "n": 12, "largest": 0.5, "two_largest": 0.86}], []),
    "dominance p%": ([{"statistic": "total", "value": 10, "n": 12, "largest": 0.49, "two_largest": 0.97}], []),
    "df 9": ([e(30, df=9.0)], []),
    "df unknown of small": ([e(9)], []),
    "footnote of a suppressed cell": (
        [c(None, area="a", g="x"), c(30, area="a", g="y"), {**c(34, "", area="a"), "place": "note"}],
        [],
    ),
    "secondary undone across two breakdowns": (
        [
            c(30, "t1", sex="f"),
            c(None, "t1", sex="m"),
            c(None, "t1", sex="o"),
            c(100, "t1"),
            c(65, "t2", sex="m", age="y"),
            c(None, "t2", sex="m", age="o"),
            c(None, "t2", sex="o", age="y"),
            c(None, "t2", sex="o", age="o"),
            c(30, "t2", sex="f", age="y|o"),
            c(1 + 65, "t3", sex="m"),
        ],
        [],
    ),
    "secondary undone via other margin": (
        [
            c(None, "t1", a="1", b="x"),
            c(None, "t1", a="1", b="y"),
            c(50, "t1", a="1"),
            c(None, "t1", a="2", b="x"),
            c(44, "t1", a="2", b="y"),
            c(60, "t1", a="2"),
            c(30, "t1", b="x"),
            c(80, "t1", b="y"),
            c(110, "t1"),
            c(26, "t2", a="1", b="x", c="p"),
            c(None, "t2", a="1", b="x", c="q"),
        ],
        [],
    ),
    "hierarchy areas regions nation": (
        [
            c(1000),
            c(600, region="n"),
            c(397, "t2", region="s"),
        ],
        [],
    ),
    "hierarchy: area not nested by name": ([c(100, "t1", area="north"), c(96, "t2", area="north", ward="a")], []),
    "wave transitions": (
        [c(200, "t1", wave="w01"), c(194, "t2", wave="w01", next="stayed"), c(None, "t2", wave="w01", next="left")],
        [],
    ),
    "wave x wave present both": ([c(200, wave="w01"), c(195, "t2", wave="w01", also="w02")], []),
    "linked figure data": (
        [c(30, "f", g="x", wave="w01"), c(None, "f", g="y", wave="w01"), c(36, "t", wave="w01")],
        [],
    ),
    "three-way area x ethnic x wave margin": (
        [
            c(50, "t1", area="a", wave="w01"),
            c(44, "t2", area="a", wave="w01", ethnic="white"),
        ],
        [],
    ),
    "share of share": (
        [
            s(0.5, 100, "t", area="a", category="yes", outcome="v"),
            c(100, "t2", area="a", outcome="v", category="yes|no"),
            c(47, "t2", area="a", outcome="v", category="yes", sex="f"),
        ],
        [],
    ),
    "weighted share, unweighted in other": (
        [
            s(0.02, 400, "t", weighted=True, area="a", category="y", outcome="v"),
            s(0.02, 400, "t2", area="a", category="y", outcome="v"),
        ],
        [],
    ),
    "rounded counts base5 differ": (
        [
            c(100, "t", rounding=5, area="a"),
            c(95, "t2", rounding=5, area="a", sex="f"),
            c(None, "t2", rounding=5, area="a", sex="m"),
        ],
        [],
    ),
    "n of rounding and true count elsewhere": (
        [c(30, "t1", rounding=10, area="a"), c(31, "t2", area="a", sex="f"), c(None, "t2", area="a", sex="m")],
        [],
    ),
    "release three: counts then share": (
        [s(0.95, 100, "t", area="a", category="yes", outcome="v")],
        [c(100, "q", area="a", outcome="v", release="1")],
    ),
    "min as quantile 0": ([{"statistic": "quantile", "category": "0", "value": 1, "n": 500}], []),
    "quantile .99 n=999": ([{"statistic": "quantile", "category": "0.995", "value": 1, "n": 999}], []),
    "negative share": ([s(-0.1, 500, area="a")], []),
    "share over 1": ([s(1.4, 500, area="a")], []),
    "nan n": ([c(float("nan"), area="a")], []),
    "inf n mean": ([m(2.0, float("nan"), area="a")], []),
    "count non-integer": ([c(9.99, area="a")], []),
    "case of a name": ([c(100, "t1", area="a"), c(95, "t2", area="a", sex="F"), c(None, "t2", area="a", sex="M")], []),
    "bands age nested": ([c(100, "t1", age="16-24"), c(96, "t2", age="17-24")], []),
}


def frame(rows: Frame) -> pl.DataFrame:
    return pl.DataFrame(rows, infer_schema_length=None)


@pytest.mark.parametrize("name", LEAKS)
def test_an_attack_is_refused(name):
    now, before = LEAKS[name]
    found = refusals(frame(now), frame(before) if before else None)
    assert found, name
    assert all(one.place and one.todo for one in found)


def test_parts_over_several_tables_that_make_up_the_whole_give_nobody_away():
    now = [c(1000), c(600, region="n"), c(400, "t2", region="s")]
    assert refusals(frame(now)) == []
    assert refusals(frame([c(1000), c(600, region="n"), c(380, "t2", region="s")])) == []


def figure(headers: tuple[str, ...], *rows: tuple[str, ...], numbers: tuple[str, ...] = ("Share (%)", "People")) -> Any:
    columns = tuple(Column(header, "right" if header in numbers else "left") for header in headers)
    file = FigureFile(b"<svg/>", "Bars.", "By area", "A study", data=FigureData(columns, rows))
    return Document("A paper", "", "A study", (), "", "", False, (FigureBlock(1, "areas", file),), (), key="a_paper")


SHARES = ("Area", "Share (%)", "People")
FLOW = ("Arm", "Wave", "Status", "People")


@pytest.mark.parametrize(
    "document",
    [
        figure(SHARES, ("Burton", "0", "400")),
        figure(SHARES, ("Burton", "100", "400")),
        figure(SHARES, ("Burton", "99.97", "400"), ("Leeds", "100.00", "400")),
        figure(FLOW, ("Main", "w01", "left", ""), ("Main", "w01", "stayed", "90"), ("Main", "w01", "", "95")),
    ],
    ids=["nobody", "everybody", "one-of-two", "a-suppressed-status-and-its-total"],
)
def test_the_data_of_a_figure_give_nobody_away(document):
    assert refusals(cleared(document))


def test_the_data_of_a_figure_that_give_nobody_away_pass():
    assert refusals(cleared(figure(SHARES, ("Burton", "40", "400"), ("Leeds", "1", "4000")))) == []
    flow = (("Main", "w01", "left", ""), ("Main", "w01", "stayed", "90"), ("Main", "w02", "stayed", "80"))
    assert refusals(cleared(figure(FLOW, *flow))) == []


def test_a_withdrawal_shows_in_the_data_of_a_figure():
    """Of the same figure in two releases the number of people moved by one."""
    before, now = (cleared(figure(SHARES, ("Burton", "40", people))) for people in ("400", "399"))
    earlier = as_printed(before).with_columns(release=pl.lit("a_paper 1.0"))
    assert [one.rule for one in refusals(now, earlier)][:1] == ["attacker"]
    assert refusals(before, earlier) == []


def book(counts: dict[str, int], base: int = 1) -> pl.DataFrame:
    """The cells of a codebook of one question, which another arm was not asked."""
    codes = {"code": [*counts, ""], "label": [*counts, "Left blank"]}
    crosswalk = pl.DataFrame(
        {"wave": "w01", "item": "q", **codes, "value": 1.0, "reason": None}, schema_overrides={"reason": pl.String}
    )
    asked = [{"wave": "w01", "item": "q", "code": code, "count": n, "reason": None} for code, n in counts.items()]
    apart = {"wave": "w01", "item": "q", "code": "", "count": 50, "reason": "not_asked"}
    ledger = pl.DataFrame([*asked, apart], schema_overrides={"reason": pl.String})
    shown = codebook_counts(crosswalk, ledger, 10, base)
    return codebook_cells(shown, people_asked(crosswalk, ledger, 10, base), base)


@pytest.mark.parametrize(
    "counts", [{"1": 50, "2": 40, "3": 0}, {"1": 100, "2": 0}, {"1": 60, "2": 4}, {"1": 30, "2": 3}]
)
def test_a_codebook_gives_nobody_away(counts):
    """Not even that nobody gave an answer, which a reader would learn from a total and all answers but one."""
    assert refusals(book(counts)) == []


def test_all_answers_but_one_and_their_total_are_refused():
    cells = book({"1": 50, "2": 40, "3": 30, "4": 20, "5": 0}).with_columns(
        value=pl.col("category").replace_strict(
            {"1": 50.0, "2": 40.0, "3": 30.0, "4": 20.0, "": None, "5": None}, default=140.0
        )
    )
    assert refusals(cells)


def test_an_arm_that_was_not_asked_left_nothing_blank():
    cells = book({"1": 50, "2": 40, "3": 30})
    total, blank = cells.filter(pl.col("category").is_null()), cells.filter(category="")
    assert total["value"].to_list() == [120.0]
    assert blank["value"].to_list() == [None]


def test_a_codebook_prints_counts_as_its_study_does():
    values = book({"1": 53, "2": 44, "3": 37}, base=10)["value"].drop_nulls().to_list()
    assert all(value % 10 == 0 for value in values)


def test_what_is_hidden_is_several_and_not_few():
    for counts in ([50, 40, 0], [100, 0, 0], [12, 9], [300, 200, 4, 5], [10, 10]):
        gone = hidden(counts)
        assert not gone or (len(gone) > 1 and sum(counts[place] for place in gone) >= 10) or len(gone) == len(counts)
