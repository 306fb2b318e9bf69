"""How sure a result is, in words that follow from its versions and its tipping point, whatever they turn out to be."""

import polars as pl
import pytest
from test_papers_bindings import render
from test_papers_document import FULL, cells

from pipeline.figures import alt_versions, versions
from pipeline.papers.content import Paragraph, TableBlock, plain
from pipeline.tables import estimates

RULE = {"term": "contact", "outcome": "trust", "n_obs": 100, "n_persons": 40, "covariance": "clustered"}


def version(name: str, value: float | None, half: float = 0.1, **more) -> dict:
    ends = {} if value is None else {"conf_low": value - half, "conf_high": value + half, "std_error": half / 2}
    return RULE | {"component": "version", "group": name, "estimate": value, "p_value": 0.01, **ends, **more}


def results(values: dict[str, float | None], point: float | None, per: bool = False) -> pl.DataFrame:
    moved = "imputed trust moved" + (" for each unit of contact" if per else "")
    rows = [version(name, value) for name, value in values.items()]
    rows += [RULE | {"component": "missing_information", "group": "imputed", "estimate": 0.31}]
    rows += [version("imputed", 0.2) | {"component": "tipping_curve", "group": f"{step}"} for step in (-2, 0, 1)]
    rows += [RULE | {"component": "tipping_point", "estimate": point, "covariance": moved}]
    return estimates(rows, model="how_sure", family="sensitivity")


def said(found: pl.DataFrame) -> str:
    document = render(":::section sensitivity model=how_sure", context=FULL, results=found)
    return " ".join(plain(block.runs) for block in document.blocks if isinstance(block, Paragraph))


ALL = {"unweighted": 0.25, "weighted": 0.22, "imputed": 0.2}


def test_versions_that_agree_are_said_to():
    text = said(results(ALL, -0.8))
    assert "It lies between 0.20 (missing answers imputed) and 0.25 (everyone who answered)." in text
    assert "In every version the whole interval lies above zero." in text


def test_versions_that_differ_are_named():
    text = said(results(ALL | {"weighted": 0.05}, -0.8))
    assert "The versions do not agree: the conclusion for “weighted for design" in text


@pytest.mark.parametrize(
    ("point", "per", "words"),
    [
        (-0.8, False, "would vanish only if those who did not answer were on average 0.80 lower in"),
        (0.8, False, "were on average 0.80 higher in"),
        (-0.8, True, "by 0.80 less for each step of"),
        (None, False, "shifted by anything from −2.0 to 1.0."),
    ],
    ids=["lower", "higher", "association", "never"],
)
def test_the_tipping_point_is_described_in_words(point, per, words):
    text = said(results(ALL, point, per))
    assert "Of the information on this result, 31% is missing." in text
    assert words in text


def test_the_table_has_a_row_for_each_version_and_says_how_errors_were_made():
    found = results(ALL | {"weighted": None}, -0.8)
    document = render(":::table sensitivity how_sure", context=FULL, results=found)
    block = next(
        block for block in document.blocks if isinstance(block, TableBlock) and "by who is counted" in block.caption
    )
    assert cells(block)[0][:2] == ["Everyone who answered", "0.25 (0.15 to 0.35)"]
    assert cells(block)[1][1] == "withheld"
    assert "In the imputed version 31% of the information is missing." in block.notes


def test_the_figure_tells_each_version_with_its_people():
    found = results(ALL | {"weighted": None}, -0.8)
    told = alt_versions(found).replace("\N{NO-BREAK SPACE}", " ")
    assert "Everyone who answered (40 people): 0.25 (0.15 to 0.35)." in told
    assert "Weighted for design and attrition (40 people): withheld." in told
    drawn = versions(found, title="It holds")
    assert any("Missing answers imputed" in text.get_text() for text in drawn.texts)
